"""Renders a version of the template with a project's answers, from one local copy of the template's repository."""

import io
import re
import shutil
import tarfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import copier
import elsewhere
import yaml
from copier.errors import CopierError
from packaging.version import InvalidVersion, Version
from record import ANSWERS
from repository import GuardError, ask, run

SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}


def fetch(source: str, into: Path, *, near: Path) -> Path:
    """Returns a local git repository of the template: the source itself where it is local, else a clone.

    Args:
        source: URL or path, in any form that Copier takes.
        into: Folder for the clone; must not exist.
        near: Folder that a relative path starts from.
    """
    url = source.removeprefix("git+")
    for short, full in SHORT.items():
        if url.startswith(short):
            url = f"{full}{url.removeprefix(short).strip('/').removesuffix('.git')}.git"
    local = near / Path(url).expanduser()
    if local.is_dir():
        return local
    run("clone", "--quiet", "--mirror", "--", str(local) if local.is_file() else url, str(into), at=into.parent)
    return into


@cache
def preferences() -> copier.Settings:
    """Returns the defaults in the settings file of Copier that this person or machine has; whom it trusts is ignored.

    Raises:
        GuardError: The file can't be read.
    """
    try:
        return copier.Settings(defaults=copier.load_settings().defaults)
    except CopierError as error:
        message = f"the settings file of Copier can't be read: correct it ({' '.join(str(error).split())})"
        raise GuardError(message) from None


@dataclass(frozen=True)
class Template:
    """The repository of a template on this machine."""

    repository: Path

    @cached_property
    def releases(self) -> list[str]:
        """The tags that are versions, without pre-releases, oldest first."""
        found = {}
        for tag in ask("tag", "--list", at=self.repository).split():
            try:
                version = Version(tag)
            except InvalidVersion:
                continue
            if not version.is_prerelease:
                found[tag] = version
        return sorted(found, key=lambda tag: found[tag])

    def commit(self, version: str) -> str:
        """Returns the commit of a version.

        Raises:
            GuardError: There is none.
        """
        try:
            return ask(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{version}^{{commit}}", at=self.repository
            )
        except GuardError:
            last = f"; its newest release is {self.releases[-1]}" if self.releases else ""
            message = f"the template has no version {version!r}{last}"
            raise GuardError(message) from None

    def newer(self, version: str) -> list[str]:
        """Returns the releases that a version doesn't contain, oldest first."""
        merged = ("--merged", self.commit(version))
        contained = set(ask("tag", "--list", *merged, at=self.repository).split())
        return [tag for tag in self.releases if tag not in contained]

    def contains(self, version: str, other: str) -> bool:
        """Tells whether a version is another one, or came after it."""
        ancestry = ("merge-base", "--is-ancestor", self.commit(other), self.commit(version))
        return run(*ancestry, at=self.repository, allowed=(0, 1)).returncode == 0

    def settings(self, version: str) -> dict[str, Any]:
        """Returns a version's `copier.yml`."""
        found: dict[str, Any] = yaml.safe_load(ask("show", f"{self.commit(version)}:copier.yml", at=self.repository))
        return found

    def render(self, version: str, project: Path, changes: dict[str, Any], into: Path) -> None:
        """Renders a version with the answers of a project, as Copier would in an update.

        From an unpacked folder, not from git: Copier would clone, twice as slow. So its record of the version is added.

        Args:
            version: A version of the template.
            project: Folder of the project that has the answers.
            changes: Answers that replace those of the project.
            into: Folder to write to; must not exist.

        Raises:
            GuardError: Copier refuses an answer or the template.
        """
        folder = into.with_name(f"{into.name}-template")
        archive = run("archive", "--format=tar", self.commit(version), at=self.repository).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(folder, filter="data")
        into.mkdir()
        shutil.copy(project / ANSWERS, into / ANSWERS)
        try:
            copier.run_copy(
                str(folder),
                into,
                data=changes,
                settings=preferences(),
                defaults=True,
                overwrite=True,
                quiet=True,
                answers_file=ANSWERS,
            )
        except (CopierError, ValueError) as error:
            message = f"version {version} of the template can't be rendered with this project's answers: {error}"
            raise GuardError(message) from error
        text = (into / ANSWERS).read_text(encoding="utf-8")
        source = re.search(r"(?m)^_src_path:.*(?:\n +.*)*$", (project / ANSWERS).read_text(encoding="utf-8"))
        if source is None:
            message = f"{project / ANSWERS} has no line _src_path: restore it with `git checkout`"
            raise GuardError(message)
        record = (
            f"_commit: {ask('describe', '--tags', '--always', self.commit(version), at=self.repository)}\n{source[0]}"
        )
        text = re.sub(r"(?m)^_src_path:.*(?:\n +.*)*$", lambda _: record, text)
        (into / ANSWERS).write_text(text, encoding="utf-8", newline="\n")
        elsewhere.place(into, project)
