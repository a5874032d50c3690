"""What people start by name: thin, one module a command."""
