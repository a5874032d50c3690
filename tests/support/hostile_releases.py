"""Changes of the template that would hurt projects, each a function that changes a copy of it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Change = Callable[[Path], None]
PACKAGE = "template/src/{{package_name}}"
GUARD = "hooks/update/main.py"
LIST = "hooks/release/moves/0.6.0.yaml"


def both(*changes: Change) -> Change:
    """Several changes as one."""

    def apply(folder: Path) -> None:
        for change in changes:
            change(folder)

    return apply


def question(name: str, **fields: Any) -> Change:
    """Another question: changed fields; a field `renamed` is its new name."""

    def apply(folder: Path) -> None:
        config = _config(folder)
        spec = config[name] | {key: value for key, value in fields.items() if key != "renamed"}
        renamed = fields.get("renamed", name)
        _save(
            folder, {renamed if key == name else key: spec if key == name else value for key, value in config.items()}
        )

    return apply


def setting(name: str, value: Any) -> Change:
    """Another setting; a function gets the old one."""

    def apply(folder: Path) -> None:
        config = _config(folder)
        _save(folder, config | {name: value(config.get(name)) if callable(value) else value})

    return apply


def added(name: str, lines: list[str], without: str | None = None) -> Change:
    """More lines in a setting that is a list, and one fewer."""
    return setting(name, lambda old: [*(line for line in old if line != without), *lines])


def folder(name: str) -> Change:
    """A folder less."""
    return lambda template: shutil.rmtree(template / name)


def file(name: str, content: str | bytes | None = None, **how: Any) -> Change:
    """A file with another content: a new one, nothing, or with `old` replaced by `new`, and with another mode."""

    def apply(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "new" in how:
            text = path.read_text(encoding="utf-8")
            assert how["old"] in text, f"{name} has no {how['old']!r}"
            path.write_text(text.replace(how["old"], how["new"]), encoding="utf-8")
        elif content is None and "mode" not in how:
            path.unlink()
        elif content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        if "mode" in how:
            path.chmod(how["mode"])

    return apply


def rewritten(pattern: str, rewrite: Callable[[str], str]) -> Change:
    """All files of a pattern, rewritten."""

    def apply(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.write_text(rewrite(path.read_text(encoding="utf-8")), encoding="utf-8")

    return apply


def renamed(old: str, new: str, rewrite: Callable[[str], str] = lambda text: text) -> Change:
    """A file at another path, rewritten."""

    def apply(folder: Path) -> None:
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        text = (folder / old).read_text(encoding="utf-8")
        (folder / old).unlink()
        (folder / new).write_text(rewrite(text), encoding="utf-8")

    return apply


def module(old: str, new: str, rewrite: Callable[[str], str] = lambda text: text) -> Change:
    """A module of the package at another path, with relative imports that fit."""
    deeper = "." * (new.count("/") - old.count("/"))
    return renamed(
        f"{PACKAGE}/{old}",
        f"{PACKAGE}/{new}",
        lambda text: rewrite(re.sub(r"(?m)^from \.", f"from .{deeper}", text)),
    )


def linked(name: str, target: str) -> Change:
    """A symbolic link."""
    return lambda folder: (folder / name).symlink_to(target)


def listed(moves: dict[str, str], splits: dict[str, Any] | None = None) -> Change:
    """A list of moves."""
    return file(LIST, yaml.safe_dump({"moves": moves, "splits": splits or {}}))


def wider(text: str) -> str:
    """Indents Python by twice as many spaces."""
    return re.sub(r"(?m)^( +)(?=\S)", r"\1\1", text)


def rare(text: str) -> str:
    """Puts a name that nobody defines where only one rare combination of answers comes."""
    return (
        text + "{% if serves and license == 'MIT' and scale == 'ray' and cloud == 'azure' %}{{ servess }}{% endif %}\n"
    )


def _config(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((folder / "copier.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return loaded


def _save(folder: Path, config: dict[str, Any]) -> None:
    text = yaml.dump(config, Dumper=yaml.CSafeDumper, sort_keys=False)
    (folder / "copier.yml").write_text(text, encoding="utf-8")
