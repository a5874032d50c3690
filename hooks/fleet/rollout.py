"""Sees and moves many projects at once: a status of all, or an update of all, each through its update guard.

`uv run python hooks/fleet status FOLDER|LIST` and `... update FOLDER|LIST`. Exit codes: 0 all is well, 1 something
failed or was refused, 3 some projects need a person.
"""

import argparse
import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import projects
import yaml

log = logging.getLogger(__name__)
FAILED, PERSON = 1, 3
COLUMNS = {
    "status": ("project", "version", "newest", "behind", "edited", "missing", "parked", "error"),
    "update": ("project", "from", "to", "result", "person", "error"),
}


def arguments(given: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=COLUMNS)
    parser.add_argument("where", type=Path, help="folder with projects somewhere below it, or file with a path a line")
    parser.add_argument("--workers", type=int, default=2, help="projects at the same time; 2 by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="report; an update that finds its own goes on there")
    parser.add_argument("--template", help="the template's repository, instead of where each project came from")
    parser.add_argument("--to", metavar="VERSION", help="the version to update to; the newest release by default")
    parser.add_argument("--data-file", type=Path, metavar="FILE", help="YAML with answers to change in every project")
    parser.add_argument("--branch", help="commit each update that needs no person to a new branch of this name")
    parser.add_argument("--dry-run", action="store_true", help="write nothing to any project")
    return parser.parse_args(given)


def answers(file: Path | None) -> dict[str, Any]:
    """Reads the answers for every project.

    Raises:
        SystemExit: The file can't be read, or holds something else.
    """
    if file is None:
        return {}
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        sys.exit(f"refused: {file} is no readable YAML file ({error}): name another --data-file")
    if not isinstance(found, dict):
        sys.exit(f"refused: {file} holds no answers: write `question: answer`, a line each")
    return found


def done_before(file: Path | None) -> dict[str, dict[str, Any]]:
    """Returns what an earlier, perhaps interrupted call wrote, by project."""
    if file is None or not file.exists():
        return {}
    try:
        return {row["project"]: row for row in json.loads(file.read_text(encoding="utf-8"))}
    except (ValueError, TypeError, KeyError):
        sys.exit(f"refused: {file} is no report of this command: name another --json file")


def table(verb: str, rows: list[dict[str, Any]]) -> str:
    """Returns a Markdown table."""
    names = COLUMNS[verb]
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for row in rows:
        cells = [row.get(name, "") for name in names]
        shown = [str(len(cell)) if isinstance(cell, list) and verb == "status" else _cell(cell) for cell in cells]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return (", ".join(value) if isinstance(value, list) else str(value)).replace("|", "\\|").replace("\n", " ")


def save(file: Path | None, rows: list[dict[str, Any]]) -> None:
    """Writes the report beside and renames, so that an interrupted call leaves a whole one."""
    if file is not None:
        beside = file.with_suffix(f"{file.suffix}.part")
        beside.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(file)


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Goes through all projects; returns a row each, in the order of their names."""
    found = projects.find(options.where)
    templates = projects.Templates(options.template)
    task = projects.Task(options.verb, options.to, answers(options.data_file), options.branch, options.dry_run)
    former = done_before(options.json) if options.verb == "update" and not options.dry_run else {}
    rows = {name: row for name, row in former.items() if Path(name) in found and row["exit"] != FAILED}
    waiting = [path for path in found if str(path) not in rows]
    if rows:
        log.info("%d of %d projects were done before", len(rows), len(found))
    with ThreadPoolExecutor(max(1, options.workers)) as pool:
        running = {pool.submit(projects.run, task, path, templates): path for path in waiting}
        for future in as_completed(running):
            row = future.result()
            rows[row["project"]] = row
            log.info("[%*d/%d] %s: %s", len(str(len(found))), len(rows), len(found), row["project"], said(row))
            save(options.json, sorted(rows.values(), key=lambda row: row["project"]))
    return sorted(rows.values(), key=lambda row: row["project"])


def said(row: dict[str, Any]) -> str:
    """Returns a row in few words."""
    if row["error"]:
        return f"failed: {row['error']}"
    return f"{row['result']}, {row['from']} -> {row['to']}" if "result" in row else f"{row['behind']} behind"


def main(given: list[str] | None = None) -> int:
    """Runs a verb; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    options = arguments(given)
    rows = run(options)
    sys.stdout.write(f"{table(options.verb, rows)}\n")
    codes = {row["exit"] for row in rows}
    return FAILED if FAILED in codes else PERSON if PERSON in codes else 0
