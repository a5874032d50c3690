"""Takes an experiment over into this folder, and leaves the audit log as it is."""

import shutil
import subprocess
import sys
from pathlib import Path

from ..core import lineage
from ..core.atomic import replacing
from ..core.errors import GateRefused, Refusal, UsageError
from ..core.params import PATH
from ..core.paths import AUDIT, CARD, LOCK, METRICS
from ..core.untrusted_text import NAME, visible
from ..governance import audit_log
from . import params_file, results, working_tree

MADE = {path.as_posix() for path in (AUDIT, CARD, LOCK, METRICS)}
KEPT = Path(".dvc/tmp") / AUDIT.name  # the log, while DVC applies an experiment


def _is_of(name: str, revision: str) -> bool:
    """Whether a file is here as an experiment has it; the layout of `params.yaml` does not count."""
    if name == PATH.as_posix():
        return params_file.values(PATH.read_bytes()) == params_file.values(lineage.content(revision, PATH))
    return working_tree.is_of(name, revision)


def lost(experiments: dict[str, str]) -> list[str]:
    """Returns the changed files that no commit and no experiment has, so that they would be lost."""
    revisions = ["HEAD", *experiments.values()]
    return [
        name
        for name in working_tree.modified()
        if name not in MADE and not any(_is_of(name, revision) for revision in revisions)
    ]


def _recover() -> None:
    """Puts the log back where DVC was killed before that.

    Raises:
        Refusal: The log has been written since.
    """
    if not KEPT.exists():
        return
    since = set(AUDIT.read_bytes().splitlines() if AUDIT.exists() else ()) - set(KEPT.read_bytes().splitlines())
    if since:
        raise Refusal(f"{KEPT} is {AUDIT} of an interrupted `make apply`, and both have own entries: join them.")
    KEPT.replace(AUDIT)


def apply(name: str) -> None:
    """Brings parameters, code and results of an experiment into this folder: `dvc exp apply`, but for the audit log.

    Raises:
        UsageError: There is no such experiment, or a file would be lost.
        GateRefused: A gate refused it.
        Refusal: DVC can't apply it.
    """
    experiments = results.names()
    if name not in experiments:
        if closed := results.refused().get(name):
            raise GateRefused(
                f"experiment {name} was refused by {', '.join(closed.closed)}, so nothing of it was kept: change what "
                "made it fail, and run it again under another name."
            )
        known = ", ".join(sorted(experiments)) or "none"
        other = "it began at another commit" if name in results.names(every=True) else f"this commit has {known}"
        raise UsageError(
            f"there is no experiment {visible(name, NAME)!r} to apply, {other}: `make compare` lists them."
        )
    own = lost(results.names(every=True))
    if own:
        raise UsageError(f"{own[0]} has changes that applying would overwrite: commit it, or `git stash`.")
    with audit_log.locked(AUDIT):
        _recover()
        if AUDIT.exists():
            with replacing(KEPT) as beside:
                shutil.copyfile(AUDIT, beside)
        try:
            done = subprocess.run([sys.executable, "-m", "dvc", "exp", "apply", name], check=False)  # noqa: S603
        finally:
            if KEPT.exists():
                KEPT.replace(AUDIT)
    if done.returncode:
        raise Refusal(f"DVC can't apply {name}: see above.")
    params_file.restore_layout()
