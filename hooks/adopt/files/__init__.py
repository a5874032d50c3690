"""Which file of the template goes where, next to the repository's own."""
