"""Finds the models of former commits in DVC's cache or remote, by the `dvc.lock` of the commit."""

import hashlib
import logging
from pathlib import Path
from typing import Any

import yaml

from ..core import lineage
from ..core.errors import Refusal
from ..core.paths import AUDIT, LOCK, MODEL
from ..core.untrusted_text import reason
from ..models import canonical

log = logging.getLogger(__name__)


def locked(revision: str) -> str | None:
    """Returns the hash that `dvc.lock` of a revision has of the model, or None."""
    stages = (yaml.safe_load(lineage.content(revision, LOCK) or b"") or {}).get("stages", {})
    outs: list[dict[str, Any]] = stages.get("train", {}).get("outs", [])
    return next((str(out["md5"]) for out in outs if out["path"] == MODEL.as_posix()), None)


def stored(revision: str, folder: Path) -> Path:
    """Gets the model that `dvc.lock` of a revision names from DVC's cache or remote, into a folder.

    Raises:
        Refusal: It is neither here nor there, or was replaced there.
    """
    import dvc.api
    from dvc.exceptions import DvcException

    try:
        content = dvc.api.read(MODEL.as_posix(), rev=revision, mode="rb")
    except (DvcException, OSError) as error:
        raise Refusal(
            f"the model that dvc.lock of {revision} names is neither in DVC's cache nor in its remote: "
            f"run `uv run dvc push` where it was trained ({reason(error)})."
        ) from None
    return _whole(content, str(locked(revision)), f"{LOCK} of {revision}", folder)


def _whole(content: bytes, md5: str, where: str, folder: Path) -> Path:
    """Writes a model into a folder, if it is the one that DVC keeps under this hash.

    Raises:
        Refusal: It is another one.
    """
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise Refusal(
            f"DVC's cache or remote has another model than {where} names: find out who put it there, remove it, "
            "and `uv run dvc push` where the model was trained."
        )
    path = folder / MODEL.name
    path.write_bytes(content)
    return path


def by_md5(md5: str, folder: Path) -> Path | None:
    """Gets a model by the hash under which DVC keeps its file, from the cache or the remote; None where neither has it.

    Raises:
        Refusal: What is kept under the hash is another file.
    """
    from dvc.config import RemoteConfigError
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with Repo(".") as repo:
        stores = [repo.cache.local]
        try:
            stores.append(repo.cloud.get_remote_odb(command="pull"))
        except (DvcException, RemoteConfigError):
            log.info("DVC has no remote to look in: see `uv run dvc remote list`")
        for store in stores:
            try:
                content = store.fs.cat_file(store.oid_to_path(md5))
            except OSError:
                continue
            return _whole(content, md5, str(AUDIT), folder)
    return None


def recorded(revision: str, model_hash: str, folder: Path) -> Path:
    """Gets the model of an entry of the audit log: not always the newest, for that may wait, or was rolled back."""
    tried, found = set[str | None](), ""
    for commit in lineage.history(revision, LOCK):
        md5 = locked(commit)
        if md5 is None or md5 in tried:
            continue
        tried.add(md5)
        path = stored(commit, folder)
        found = canonical.content_hash(path)
        if found == model_hash:
            return path
    raise Refusal(
        f"the champion of {AUDIT} of {revision} is model {model_hash[:12]}, which no dvc.lock up to there names "
        f"(the last one looked at has {found[:12] or 'none'}): promote the one that is there, or commit its dvc.lock."
    )
