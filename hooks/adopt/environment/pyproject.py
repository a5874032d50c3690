"""One pyproject.toml: the repository's, with the template's tables and requirements added."""

import tomllib
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from adopt.draft import Draft
from adopt.environment import configured, git_hooks, packaging, requirements, toml_blocks
from adopt.files import sorting
from adopt.sides.answers import settings
from adopt.sides.repository import AdoptError

PATH = "pyproject.toml"
Table = dict[str, Any]


def merge(draft: Draft) -> None:
    """Fits the template's pyproject.toml to the repository, and merges it with the one that is there.

    Raises:
        AdoptError: The two can't be one file.
    """
    if PATH not in draft.files:
        return
    blocks = toml_blocks.split(draft.text(PATH))
    head, rest = blocks["tool.ruff"].split("\n", 1)
    blocks["tool.ruff"] = f"{head}\n{git_hooks.ruff_setting(draft)}{rest}"
    for name in ("README.md", "LICENSE"):
        there = sorting.counterpart(draft, name) or name
        blocks["project"] = blocks["project"].replace(f'"{name}"', f'"{there}"')
    packaging.fit(draft, blocks)
    configured.set_aside(draft, blocks, draft.place(git_hooks.CONFIG))
    theirs = settings(draft.repository)
    text = _merged(draft, theirs, blocks) if theirs else toml_blocks.join(blocks)
    draft.put(PATH, text)


def _merged(draft: Draft, theirs: Table, blocks: dict[str, str]) -> str:
    """Returns the text of both; what it says is compared with what it should say."""
    ours = tomllib.loads(toml_blocks.join(blocks))
    draft.say("both", PATH, "yours, with the template's tables and requirements added")
    try:
        document: Any = tomlkit.parse(draft.repository.read(PATH).decode("utf-8"))
        if "project" in theirs:
            _project(draft, document["project"], ours["project"])
        elif "poetry" in theirs.get("tool", {}):
            reason = "uv does not read the requirements in [tool.poetry]: `uv add` those that your code needs"
            draft.say("note", PATH, reason, person=True)
        for group, listed in ours["dependency-groups"].items() if "dependency-groups" in theirs else ():
            if group not in document["dependency-groups"]:
                document["dependency-groups"][group] = tomlkit.array()
            _require(draft, document["dependency-groups"][group], listed)
        if "build-system" in theirs:
            document["build-system"] = ours["build-system"]
            backends = [side["build-system"].get("build-backend", "setuptools") for side in (theirs, ours)]
            draft.say("changed", "build-system", f"{backends[0]} -> {backends[1]}: it installs the new package, too")
        for tool in theirs.get("tool", {}).keys() & ours["tool"].keys():
            _set(document["tool"][tool], ours["tool"][tool])
        document.get("tool", {}).get("uv", {}).pop("package", None)
        configured.leave_out(draft, document)
        mine = {"project", "dependency-groups", "build-system"} & theirs.keys()
        mine |= {f"tool.{tool}" for tool in theirs.get("tool", {})}
        added = {group: block for group, block in blocks.items() if group not in mine}
        text = f"{tomlkit.dumps(document).rstrip()}\n\n{toml_blocks.join(added)}"
        _demand(tomllib.loads(text), theirs, ours)
    except (TOMLKitError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        message = (
            f"{PATH} can't be merged with the template's ({error!r}): write its tables in the usual form, [tool.x]"
        )
        raise AdoptError(message) from error
    return text


def _project(draft: Draft, theirs: Any, ours: Table) -> None:
    dynamic = [str(name) for name in theirs.pop("dynamic", [])]
    if "dependencies" in dynamic:
        message = f"{PATH} takes its dependencies from elsewhere (dynamic): list them in [project], then adopt"
        raise AdoptError(message)
    if "version" in dynamic:
        theirs["version"] = ours["version"]
    if dynamic:
        draft.say(
            "changed", PATH, f"dynamic {', '.join(dynamic)}: the build does not compute it any more, write it down"
        )
    if theirs.get("requires-python") != ours["requires-python"]:
        said = f"requires-python {theirs.get('requires-python', '(none)')} -> {ours['requires-python']}"
        draft.say("changed", PATH, f"{said}: the template's packages need it")
    theirs["requires-python"] = ours["requires-python"]
    if "dependencies" not in theirs:
        theirs["dependencies"] = tomlkit.array()
    _require(draft, theirs["dependencies"], ours["dependencies"])


def _require(draft: Draft, theirs: Any, ours: list[Any]) -> None:
    for old, new in requirements.merge(theirs, ours):
        draft.say("changed", PATH, f"{old} -> {new}: the template's bounds count, its code is tested with them")


def _set(theirs: Any, ours: Table) -> None:
    """Sets what the template's table says; everything else in the repository's stays."""
    for key, value in ours.items():
        if isinstance(value, dict) and key in theirs:
            _set(theirs[key], value)
        else:
            theirs[key] = value


def _demand(found: Table, theirs: Table, ours: Table) -> None:
    """Compares the merged file with both.

    Raises:
        KeyError: Something was lost.
    """
    lost = [tool for tool in theirs.get("tool", {}) if tool not in found["tool"]]
    lost += [key for key in theirs.get("project", {}) if key not in found["project"] and key != "dynamic"]
    lost += [tool for tool, table in ours["tool"].items() if not table.items() <= found["tool"][tool].items()]
    lost += [name for name in ours["project"]["dependencies"] if requirements.name(name) not in
             {requirements.name(listed) for listed in found["project"]["dependencies"]}]  # fmt: skip
    if lost or found["build-system"] != ours["build-system"]:
        raise KeyError(*lost)
