"""Builds, saves and loads the model: a scikit-learn pipeline in a skops file, never a pickle.

The file is written so that equal models are equal bytes: skops names parts by memory addresses, here they are numbered
in order of appearance, and the archive carries no times. `content_hash` is of that form, whoever wrote the file.
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline

from .contract import Contract
from .features import encoder
from .paths import MODEL
from .stage import Refusal, replacing

# What a file may contain besides skops' own list of harmless types; anything else is refused.
TRUSTED = [
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
]
FAMILIES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "linear": (LogisticRegression, LinearRegression, {}),
    "random_forest": (RandomForestClassifier, RandomForestRegressor, {"min_samples_leaf": 2}),
    "hist_gradient_boosting": (HistGradientBoostingClassifier, HistGradientBoostingRegressor, {}),
}


def build(contract: Contract, family: str, hyperparameters: dict[str, Any], seed: int) -> Pipeline:
    """Returns an unfitted pipeline of two steps, `encode` and `model`.

    Args:
        contract: The columns.
        family: A key of `FAMILIES`.
        hyperparameters: Passed to the estimator.
        seed: For its random state, where it has one.

    Raises:
        Refusal: A hyper-parameter is unknown to the estimator.
    """
    classifier, regressor, defaults = FAMILIES[family]
    kind = regressor if contract.problem == "regression" else classifier
    known = kind().get_params()
    unknown = sorted(set(hyperparameters) - set(known))
    if unknown:
        raise Refusal(f"train.hyperparameters: {kind.__name__} has no {', '.join(unknown)}; it has {', '.join(known)}.")
    seeded = {"random_state": seed} if "random_state" in known else {}
    estimator = kind(**{**seeded, **defaults, **hyperparameters})
    return Pipeline([("encode", encoder(contract, linear=family == "linear")), ("model", estimator)])


def canonical(archive: bytes) -> bytes:
    """Rewrites a skops archive so that equal models give equal bytes."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(item) for item in node]
        if not isinstance(node, dict):
            return node
        clean = {key: renumber(node[key]) for key in sorted(node)}
        if isinstance(node.get("__id__"), int):
            clean["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if node.get("file") in parts:
            suffix = Path(node["file"]).suffix
            clean["file"] = files.setdefault(node["file"], f"{len(files) + 1}{suffix}")
        return clean

    schema = json.dumps(renumber(json.loads(parts.pop("schema.json"))), sort_keys=True)
    if set(files) != set(parts):
        raise ValueError("parts that nothing refers to")
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as packed:
        for name, content in sorted((files[old], content) for old, content in parts.items()):
            packed.writestr(zipfile.ZipInfo(name), content)
        packed.writestr(zipfile.ZipInfo("schema.json"), schema)
    return output.getvalue()


def save(pipeline: Pipeline, path: Path = MODEL) -> str:
    """Writes a fitted pipeline and returns its content hash."""
    from skops import io as skops_io

    content = canonical(skops_io.dumps(pipeline))
    with replacing(path) as beside:
        beside.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load(path: Path, expected: str) -> Pipeline:
    """Loads a model, but only the one that was recorded.

    Args:
        path: The skops file.
        expected: The content hash that was recorded when it was saved.

    Raises:
        Refusal: The file is not the one that was recorded, or holds types that are not trusted.
    """
    from skops import io as skops_io

    found = content_hash(path)
    if found != expected:
        raise Refusal(f"{path} is not the model that was recorded ({found[:12]}, not {expected[:12]}): train it anew.")
    untrusted = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED)
    if untrusted:
        raise Refusal(f"{path} holds types that are not trusted: {', '.join(sorted(untrusted))}.")
    return skops_io.load(path, trusted=TRUSTED)


def content_hash(path: Path) -> str:
    """Returns the SHA-256 of what a skops file holds, free of archive times and memory addresses.

    Raises:
        Refusal: It is no skops file.
    """
    try:
        return hashlib.sha256(canonical(path.read_bytes())).hexdigest()
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Refusal(f"{path} is no intact skops file ({error}): train it anew.") from None
