"""Your estimators, for `train.family` in params.yaml; those of the template need no entry here. Yours to edit."""

from typing import Any

# name: classifier, regressor, defaults. Each is a class, or the full name of one that is imported when it is chosen:
# "extra_trees": ("sklearn.ensemble.ExtraTreesClassifier", "sklearn.ensemble.ExtraTreesRegressor", {"n_jobs": 1})
ESTIMATORS: dict[str, tuple[Any, Any, dict[str, Any]]] = {}

# Types that a model file may hold besides those that the template trusts, by full name: "my_library.trees.Forest"
TRUSTED: list[str] = []
