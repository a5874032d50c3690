"""Promotion: which model may become champion, and what the audit log says of it."""
