"""The two sides of an adoption: the repository as it is, and the template as it is rendered."""
