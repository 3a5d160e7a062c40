"""
What the commands of `wattlas` do, each in a module of its name; `cli.py` says what they take.

Its `run` gets the arguments and returns the exit code, which is 2 for something that the user can
fix. A module is loaded once its command runs, so that each loads what it needs and no more.
"""
