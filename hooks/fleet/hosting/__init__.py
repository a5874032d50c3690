"""The repositories of the projects and their host: read, committed to and pushed with the operator's own rights."""
