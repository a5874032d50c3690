"""What is in the files: their layout before the merge, what is wrong with them after it, the lock file."""
