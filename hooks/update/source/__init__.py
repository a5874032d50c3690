"""The template: where it comes from, which version of it, its guard, its rendering."""
