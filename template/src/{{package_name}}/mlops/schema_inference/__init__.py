"""Reads a data set that nobody described, and writes its contract: `python -m <package>.mlops.schema_inference FILE --target COLUMN`."""
