"""Canonical bytes, saving and loading, prediction, the estimators that the template knows."""
