"""Runs the pipeline for `make run` and retraining, with the arguments of `dvc repro`.

Ends with 0; 3 if a gate refused; 2 if parameters, settings or a file of the user are wrong; 1 if anything else failed.
DVC ends with 255 in each of these cases, so the stage says it in `reports/verdict.json`.
"""

import json
import subprocess
import sys
from typing import Any

from .errors import GateRefused, Refusal, UsageError
from .paths import VERDICT

KINDS = {kind.code: kind for kind in (GateRefused, UsageError)}


def verdict() -> dict[str, Any] | None:
    """Returns what stopped the pipeline: stage, code, gates, sentence; None where no stage could say it."""
    if not VERDICT.exists():
        return None
    told: dict[str, Any] = json.loads(VERDICT.read_text(encoding="utf-8"))
    return told


def reproduce(*arguments: str) -> None:
    """Runs `dvc repro`.

    Raises:
        GateRefused: A gate is closed.
        UsageError: Something that a person gives is wrong.
        Refusal: Anything else stopped it.
    """
    VERDICT.unlink(missing_ok=True)
    if subprocess.run([sys.executable, "-m", "dvc", "repro", *arguments], check=False).returncode == 0:  # noqa: S603
        return
    told = verdict()
    if told is None:
        raise Refusal("the pipeline failed: see above, fix that, and run it again.")
    raise KINDS.get(told["code"], Refusal)(told["sentence"], told["gates"], told["logged"])
