"""Metrics, logs, the prediction log."""
