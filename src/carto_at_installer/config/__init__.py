"""Turns what users write (flags, later files) into validated options."""
