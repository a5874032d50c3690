"""Saves and loads the model: a scikit-learn pipeline in a skops file, never a pickle."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from ..core.atomic import replacing
from ..core.errors import Refusal, UsageError
from ..core.paths import MODEL
from ..core.untrusted_text import reason
from .canonical import canonical, verify

# What a file may hold besides what skops trusts itself; anything else is refused.
TRUSTED = (
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRegressor",
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
OWN = f"TRUSTED in src/{__name__.partition('.')[0]}/model.py"


def _settle(pipeline: Pipeline) -> None:
    """Makes equal bytes of a model that was just fitted and of one that was loaded.

    CatBoost's models carry a random name and the time. The bounds of what a loss of scikit-learn is defined for are
    objects of their own only until they are loaded, and skops writes which objects are the same.
    """
    model: Any = pipeline.steps[-1][1]
    for part in (model, *getattr(model, "estimators_", ())):
        if hasattr(part, "get_metadata"):
            metadata = part.get_metadata()
            metadata["model_guid"] = metadata["train_finish_time"] = ""
            part.__setstate__(part.__getstate__())
        defined = getattr(getattr(part, "_loss", None), "interval_y_true", None)
        if defined is not None:
            bounds = {name: float(str(bound)) for name, bound in vars(defined).items() if isinstance(bound, float)}
            part._loss.interval_y_true = replace(defined, **bounds)


def save(pipeline: Pipeline, trusted: Iterable[str], path: Path = MODEL) -> str:
    """Writes a fitted pipeline and returns its content hash.

    Args:
        pipeline: Of equal bytes for equal fits; CatBoost's random name and time are removed from it.
        trusted: Types that the file may hold besides `TRUSTED`.
        path: Where to.

    Raises:
        UsageError: It holds types that `load` would not trust.
    """
    from skops import io as skops_io

    _settle(pipeline)
    content = canonical(skops_io.dumps(pipeline))
    untrusted = set(skops_io.get_untrusted_types(data=content)) - {*TRUSTED, *trusted}
    if untrusted:
        raise UsageError(
            f"the model holds types that are not trusted, so it can't be loaded: {', '.join(sorted(untrusted))}. "
            f"Add those that you trust to {OWN}."
        )
    with replacing(path) as beside:
        beside.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load(path: Path, expected: str, trusted: Iterable[str]) -> Pipeline:
    """Loads a model, but only the one that was recorded.

    Args:
        path: The skops file.
        expected: The content hash that was recorded when it was saved.
        trusted: Types that the file may hold besides `TRUSTED`.

    Raises:
        Refusal: The file is not the one that was recorded, holds types that are not trusted, or needs code that is
            not there.
        UsageError: It needs a library that is not installed.
    """
    from skops import io as skops_io

    verify(path, expected)
    allowed = [*TRUSTED, *trusted]
    untrusted = set(skops_io.get_untrusted_types(file=path)) - set(allowed)
    if untrusted:
        raise Refusal(
            f"{path} holds types that are not trusted: {', '.join(sorted(untrusted))}. "
            f"Add those that you trust to {OWN}."
        )
    try:
        return skops_io.load(path, trusted=allowed)
    except ModuleNotFoundError as error:
        raise UsageError(f"{path} needs {error.name}, which is not installed: `uv add {error.name}`.") from None
    except AttributeError as error:  # a function or class of the project that was renamed or removed
        raise Refusal(f"{path} needs code that is not there ({reason(error)}): restore it, or train again.") from None
