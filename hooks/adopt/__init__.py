"""Brings the layout of the template into a repository that exists: `uv run python hooks/adopt REPOSITORY`."""
