"""Answers to the template's questions that the repository itself gives; what the user says wins over them."""

import re
import tomllib
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from adopt.sides.repository import AdoptError, Repository, line

PYTHONS = ("3.11", "3.12", "3.13")
OWNER = re.compile(r"github\.com[:/]([A-Za-z0-9-]+)/")


def settings(repository: Repository) -> dict[str, Any]:
    """Returns the repository's pyproject.toml, empty where there is none.

    Raises:
        AdoptError: It can't be read.
    """
    if "pyproject.toml" not in repository.entries:
        return {}
    try:
        return tomllib.loads(repository.read("pyproject.toml").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"pyproject.toml can't be read ({error}): correct it"
        raise AdoptError(message) from None


def guessed(repository: Repository) -> dict[str, str]:
    """Returns the project's and the package's name, the oldest Python and the owner, as far as they can be told."""
    found = settings(repository)
    project = found.get("project", {})
    called = project.get("name") or found.get("tool", {}).get("poetry", {}).get("name") or repository.top.name
    name = re.sub(r"[^a-z0-9]+", "-", str(called).lower()).strip("-").lstrip("0123456789-")
    answers = {"project_name": name} if name else {}
    package = name.replace("-", "_")
    if name and _taken(repository, package):
        answers["package_name"] = next(
            f"{package}_{end}" for end in _endings() if not _taken(repository, f"{package}_{end}")
        )
    oldest = _oldest(str(project.get("requires-python", "")))
    if oldest:
        answers["python_version"] = oldest
    try:
        owner = OWNER.search(line("remote", "get-url", "origin", at=repository.top))
    except AdoptError:
        owner = None
    return answers | ({"github_owner": owner[1]} if owner else {})


def _endings() -> list[str]:
    return ["model", "pipeline", *map(str, range(2, 100))]


def _taken(repository: Repository, package: str) -> bool:
    """Says whether a package or module of this name is in src/ or at the top."""
    places = (f"src/{package}/", f"{package}/", f"src/{package}.py", f"{package}.py")
    return any(path.startswith(places) for path in repository.entries)


def _oldest(requires: str) -> str | None:
    """Returns the oldest Python of the template that a repository allows."""
    try:
        allowed = SpecifierSet(requires)
    except InvalidSpecifier:
        return None
    return next((version for version in PYTHONS if allowed.contains(f"{version}.99")), None)
