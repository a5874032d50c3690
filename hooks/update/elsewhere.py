"""Files of the template that lie elsewhere here, because their own path was taken when the repository adopted it."""

from pathlib import Path, PurePosixPath

import yaml
from repository import GuardError

FILE = ".template-keep.yml"


def listed(project: Path) -> dict[str, str]:
    """Returns the path that a file has here by the path that it has in the template, as `elsewhere:` lists them.

    Raises:
        GuardError: The list says something else.
    """
    path = project / FILE
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")).get("elsewhere") or {}
        if not all(_inner(old) and _inner(new) for old, new in found.items()):
            raise TypeError
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError):
        message = (
            f"{path} is not to be understood: write `elsewhere:`, and below it lines `path in the template: path here`"
        )
        raise GuardError(message) from None
    return dict(found)


def _inner(path: object) -> bool:
    return isinstance(path, str) and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def place(rendered: Path, project: Path) -> None:
    """Moves files of a rendering to where the project has them, so that an update finds them there.

    Raises:
        GuardError: The template has a file of its own at such a path.
    """
    for old, new in listed(project).items():
        if not (rendered / old).is_file():
            continue
        if (rendered / new).exists():
            message = f"{FILE} says that {old} lies at {new}, where the template has another file: choose another path"
            raise GuardError(message)
        (rendered / new).parent.mkdir(parents=True, exist_ok=True)
        (rendered / old).rename(rendered / new)
