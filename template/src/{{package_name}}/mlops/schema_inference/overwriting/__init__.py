"""What `make schema` may overwrite."""
