"""The feature store: what a model is trained on, joined point in time, is what the service reads online."""
