# /// script
# requires-python = ">=3.11"
# dependencies = ["copier>=9.19,<10", "filelock>=3.16,<4", "ruff>=0.17,<0.18"]
#
# [tool.uv]
# exclude-newer = "2026-11-20T00:00:00Z"
# ///
"""Brings a project to a newer version of its template, and loses nothing: `make update`, `make template-status`.

A project starts it by its `tools/update.py`, from the version to update to. See docs/decisions/0025.

Exit codes: 0 updated, 1 failed and everything is as it was, 2 nothing to do, 3 updated, but needs a person.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import applying
import planning
import temporary
from output import report, state
from project import Project
from record import recorded
from repository import GuardError
from source import handover, versions
from source.environment import restrict
from source.template import Template

log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    """Ends with 1 where argparse has 2, which here means that there is nothing to do."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def _change(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        message = f"{text!r} is no answer: write key=value"
        raise argparse.ArgumentTypeError(message)
    return key, value


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--project", type=Path, default=Path(), help="folder of the project; here by default")
    shared.add_argument(
        "--template", type=Path, help="clone of the template on this machine, instead of where it was copied from"
    )
    shared.add_argument("--json", nargs="?", const="-", metavar="FILE", help="say it as JSON, or write that to a file")
    verbs = parser.add_subparsers(dest="verb", required=True)
    update = verbs.add_parser("update", parents=[shared], help="update")
    update.add_argument("--dry-run", action="store_true", help="show what would happen to each file, write nothing")
    update.add_argument("--to", metavar="VERSION", help="the version to update to; the newest release by default")
    update.add_argument("--data", type=_change, action="append", default=[], metavar="KEY=VALUE", help="an answer")
    verbs.add_parser("status", parents=[shared], help="version, releases behind, files edited, missing, parked")
    return parser.parse_args(given)


def _say(found: dict[str, Any], text: str, file: str | None) -> None:
    whole = json.dumps(found, indent=2, ensure_ascii=False, default=str)
    said = f"{whole if file == '-' else text}\n"
    sys.stdout.write(said.encode(errors="backslashreplace").decode())  # names of files need not be UTF-8
    if file not in (None, "-"):
        Path(str(file)).write_text(f"{whole}\n", encoding="utf-8", errors="backslashreplace")


def update(options: argparse.Namespace, project: Project, template: Template, room: Path) -> int:
    """Updates, or shows what an update would do; returns the exit code."""
    with applying.alone(project, dry=options.dry_run):
        project.demand_clean()
        plan = planning.plan(project, template, options.to, dict(options.data), room)
        if plan is None:
            old = recorded(project.folder)
            warning = versions.base(template, old).warning
            said = {
                "from": old.version,
                "to": old.version,
                "exit": 2,
                "files": {},
                "warnings": [warning] * bool(warning),
            }
            text = f"nothing to do: {old.version}" + (f"\n  warning   {warning}" if warning else "")
            _say(said, text, options.json)
            return report.code(plan)
        planning.lock(plan, room, dry=options.dry_run)
        if not options.dry_run:
            applying.apply(plan)
    _say(report.as_tree(plan), report.as_text(plan, dry=options.dry_run), options.json)
    return report.code(plan)


def _run(options: argparse.Namespace, room: Path) -> int:
    applying.recover(options.project.resolve(), dry=options.verb != "update" or options.dry_run)
    project = Project.at(options.project.resolve())
    template = Template.at(
        options.template.resolve() if options.template else Path(recorded(project.folder).source), near=project.folder
    )
    restrict()
    if options.verb == "status":
        found = state.state(project, template, room)
        _say(found, state.as_text(found), options.json)
        return 0
    return update(options, project, template, room)


def main(given: Sequence[str] | None = None) -> int:
    """Runs a verb; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    handover.begin()
    options = _arguments(sys.argv[1:] if given is None else given)
    with temporary.folder() as room:
        try:
            return _run(options, room)
        except GuardError as refused:
            log.error("refused: %s", refused)
            return 1
        except OSError as failed:
            log.error("failed, nothing is changed: %s", failed)
            return 1


if __name__ == "__main__":
    sys.exit(main())
