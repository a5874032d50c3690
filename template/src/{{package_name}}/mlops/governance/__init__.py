"""The audit log and what proves it."""
