"""Other trackers that hear what MLflow hears; MLflow stays the registry."""
