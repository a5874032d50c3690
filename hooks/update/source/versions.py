"""Which version of the template: releases in the order of PEP 440, the one that is recorded, the one to update to.

Never by ancestry: a hotfix on an older line is no newer release, and a mirror may have rewritten the history.
"""

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version
from record import Recorded
from repository import GuardError

from source.template import Template

DESCRIBED = re.compile(r"(.+)-(\d+)-g[0-9a-f]+")  # by `git describe`: tag, commits after it, commit
Number = tuple[Version, int]  # a release, and how many commits after it


def parsed(tag: str) -> Version | None:
    """Returns the version that a tag is, or None where it is none."""
    try:
        return Version(tag)
    except InvalidVersion:
        return None


def releases(template: Template) -> list[str]:
    """Returns the tags that are versions, without pre-releases, oldest first."""
    found = {tag: version for tag in template.tags() if (version := parsed(tag)) and not version.is_prerelease}
    return sorted(found, key=lambda tag: found[tag])


def number(template: Template, name: str) -> Number | None:
    """Returns what a version counts as: that of a tag, else of the newest tag that it contains; None without one."""
    described = DESCRIBED.fullmatch(name)
    tag, after = (described[1], int(described[2])) if described else (name, 0)
    if version := parsed(tag):
        return version, after
    commit = template.find(name)
    contained = [version for tag in (template.tags(commit) if commit else []) if (version := parsed(tag))]
    return (max(contained), 1) if contained else None


def newer(template: Template, recorded: str) -> list[str]:
    """Returns the releases that come after the recorded version, oldest first."""
    has = number(template, recorded)
    return [tag for tag in releases(template) if has is None or (Version(tag), 0) > has]


@dataclass(frozen=True)
class Base:
    """The commit that a project was rendered from.

    Attributes:
        commit: Its id, or that of what the template calls so today.
        warning: What is wrong with the tag; empty where nothing is.
        lost: Whether the recorded commit can't be had, so that another one takes its place.
    """

    commit: str
    warning: str = ""
    lost: bool = False


def base(template: Template, old: Recorded) -> Base:
    """Returns the commit that a project was rendered from, also where its tag was moved or removed since.

    Raises:
        GuardError: The template has neither the version nor the commit.
    """
    tagged = template.find(old.version)
    if old.commit is None or tagged == old.commit:
        return Base(tagged or demand(template, old.version))
    others = [tag for tag in template.tags_at(old.commit) if parsed(tag)]
    if tagged and others:
        said = f"_commit says {old.version}, and _commit_id is the commit of {others[0]}"
        return Base(tagged, f"{said}: {old.version} is taken as the base")
    there = template.reach(old.commit)
    what = f"moved to another commit ({tagged:.9})" if tagged else "removed from the template"
    said = f"version {old.version} was {what} since this project was made from {old.commit:.9}"
    if there:
        return Base(old.commit, f"{said}: the recorded commit is the base of this update")
    if tagged is None:
        demand(template, old.version)
    return Base(str(tagged), f"{said}, which the template no longer has: compare the result with your files", lost=True)


def demand(template: Template, name: str) -> str:
    """Returns the commit of a version.

    Raises:
        GuardError: There is none.
    """
    commit = template.find(name)
    if commit is None:
        known = releases(template)
        last = f"; its newest release is {known[-1]}" if known else ""
        message = f"the template has no version {name!r}{last}: name a clone that has it with `--template FOLDER`"
        raise GuardError(message)
    return commit


def target(template: Template, old: Recorded, asked: str | None) -> tuple[str, str]:
    """Chooses the version to update to: the one asked for, else the newest release, else the recorded one.

    Returns:
        Its name, as a project records it, and its commit.

    Raises:
        GuardError: There is no such version, or it is older than the recorded one.
    """
    has = base(template, old)
    if asked is None:
        later = newer(template, old.version)
        return (later[-1], demand(template, later[-1])) if later else (old.version, has.commit)
    commit = demand(template, asked)
    wanted, recorded = number(template, asked), number(template, old.version)
    known = wanted is not None and recorded is not None
    if wanted < recorded if known else not template.contains(commit, has.commit):
        message = (
            f"version {asked} of the template is older than {old.version}, which this project has: name a newer one"
        )
        raise GuardError(message)
    return asked if parsed(asked) else template.describe(commit), commit
