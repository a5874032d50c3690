"""The policy of a fleet, one YAML file: waves, exceptions with an end, allowed sources, governed files."""

import datetime
import fnmatch
import hashlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from projects import Project

# What decides whether a model is let through, who approves, and what checks it: equal in all projects of a release.
GOVERNED = (
    ".github/CODEOWNERS",
    ".github/workflows/security.yml",
    "src/*/mlops/evaluation/gates.py",
    "src/*/mlops/evaluation/fairness.py",
    "src/*/mlops/validation/leakage.py",
    "src/*/mlops/",
)
PERCENT = re.compile(r"(100|[1-9]?[0-9])%")


@dataclass(frozen=True)
class Exemption:
    """A project that is left alone for a while.

    Attributes:
        project: Pattern of its name.
        until: The last day.
        reason: Why.
    """

    project: str
    until: datetime.date
    reason: str


@dataclass(frozen=True)
class Policy:
    """What an organization decided about its projects.

    Attributes:
        waves: Patterns of projects, or a percentage, by the name of the wave.
        exceptions: Projects that are left alone.
        sources: Patterns of the templates that projects may come from; None for any.
        governed: Patterns of files that should not differ from the template's.
    """

    waves: dict[str, list[str] | str] = field(default_factory=dict)
    exceptions: tuple[Exemption, ...] = ()
    sources: Sequence[str] | None = None
    governed: Sequence[str] = GOVERNED

    def selected(self, projects: list[Project], wave: str | None) -> list[Project]:
        """Returns the projects of a wave: one of the policy, or a percentage; those of 10% are among those of 20%.

        Raises:
            SystemExit: There is no such wave, or nothing in it.
        """
        if wave is None:
            return projects
        members = self.waves.get(wave, wave if PERCENT.fullmatch(wave) else None)
        if members is None:
            known = f"one of {', '.join(self.waves)}, or " if self.waves else ""
            sys.exit(f"refused: there is no wave {wave!r}: name {known}a percentage such as 10%")
        chosen = [project for project in projects if _is_in(project, members)]
        return chosen or sys.exit(f"refused: no project is in the wave {wave}")

    def exempt(self, project: Project, today: datetime.date) -> Exemption | None:
        """Returns the exception of a project that counts today."""
        fitting = (one for one in self.exceptions if fnmatch.fnmatchcase(project.name, one.project))
        return max((one for one in fitting if one.until >= today), key=lambda one: one.until, default=None)

    def remarks(self, projects: list[Project], today: datetime.date) -> list[str]:
        """Returns what a person should know of the exceptions: those that are over, or fit no project."""
        over = [f"the exception of {one.project} ended on {one.until}" for one in self.exceptions if one.until < today]
        names = [project.name for project in projects]
        idle = [one.project for one in self.exceptions if not fnmatch.filter(names, one.project)]
        return over + [f"the exception of {pattern} fits no project" for pattern in idle]


def _is_in(project: Project, members: list[str] | str) -> bool:
    if isinstance(members, str):
        place = int.from_bytes(hashlib.sha256(project.name.encode()).digest()[:4]) % 100
        return place < int(members.removesuffix("%"))
    return any(fnmatch.fnmatchcase(project.name, pattern) for pattern in members)


def read(file: Path | None) -> Policy:
    """Reads a policy.

    Raises:
        SystemExit: The file can't be read, or holds something else.
    """
    if file is None:
        return Policy()
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return _checked(given)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        sys.exit(f"refused: {file} is no readable YAML file ({' '.join(str(error).split())}): name another --policy")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        sys.exit(f"refused: {file} is no policy: {error}")


def _checked(given: dict[str, Any]) -> Policy:
    unknown = sorted(set(map(str, given)) - {"waves", "exceptions", "sources", "governed"})
    if unknown:
        message = f"it has {', '.join(unknown)}, and may have waves, exceptions, sources, governed"
        raise ValueError(message)
    waves = given.get("waves") or {}
    for name, members in waves.items():
        if not (isinstance(members, str) and PERCENT.fullmatch(members)) and not _is_list(members):
            message = f"the wave {name} is {members!r}: write a list of projects, or a percentage such as 10%"
            raise ValueError(message)
    exceptions = tuple(_exemption(one) for one in given.get("exceptions") or [])
    for name in ("sources", "governed"):
        if name in given and not _is_list(given[name]):
            message = f"{name} is {given[name]!r}: write a list of patterns"
            raise ValueError(message)
    return Policy(waves, exceptions, given.get("sources"), given.get("governed", GOVERNED))


def _exemption(one: Any) -> Exemption:
    if (
        not isinstance(one, dict)
        or set(one) != {"project", "until", "reason"}
        or type(one["until"]) is not datetime.date
    ):
        message = f"the exception {one!r} needs project, until (a date such as 2027-03-31) and reason"
        raise ValueError(message)
    return Exemption(str(one["project"]), one["until"], str(one["reason"]))


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
