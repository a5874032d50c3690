"""Rewrites the code cells of a notebook; all other bytes stay as they are."""

import ast
import itertools
import json
import json.scanner
import re
from typing import Any

from . import python
from .names import Names
from .repeating import Rewritten
from .text import Text

MAGIC = re.compile(r"^(?P<before>[ \t]*(?:[\w, ]+=[ \t]*)?)(?P<magic>[%!?].*|[\w.]+\?+[ \t]*)$", re.M)


class _Placed(str):
    """A string of a JSON text, with its place in it."""

    __slots__ = ("span",)
    span: tuple[int, int]


def _placed(text: str) -> Any:
    """Reads JSON whose strings know where they are."""
    decoder = json.JSONDecoder()

    def string(document: str, start: int, strict: bool = True) -> tuple[str, int]:
        value, end = json.decoder.scanstring(document, start, strict)
        placed = _Placed(value)
        placed.span = (start - 1, end)
        return placed, end

    decoder.parse_string = string
    decoder.scan_once = json.scanner.py_make_scanner(decoder)
    return decoder.decode(text)


def rewrite(text: str, paths: tuple[str, str], names: Names) -> Rewritten:
    """Rewrites a notebook."""
    done = Rewritten(text)
    try:
        cells = _placed(text)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code" and cell["source"]]
    except (ValueError, KeyError, TypeError):
        return done
    edits: dict[tuple[int, int], str] = {}
    for number, source in enumerate(code, 1):
        lines = [source] if isinstance(source, str) else source
        cell = _cell("".join(lines), paths, names)
        done.changes |= cell.changes
        done.manual += [f"code cell {number}, {sentence}" for sentence in cell.manual]
        if cell.text != "".join(lines):
            new = [cell.text] if isinstance(source, str) else cell.text.splitlines(keepends=True)
            between = text[lines[0].span[1] : lines[1].span[0]] if len(lines) > 1 else ", "
            literals = [json.dumps(line, ensure_ascii=text.isascii()) for line in new]
            edits[lines[0].span[0], lines[-1].span[1]] = between.join(literals)
    for (start, end), new_text in sorted(edits.items(), reverse=True):
        done.text = done.text[:start] + new_text + done.text[end:]
    return done


def _cell(code: str, paths: tuple[str, str], names: Names) -> Rewritten:
    """Rewrites a cell; commands of the notebook are text."""
    if code.startswith("%%"):
        return Text(names).rewrite(code)
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return _magic(code, paths, names)
    return python.rewrite(code, paths, names)


def _magic(code: str, paths: tuple[str, str], names: Names) -> Rewritten:
    """Rewrites a cell with commands; Python sees a name that the cell has nowhere for each."""
    mask = "_command"
    while mask in code:
        mask += "_"
    commands = [match["magic"] for match in MAGIC.finditer(code)]
    numbers = itertools.count()
    done = python.rewrite(MAGIC.sub(lambda match: f"{match['before']}{mask}{next(numbers)}", code), paths, names)
    for number, command in reversed(list(enumerate(commands))):  # the name of 1 is the start of that of 10
        rewritten = Text(names).rewrite(command)
        done.text = done.text.replace(f"{mask}{number}", rewritten.text)
        done.changes |= rewritten.changes
        done.manual += rewritten.manual
    return done
