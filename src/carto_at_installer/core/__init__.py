"""The vocabulary of the product: frozen dataclasses and error types that every other folder speaks.

Nothing here imports anything of ours, reads a file or talks to AWS.
"""
