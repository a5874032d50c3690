"""The model card, and how pages are made."""
