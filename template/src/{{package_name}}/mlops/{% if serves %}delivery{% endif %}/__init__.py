"""Brings the model of a commit to staging and production: one image, one digest, each step in a chain of its own."""
