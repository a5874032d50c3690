"""The formatter, ruff, with the settings of the project: its own, those of black, or black's defaults."""

import ast
import subprocess
import tokenize
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from merging import Entry
from ruff import find_ruff_bin

from content import objects

FILES = ("ruff.toml", ".ruff.toml", "pyproject.toml")
BLACK = 88  # black's line length where nothing else is said


@dataclass(frozen=True)
class Layout:
    """Settings of the formatter.

    Attributes:
        files: Names and contents of the settings files.
        configured: Whether the project's settings name it.
    """

    files: Mapping[str, bytes]
    configured: bool


def layouts(ours: Mapping[str, Entry], scratch: Path) -> list[Layout]:
    """Returns the layouts that the project's files may have, the likeliest first."""
    there = {name: ours[name][1] for name in FILES if name in ours}
    texts = objects.read(there.values(), scratch)
    own = {name: texts[thing] for name, thing in there.items()}
    found = [Layout(own, configured=True)]
    black = _section(own.get("pyproject.toml", b""), "black")
    if black is not None:
        found.append(Layout({"ruff.toml": _as_ruff(black)}, configured=True))
    return [*found, Layout({"ruff.toml": _as_ruff({})}, configured=False)]


def same_code(one: bytes, other: bytes) -> bool:
    """Tells whether two texts have the same code and the same comments."""
    try:
        return _code(one) == _code(other)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return False


def _code(text: bytes) -> tuple[str, list[str]]:
    tokens = tokenize.tokenize(BytesIO(text).readline)
    return ast.dump(ast.parse(text)), [token.string for token in tokens if token.type == tokenize.COMMENT]


def _section(text: bytes, tool: str) -> dict[str, Any] | None:
    try:
        found = tomllib.loads(text.decode()).get("tool", {}).get(tool)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError):
        return None
    return found if isinstance(found, dict) else None


def _as_ruff(black: dict[str, Any]) -> bytes:
    length = black.get("line-length", BLACK)
    lines = [f"line-length = {length if isinstance(length, int) else BLACK}", "[format]"]
    lines += ['quote-style = "preserve"'] if black.get("skip-string-normalization") else []
    lines += ["skip-magic-trailing-comma = true"] if black.get("skip-magic-trailing-comma") else []
    return "\n".join(lines).encode()


def formatted(texts: Mapping[str, bytes], layout: Layout, room: Path) -> dict[str, bytes]:
    """Returns the texts as the formatter writes them; one that it can't read stays as it is."""
    with TemporaryDirectory(dir=room, prefix="layout-") as made:
        folder = Path(made)
        for name, text in {**layout.files, **texts}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text)
        command = [find_ruff_bin(), "format", "--quiet", "--no-cache", "--force-exclude", "."]
        subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
        return {name: (folder / name).read_bytes() for name in texts}
