"""What a file holds that a model should not learn from: columns in disguise, values that mean a missing one."""
