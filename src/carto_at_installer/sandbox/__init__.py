"""A local AWS endpoint in which Redshift, Lambda and IAM run for real on a laptop.

It knows nothing of the installer: any AWS client can be pointed at it. Of the rest of this package it uses only
`sql.statements`, which reads Redshift's SQL text.
"""
