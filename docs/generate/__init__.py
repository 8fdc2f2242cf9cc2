"""Makes the pages of the documentation that follow from the code. `python -m docs.generate`, or `make docs`.

A generator is a module of this folder with a function `files()`: path from docs/ on -> content.
"""
