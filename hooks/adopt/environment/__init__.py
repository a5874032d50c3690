"""One environment for both: requirements, build, Python, linters and git hooks."""
