"""Edits of one import statement: names taken out, comments kept, further statements after it."""

import ast
import re

from .source import Source

WIDTH = 100
Item = tuple[str, str, str]  # module, name in it, name in this file


def keep(source: Source, node: ast.ImportFrom, kept: dict[int, list[Item]]) -> None:
    """Leaves the names that are kept in place, comments too, and takes out the others."""
    spans = [source.span(alias) for alias in node.names]
    for at, items in kept.items():
        text = ", ".join(map(item, items))
        if text != source.text[slice(*spans[at])]:
            source.edits[spans[at]] = text
    text, last = source.text, max(kept)
    for at, (start, end) in enumerate(spans):
        if at in kept:
            continue
        before = spans[at - 1][1]
        if at > last and "#" not in text[before:start]:
            start = before  # with the comma before it
        elif comma := re.compile(r"\s*,[ \t]*").match(text, end):
            end = comma.end()
            line = text.rfind("\n", 0, start) + 1
            rest = re.compile(r"[ \t]*\r?\n").match(text, end)
            if rest and not text[line:start].strip():
                start, end = line, rest.end()
        source.edits[start, end] = ""


def add(source: Source, node: ast.ImportFrom, statements: list[tuple[str, list[str]]]) -> None:
    """Writes further statements after one: on lines of their own, or on its line where more is on it."""
    if not statements:
        return
    before, line_end = source.line_of(node)
    _, end = source.span(node)
    rest = source.text[end:line_end].strip()
    alone = not before.strip() and (not rest or rest.startswith("#"))
    if not alone:
        source.edits[end, end] = "".join(f"; from {name} import {', '.join(items)}" for name, items in statements)
        return
    newline = source.newline
    lines = "".join(newline.join(_statement(before, *statement)) + newline for statement in statements)
    lead = "" if source.text[:line_end].endswith("\n") else newline
    source.edits[line_end, line_end] = lead + lines


def item(imported: Item) -> str:
    """Returns what is written between the commas."""
    _, name, local = imported
    return name if name == local else f"{name} as {local}"


def _statement(indent: str, module: str, items: list[str]) -> list[str]:
    line = f"{indent}from {module} import {', '.join(items)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}from {module} import (", *(f"{indent}    {item}," for item in items), f"{indent})"]
