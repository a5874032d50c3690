"""The template, rendered beside the repository by Copier."""

import re
from dataclasses import dataclass
from pathlib import Path

import copier
import yaml
from copier.errors import CopierError

from adopt.sides.repository import AdoptError, line

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = ".copier-answers.yml"


@dataclass(frozen=True)
class Rendered:
    """What the template makes of some answers.

    Attributes:
        files: Contents by path.
        answers: The answers that it remembers, with `_commit` and `_src_path`.
    """

    files: dict[str, bytes]
    answers: dict[str, str]

    @property
    def version(self) -> str:
        """The version of the template."""
        return self.answers.get("_commit", "without a version")

    @property
    def package(self) -> str:
        """The name of the new package."""
        return self.answers["package_name"]


def source() -> str:
    """Returns where this checkout came from; the checkout itself, where it came from nowhere."""
    try:
        return line("remote", "get-url", "origin", at=ROOT)
    except AdoptError:
        return str(ROOT)


def render(template: str, version: str | None, given: dict[str, str], guessed: dict[str, str], room: Path) -> Rendered:
    """Renders.

    Args:
        template: URL or folder, in any form that Copier takes.
        version: Tag or commit; the newest release by default.
        given: Answers of the user.
        guessed: Answers for the other questions; those that the template does not take are left out.
        room: Folder to render into; must be empty.

    Raises:
        AdoptError: The template can't be had, or does not take an answer.
    """
    try:
        copier.run_copy(template, room, data=guessed | given, defaults=True, quiet=True, vcs_ref=version)
    except (CopierError, ValueError) as error:
        message = (
            f"the template can't be rendered: {' '.join(str(error).split())}; give another answer: --data key=value"
        )
        raise AdoptError(message) from error
    paths = sorted(path for path in room.rglob("*") if path.is_file() or path.is_symlink())
    files = {path.relative_to(room).as_posix(): path.read_bytes() for path in paths}
    answers = yaml.safe_load(files[ANSWERS].decode("utf-8"))
    unknown = sorted(given.keys() - answers.keys())
    if unknown:
        message = (
            f"with the other answers the template does not ask {', '.join(unknown)}: see docs/reference/options.md"
        )
        raise AdoptError(message)
    return Rendered(files, answers)


def local(template: str) -> bool:
    """Says whether a template is a folder of this machine, so that nobody else can update from it."""
    return not re.match(r"[a-z+]+://|git@|gh:|gl:", template)
