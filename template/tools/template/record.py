"""What a project remembers of its template: the answers file."""

from dataclasses import dataclass
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
    """

    source: str
    version: str
    answers: dict[str, Any]


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
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        answers = {key: value for key, value in found.items() if not key.startswith("_")}
        return Recorded(str(found["_src_path"]), str(found["_commit"]), answers)
    except (yaml.YAMLError, AttributeError, KeyError, UnicodeDecodeError) as error:
        message = (
            f"{path} doesn't say which version of the template it was made from ({error!r}): "
            "restore it with `git checkout`, or copy again from the template's git repository"
        )
        raise GuardError(message) from None
