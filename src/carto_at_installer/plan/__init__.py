"""Compares what should be with what is, and writes down the difference as data.

`resources` and `desired` say what should be, `observed` what is, `planner` compares the two, `steps` are the words that
a plan is written in. Nothing here talks to AWS or to the database.
"""
