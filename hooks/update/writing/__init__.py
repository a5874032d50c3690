"""Writes a planned update into the project: all of it or nothing, and never over what a person typed."""
