"""Where a result comes from: git commit, dirty flag, hash of the data, the person or job that ran it."""

import getpass
import hashlib
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from .paths import DATASET


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip() if done.returncode == 0 else None


def commit() -> str:
    """Returns the checked-out git commit, or "none" before the first one."""
    return _git("rev-parse", "--verify", "HEAD") or "none"


def dirty() -> bool:
    """Whether a file that git tracks or should differs from the commit; what runs leave behind does not count."""
    left = ["dvc.lock", "metrics.json", "MODEL_CARD.md", "audit.jsonl", "deploy/deliveries.jsonl", "uv.lock"]
    return _git("status", "--porcelain", "--", ".", *(f":!{path}" for path in left)) != ""


def changed() -> list[str]:
    """Returns the files that differ from the commit, or that git should know and does not; deliveries don't count."""
    left = [":!deploy/deliveries.jsonl", ":!deploy/*.env", ":!deploy/k8s/overlays/*/image"]
    status = _git("status", "--porcelain", "--", ".", *left)
    # What Git can't tell counts as changed.
    return ["all files"] if status is None else [line.split(maxsplit=1)[1] for line in status.splitlines()]


def actor() -> str:
    """Returns who runs this: the job's actor in CI, else the e-mail address that git would sign with, else the user."""
    identity = re.search(r"<(.+)>", _git("var", "GIT_AUTHOR_IDENT") or "")
    return os.environ.get("GITHUB_ACTOR") or (identity[1] if identity else getpass.getuser())


def retrain_trigger() -> dict[str, str]:
    """Returns the event and the reason of the retraining that goes on; nothing in any other run."""
    names = {"event": "RETRAIN_EVENT", "reason": "RETRAIN_REASON"}
    return {fact: os.environ[name] for fact, name in names.items() if name in os.environ}


@cache
def data_hash(path: Path = DATASET) -> str:
    """Returns the MD5 of the ingested data, the hash under which DVC keeps them."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def resolve(revision: str) -> str | None:
    """Returns the commit that a revision names, or None if there is none."""
    return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def content(revision: str, path: Path) -> bytes | None:
    """Returns the bytes of a file as it is in a git revision, or None if it is not there."""
    command = ["git", "cat-file", "blob", f"{revision}:{path.as_posix()}"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None


def history(revision: str, path: Path) -> list[str]:
    """Returns the commits up to a revision that changed a file, the newest first."""
    return (_git("log", "--format=%H", revision, "--", path.as_posix()) or "").split()


def show(revision: str, path: str) -> str | None:
    """Returns a file as it is in a git revision, or None if it is not there."""
    return _git("show", f"{revision}:{path}")
