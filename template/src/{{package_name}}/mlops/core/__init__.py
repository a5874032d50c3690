"""Parameters, paths, errors and exit codes, the start of a process, atomic files, lineage."""
