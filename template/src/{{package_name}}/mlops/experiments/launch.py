"""Runs experiments with DVC: in copies of the project, so that the folder stays as it is, now or from the queue."""

import logging
import subprocess
import sys
from typing import Any

from ..core import lineage
from ..core.errors import GateRefused, Refusal, UsageError
from . import overrides, params_file, results, working_tree

DVC = [sys.executable, "-m", "dvc"]
log = logging.getLogger(__name__)


def _check(wanted: list[str], *, copied: bool) -> None:
    """Refuses what DVC can't run as an experiment.

    Raises:
        UsageError: There is no commit, an experiment of the name is there, or a file would be missing in the copy.
    """
    if lineage.commit() == "none":
        raise UsageError("an experiment starts from a commit, and there is none: `git add --all`, `git commit`.")
    taken = sorted(set(wanted) & set(results.names(every=True)))
    if taken:
        raise UsageError(
            f"there is an experiment {taken[0]} already: choose another NAME, or `uv run dvc exp remove {taken[0]}`."
        )
    missing = working_tree.untracked("src", "params.yaml", "dvc.yaml") if copied else []
    if missing:
        raise UsageError(
            f"{missing[0]} is not in Git, so the copy in which the experiment runs lacks it: `git add {missing[0]}`."
        )


def _inputs(tree: dict[str, Any]) -> list[str]:
    """Returns the arguments by which DVC copies the files of the source that neither Git nor DVC has."""
    ingest = tree.get("ingest", {})
    named = {str(ingest.get("source")), str(ingest.get("watch"))}
    here = {working_tree.outermost(path) for path in named if working_tree.is_only_here(path)}
    return [part for path in sorted(here) for part in ("--copy-paths", path)]


def run(name: str, text: str, *, queue: bool = False, workspace: bool = False) -> list[str]:
    """Runs an experiment, or one for each combination of lists of values; returns their names, for `judge`.

    Args:
        name: Of it; of several, the beginning.
        text: As of `overrides.read`.
        queue: Put them into DVC's queue, and run none.
        workspace: Run it in this folder, which then has its parameters and results.

    Raises:
        UsageError: Name or values are wrong, or the state of the folder does not allow it.
        Refusal: It could not be queued.
    """
    tree, name = params_file.tree(), overrides.checked_name(name)
    changes = overrides.read(text, tree)
    several = overrides.combinations(changes)
    wanted = [f"{name}-{number}" for number in range(1, several + 1)] if several else [name]
    if workspace and (queue or several):
        raise UsageError("only one experiment at a time runs in this folder: leave out --workspace.")
    _check(wanted, copied=not workspace)
    mode = [] if workspace else ["--queue"] if queue or several else ["--temp"]
    sets = [part for change in changes for part in ("--set-param", change)]
    command = [*DVC, "exp", "run", "--name", name, *mode, *sets, *([] if workspace else _inputs(tree))]
    done = subprocess.run(command, check=False)  # noqa: S603
    if mode == ["--queue"]:
        if done.returncode:
            raise Refusal("DVC did not queue it: see above.")
        if queue:
            log.info("queued %s; `uv run dvc exp run --run-all` runs what is queued", ", ".join(wanted))
            return wanted
        subprocess.run([*DVC, "exp", "run", "--run-all"], check=False)  # noqa: S603
    if workspace:
        params_file.restore_layout()
    return wanted


def judge(wanted: list[str]) -> None:
    """Says it of experiments that were refused or failed.

    Raises:
        GateRefused: A gate refused one of them.
        Refusal: One of them failed otherwise.
    """
    absent = [name for name in wanted if name not in results.names()]
    if not absent:
        return
    refused = results.refused()
    failed = [name for name in absent if name not in refused]
    if failed:
        raise Refusal(f"experiment {failed[0]} failed: see above, or `uv run dvc queue logs {failed[0]}`.")
    closed = "; ".join(f"{name} by {', '.join(refused[name].closed)}" for name in absent)
    raise GateRefused(f"gates refused {closed}: `make compare` shows by how much.")
