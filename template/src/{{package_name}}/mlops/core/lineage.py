"""Where a result comes from: git commit, dirty flag, hash of the data, the person or job that ran it."""

import getpass
import hashlib
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from .paths import DATASET


def git(*arguments: str) -> str | None:
    """Returns what git printed, or None where it failed."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip() if done.returncode == 0 else None


def commit() -> str:
    """Returns the checked-out git commit, or "none" before the first one."""
    return git("rev-parse", "--verify", "HEAD") or "none"


def dirty() -> bool:
    """Whether a file that git tracks or should differs from the commit; what runs leave behind does not count."""
    left = ["dvc.lock", "metrics.json", "MODEL_CARD.md", "audit.jsonl", "deploy/deliveries.jsonl", "uv.lock"]
    return git("status", "--porcelain", "--", ".", *(f":!{path}" for path in left)) != ""


def changed() -> list[str]:
    """Returns the files that differ from the commit, or that git should know and does not; deliveries don't count."""
    left = [":!deploy/deliveries.jsonl", ":!deploy/*.env", ":!deploy/k8s/overlays/*/image"]
    status = git("status", "--porcelain", "--", ".", *left)
    # What Git can't tell counts as changed.
    return ["all files"] if status is None else [line.split(maxsplit=1)[1] for line in status.splitlines()]


def in_job() -> bool:
    """Whether a job of GitHub runs this: what it writes is lost with its machine, unless a later step commits it."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def on_default_branch() -> bool:
    """Whether the default branch is checked out: the remote's, else a usual one; outside of git nothing is shared."""
    if git("rev-parse", "--git-dir") is None:
        return True
    of_remote = git("symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD")
    usual = {"main", "master", git("config", "init.defaultBranch") or "main"}
    branch = git("symbolic-ref", "--short", "--quiet", "HEAD") or ""
    return branch in ({of_remote.removeprefix("origin/")} if of_remote else usual)


def actor() -> str:
    """Returns who runs this: the job's actor in CI, else the e-mail address that git would sign with, else the user."""
    identity = re.search(r"<(.+)>", git("var", "GIT_AUTHOR_IDENT") or "")
    return os.environ.get("GITHUB_ACTOR") or (identity[1] if identity else getpass.getuser())


def retrain_trigger() -> dict[str, str]:
    """Returns the event and the reason of the retraining that goes on; nothing in any other run."""
    names = {"event": "RETRAIN_EVENT", "reason": "RETRAIN_REASON"}
    return {fact: os.environ[name] for fact, name in names.items() if name in os.environ}


def experiment() -> dict[str, str]:
    """Returns the name of DVC's experiment that goes on, and the commit that it starts from; nothing in other runs."""
    names = {"experiment": "DVC_EXP_NAME", "experiment_of": "DVC_EXP_BASELINE_REV"}
    return {fact: os.environ[name] for fact, name in names.items() if os.environ.get(name)}


def md5(path: Path) -> str:
    """Returns the MD5 of a file, the hash under which DVC keeps it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


@cache
def data_hash(path: Path = DATASET) -> str:
    """Returns the MD5 of the ingested data."""
    return md5(path)


def resolve(revision: str) -> str | None:
    """Returns the commit that a revision names, or None if there is none."""
    return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def content(revision: str, path: Path) -> bytes | None:
    """Returns the bytes of a file as it is in a git revision, or None if it is not there."""
    # The dot: the project may be a folder of a larger repository.
    command = ["git", "cat-file", "blob", f"{revision}:./{path.as_posix()}"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None


def committed(path: Path) -> bytes | None:
    """Returns the bytes of a file as the last commit has it, wherever the repository begins; None if it has none."""
    command = ["git", "-C", str(path.absolute().parent), "cat-file", "blob", f"HEAD:./{path.name}"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None


def history(revision: str, path: Path) -> list[str]:
    """Returns the commits up to a revision that changed a file, the newest first."""
    return (git("log", "--format=%H", revision, "--", path.as_posix()) or "").split()


def had(revision: str, path: Path) -> bool:
    """Whether a commit up to a revision had a file; counts as had where the history is cut off, and nobody can tell."""
    brought = git("log", "-1", "--full-history", "--format=%H", revision, "--", path.as_posix())
    return brought != "" or git("rev-parse", "--is-shallow-repository") != "false"


def show(revision: str, path: str) -> str | None:
    """Returns a file as it is in a git revision, or None if it is not there."""
    return git("show", f"{revision}:./{path}")


def elsewhere(text: str, path: Path) -> str | None:
    """Returns a ref whose history brought a text into a file, where that of HEAD did not; None where there is none."""
    order = ("refs/heads/", "refs/remotes/", "refs/tags/", "refs/stash")
    # With -m also the commits of a stash, which are merges.
    brought = git("log", "--all", "-m", "--reverse", "--format=%H", f"-S{text}", "--", path.as_posix()) or ""
    for found in brought.split():
        if git("merge-base", "--is-ancestor", found, "HEAD") is None:
            refs = (git("for-each-ref", f"--contains={found}", "--format=%(refname)") or "").split()
            return next((ref for start in order for ref in refs if ref.startswith(start)), refs[0] if refs else None)
    return None
