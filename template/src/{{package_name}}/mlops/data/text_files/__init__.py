"""Files that are no plain CSV or Parquet: what is around the table, and clean copies of it."""
