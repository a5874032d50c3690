"""API keys, limits."""
