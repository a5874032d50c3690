"""Rewrites module names and paths in the files of a project, by a list of what moved; all other bytes stay."""
