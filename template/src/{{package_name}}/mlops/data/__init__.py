"""Sources, storage, splitters, synthetic data."""
