"""Rules about the tag and about the migrations that a breaking version needs."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

from packaging.version import InvalidVersion, Version

from release.finding import Finding


def parsed(tag: str) -> Version | None:
    """Returns the version that a tag or the name of an archive names, if it is one."""
    try:
        return Version(tag)
    except InvalidVersion:
        return None


def tagged(tag: str, last: Version | None) -> Iterator[Finding]:
    """Refuses a tag that Copier would not find, that has two spellings, or that is not newer than the last."""
    version = parsed(tag)
    where = f"tag {tag}"
    if version is None:
        yield Finding(where, "is no version of PEP 440, so Copier would not see the release", "write it as 1.2.3")
    elif str(version) != tag or version.local:
        yield Finding(where, "is not the usual spelling of its version", f"write it as {version.public}")
    elif last is not None and version <= last:
        yield Finding(where, f"is not newer than the last release, {last}", "choose a higher version")


def functions(migrations: ModuleType) -> Mapping[str, Callable[..., object]]:
    """Returns the public functions that a module defines itself."""
    return {
        name: function
        for name, function in inspect.getmembers(migrations, inspect.isfunction)
        if function.__module__ == migrations.__name__ and not name.startswith("_")
    }


def migrated(name: str) -> Version | None:
    """Returns the version that the name of a migration says: `v2_0_0` is 2.0.0."""
    return parsed(name[1:].replace("_", ".")) if name.startswith("v") else None


def migrations_named(migrations: ModuleType) -> Iterator[Finding]:
    """Refuses a migration of no version, and one that does not say what it does."""
    for name, function in functions(migrations).items():
        where = f"hooks/release/migrations {name}"
        if migrated(name) is None:
            yield Finding(where, "is named by no version", "name it by the version that needs it: v2_0_0")
        if not inspect.getdoc(function):
            yield Finding(where, "does not say what it does", "give it a docstring")


def migration_there(tag: str, last: Version | None, retired: list[str], migrations: ModuleType) -> Iterator[Finding]:
    """Refuses a new major version that retires something and has no migration."""
    version = parsed(tag)
    if version is None or last is None or version.major <= last.major or not retired:
        return
    if not any(migrated(name) == Version(f"{version.major}.0.0") for name in functions(migrations)):
        yield Finding(
            f"tag {tag}",
            f"is a breaking version that retires {', '.join(retired)} and has no migration",
            f"write hooks/release/migrations v{version.major}_0_0, which says what a project has to do",
        )
