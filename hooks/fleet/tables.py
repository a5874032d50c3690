"""The report for people: a Markdown table, and one HTML page that loads nothing. Foreign text stays text in both."""

import html
import re
from typing import Any

COLUMNS = {
    "status": (
        "project",
        "checkout",
        "version",
        "newest",
        "behind",
        "edited",
        "missing",
        "parked",
        "retired",
        "keep",
        "fence",
        "governed",
    ),
    "update": ("project", "branch", "from", "to", "result", "person", "pull_request"),
}
LONGEST = 300
# Control, format, bidirectional and line-separating characters: they would steer a terminal or hide what is there.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
STYLE = """
body {font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #1b1f24; background: #fff}
table {border-collapse: collapse}
th, td {border: 1px solid #d0d7de; padding: .3em .6em; text-align: left; vertical-align: top}
th {background: #f6f8fa; position: sticky; top: 0} tr.failed {background: #ffebe9} tr.person {background: #fff8c5}
.figures {display: flex; gap: 2em; margin: 1em 0} .figures b {display: block; font-size: 1.6em}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def plain(value: object) -> str:
    """Returns a text without characters that are not to be seen."""
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(value))


def cells(verb: str, row: dict[str, Any]) -> list[str]:
    """Returns what the table shows of a row, in the order of the columns, the error last."""
    return [plain(_shown(verb, name, row.get(name))) for name in (*COLUMNS[verb], "error")]


def _shown(verb: str, name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "checkout":
        marks = [f"{sign}{value[key]}" for sign, key in (("+", "ahead"), ("-", "behind")) if value[key]]
        return " ".join([value["branch"] or "detached", *marks, *(["dirty"] if value["dirty"] else [])])
    if name == "fence":
        changed = value["changed"]
        return f"{len(changed)} changed: {', '.join(changed)}" if changed else f"equals {value['version']}"
    if name == "governed":
        return ", ".join(f"{one['path']} {one['state']} by {one['by'] or '?'}, {one['on']}" for one in value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) if verb == "update" else str(len(value))
    return str(value)


def markdown(verb: str, rows: list[dict[str, Any]]) -> str:
    """Returns a Markdown table."""
    names = (*COLUMNS[verb], "error")
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for row in rows:
        shown = (
            text[:LONGEST].replace("\\", "\\\\").replace("|", "\\|").replace("<", "\\<") for text in cells(verb, row)
        )
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def figures(verb: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Returns the numbers above the table."""
    failed = sum(row["exit"] == 1 for row in rows)
    numbers = {"projects": len(rows), "failed": failed}
    if verb == "update":
        for row in rows:
            name = str(row.get("result", "failed")).split(":")[0]
            numbers[name] = numbers.get(name, 0) + (name != "failed")
    else:
        known = [row for row in rows if "behind" in row]
        numbers["on the newest version"] = sum(row["behind"] == 0 for row in known)
        numbers["with changes in the template's folder"] = sum(
            bool((row.get("fence") or {}).get("changed")) for row in known
        )
        numbers["with governed files that differ"] = sum(bool(row.get("governed")) for row in known)
    return {name: str(number) for name, number in numbers.items()}


def page(verb: str, rows: list[dict[str, Any]], when: str) -> str:
    """Returns an HTML page that needs no other file and runs no script."""
    names = "".join(f"<th>{name}</th>" for name in (*COLUMNS[verb], "error"))
    above = "".join(
        f"<div><b>{number}</b>{html.escape(plain(name))}</div>" for name, number in figures(verb, rows).items()
    )
    body = "".join(_line(verb, row) for row in rows)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Fleet: {verb}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<style>{STYLE}</style></head>\n'
        f"<body><h1>Fleet: {verb}</h1><p>{html.escape(when)}</p>\n"
        f'<div class="figures">{above}</div>\n<table><thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody></table>\n'
        "</body></html>\n"
    )


def _line(verb: str, row: dict[str, Any]) -> str:
    kind = {1: ' class="failed"', 3: ' class="person"'}.get(row["exit"], "")
    shown = "".join(f"<td>{html.escape(text)}</td>" for text in cells(verb, row))
    return f"<tr{kind}>{shown}</tr>\n"
