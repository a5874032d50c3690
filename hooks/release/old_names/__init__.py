"""The table of old names of modules, after a release that moved them."""
