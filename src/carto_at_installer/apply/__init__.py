"""Carries plans out: reads the world, runs steps in parallel, records releases in the target.

`installation` is the whole verb; `observation` looks, `executor` schedules, `actions` knows how each step is done,
`releases` keeps the record in the database.
"""
