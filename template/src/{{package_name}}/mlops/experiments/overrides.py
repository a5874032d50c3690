"""Reads `SET` of `make experiment`: which values of `params.yaml` an experiment changes, and to what."""

import re
import shlex
from difflib import get_close_matches
from typing import Any

from ..core import untrusted_text
from ..core.errors import UsageError
from ..core.params import PATH

# Sections of names that params.yaml does not have to list: a name of one may be new.
OPEN = re.compile(r"train\.hyperparameters|train\.families\.\w+|train\.search\.space|evaluate\.minimum")
FAMILY = re.compile(r"train\.families\.\w+")
# Keys that have a default where params.yaml does not list them.
OPTIONAL = ("train.mitigation", "evaluate.fairness.backend", "evaluate.fairness.disparate_impact")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


def checked_name(name: str) -> str:
    """Returns the name of an experiment.

    Raises:
        UsageError: There is none, or Git can't have it.
    """
    if not NAME.fullmatch(name):
        given = f"{untrusted_text.value(name)} is no name" if name else "it needs a name"
        raise UsageError(f"{given}: letters, digits, hyphens and underscores, such as make experiment NAME=slow.")
    return name


def _keys(tree: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in tree.items():
        found += [f"{prefix}{key}", *(_keys(value, f"{prefix}{key}.") if isinstance(value, dict) else ())]
    return found


def read(text: str, tree: dict[str, Any]) -> list[str]:
    """Returns the changes as `dvc exp run --set-param` takes them.

    Args:
        text: `KEY=VALUE` of each, separated by spaces; several values of one are a list, `train.seed=1,2,3`.
        tree: What `params.yaml` says.

    Raises:
        UsageError: It is not written so, or `params.yaml` has no such key.
    """
    try:
        changes = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"SET can't be read ({error}): close the quotation marks.") from None
    known, found = _keys(tree), []
    for change in changes:
        key, mark, value = change.partition("=")
        if not mark or not value:
            raise UsageError(f'SET has {untrusted_text.value(change)}: write a name and a value, SET="train.seed=8".')
        section, _, name = key.rpartition(".")
        if FAMILY.fullmatch(section) and name in (tree.get("train", {}).get("hyperparameters") or {}):
            raise UsageError(
                f"SET: train.hyperparameters in {PATH} has {name}, which wins over {section}: set "
                f"train.hyperparameters.{name} instead, or take it out of {PATH}."
            )
        if key in known:
            found.append(change)
        elif key in OPTIONAL or (OPEN.fullmatch(section) and re.fullmatch(r"\w+", name)):
            found.append(f"++{change}")
        else:
            near = get_close_matches(key, [*known, *OPTIONAL], 1)
            advice = f"did you mean {near[0]}?" if near else "its keys are written like train.seed."
            raise UsageError(f"SET: {PATH} has no {untrusted_text.value(key)}: {advice}")
    return found


def combinations(changes: list[str]) -> int | None:
    """Returns how many experiments lists of values make, None where no value is a list.

    Raises:
        UsageError: A value can't be read.
    """
    from dvc.exceptions import DvcException
    from dvc.utils.hydra import get_hydra_sweeps, to_hydra_overrides
    from hydra.errors import HydraException

    if not changes:
        return None
    try:
        if not any(change.is_sweep_override() for change in to_hydra_overrides(changes)):
            return None
        return len(get_hydra_sweeps({str(PATH): changes}))
    except (DvcException, HydraException) as error:
        raise UsageError(f"SET can't be read: {untrusted_text.reason(error)}") from None
