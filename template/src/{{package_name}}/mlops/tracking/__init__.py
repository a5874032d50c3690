"""MLflow: client, runs, registry, the local store."""
