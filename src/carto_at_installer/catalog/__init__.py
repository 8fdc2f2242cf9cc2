"""The catalog: packs of modules of SQL functions, read from `module.yaml` files, checked and searched."""
