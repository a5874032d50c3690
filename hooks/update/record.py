"""What a project remembers of its template: the answers file."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from repository import GuardError

ANSWERS = ".copier-answers.yml"


@dataclass(frozen=True)
class Recorded:
    """What a project remembers of the template it was made from.

    Attributes:
        source: Where the template is, as the user named it.
        version: The version rendered last, as `git describe` names it.
        answers: The answers to its questions.
        commit: The id of that version's commit, where it was recorded: since 0.6.0.
        marked: Whether these are the answers that the guard rendered last; None where it left no mark.
    """

    source: str
    version: str
    answers: dict[str, Any]
    commit: str | None = None
    marked: bool | None = None


def answers_of(found: dict[str, Any]) -> dict[str, Any]:
    """Returns the answers among the keys of an answers file."""
    return {str(key): value for key, value in found.items() if not str(key).startswith("_")}


def mark(answers: dict[str, Any]) -> str:
    """Returns what tells answers from those that were edited by hand."""
    return sha256(json.dumps(answers, sort_keys=True, default=str).encode()).hexdigest()[:12]


def answers_in(file: Path) -> dict[str, Any]:
    """Returns the answers that a rendering wrote.

    Raises:
        GuardError: It wrote no answers file, or something else into it.
    """
    try:
        return answers_of(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        message = f"the template writes no readable {ANSWERS} ({type(error).__name__}): tell its maintainers"
        raise GuardError(message) from None


def parsed(text: str) -> Recorded:
    """Reads the text of an answers file.

    Raises:
        ValueError: It doesn't say the template or the version.
    """
    try:
        found = yaml.safe_load(text)
        commit = found.get("_commit_id")
        answers, known = answers_of(found), found.get("_answers_id")
        marked = None if known is None else known == mark(answers)
        return Recorded(str(found["_src_path"]), str(found["_commit"]), answers, commit and str(commit), marked)
    except (yaml.YAMLError, AttributeError, KeyError, RecursionError) as error:
        raise ValueError(repr(error)) from error


def recorded(project: Path) -> Recorded:
    """Reads what a project remembers.

    Raises:
        GuardError: The folder is no project, or was made from a template without versions.
    """
    path = project / ANSWERS
    if not path.is_file():
        message = f"{project} is no project of a template: {ANSWERS} is missing; run this in the project's folder"
        raise GuardError(message)
    try:
        return parsed(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = (
            f"{path} doesn't say which version of the template it was made from ({error}): "
            "restore it with `git checkout`, or copy again from the template's git repository"
        )
        raise GuardError(message) from None
