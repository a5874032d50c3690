"""Reads a data set that nobody described, and writes its contract: `python -m <package>.infer FILE --target COLUMN`."""
