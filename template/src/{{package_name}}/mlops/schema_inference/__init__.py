"""Reads a data set that nobody described, and writes its contract; `__main__` is the command."""
