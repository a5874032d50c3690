"""Great Expectations suite and checkpoint, leakage."""
