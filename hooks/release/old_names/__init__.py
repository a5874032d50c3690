"""Old names of modules after a release that moved them: the module that projects get, and its table from the lists."""
