"""Opens Feast with what `feature_repo/` defines."""

import logging
import runpy
from typing import Any

from feast import Entity, FeatureStore, FeatureView, FileSource
from feast.repo_config import FeastConfigError

from ..core.errors import UsageError
from ..core.untrusted_text import unquoted
from . import settings

DEFINITIONS = settings.REPOSITORY / "definitions.py"


def defined() -> tuple[Entity, Any, FeatureView]:
    """Returns entity, source and feature view of `feature_repo/definitions.py`.

    Raises:
        UsageError: It does not define them.
    """
    found = runpy.run_path(str(DEFINITIONS))
    try:
        return found["entity"], found["source"], found["view"]
    except KeyError as name:
        raise UsageError(f"{DEFINITIONS} does not define {name}: restore it from git.") from None


def on_files(source: Any) -> bool:
    """Whether the history is the Parquet file that `history` writes, not a table of a warehouse."""
    return isinstance(source, FileSource)


def connect() -> FeatureStore:
    """Returns the feature store, quiet and without telemetry.

    Raises:
        UsageError: Feast can't read what `feature_store.yaml` says.
    """
    logging.getLogger("feast").setLevel(logging.WARNING)
    settings.HISTORY.parent.mkdir(parents=True, exist_ok=True)
    settings.stores()
    try:
        store = FeatureStore(repo_path=str(settings.REPOSITORY))
    except FeastConfigError as error:
        raise UsageError(f"{settings.CONFIG} is not as Feast wants it: {unquoted(error)}") from None
    # In Redis, Feast keeps what has the same event time: a correction would never be served.
    if store.config.online_store.type == "redis":
        store.config.online_store.skip_dedup = True
    return store
