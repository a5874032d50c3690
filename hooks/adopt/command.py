"""Brings the layout of the template into a repository that exists, as one commit on a new branch.

Your files stay as they are; what can't stay is said. Exit codes: 0 adopted, 1 refused or failed and nothing is changed,
2 nothing to do, 3 adopted, but a person must look at something.
"""

import argparse
import json
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import yaml

from adopt import planning, report
from adopt.sides import rendering
from adopt.sides.answers import guessed
from adopt.sides.commit import commit
from adopt.sides.repository import AdoptError, Repository

BRANCH = "adopt-layout"
log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    """Ends with 1 where argparse has 2, which here means that there is nothing to do."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def _answer(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        message = f"{text!r} is no answer: write key=value"
        raise argparse.ArgumentTypeError(message)
    return key, value


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="adopt", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path, help="folder of the repository")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    parser.add_argument("--data", type=_answer, action="append", default=[], metavar="KEY=VALUE", help="an answer")
    parser.add_argument("--template", help="URL or folder of the template; where this checkout came from by default")
    parser.add_argument("--to", metavar="VERSION", help="the version to adopt; the newest release by default")
    parser.add_argument("--branch", default=BRANCH, help=f"the new branch; {BRANCH} by default")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    return parser.parse_args(given)


def adopt(options: argparse.Namespace, room: Path) -> int:
    """Adopts the layout, or says what that would do; returns the exit code.

    Raises:
        AdoptError: It can't be done; nothing is changed.
    """
    repository = Repository.at(options.repository)
    version = _adopted(repository)
    if version is not None:
        log.info("nothing to do: %s has version %s; `make update` brings a newer one", repository.top, version)
        return report.NOTHING_TO_DO
    source = options.template or rendering.source()
    rendered = rendering.render(source, options.to, dict(options.data), guessed(repository), room)
    draft = planning.plan(repository, rendered)
    if rendering.local(source):
        draft.say("note", source, "is recorded as the template: others can't update from it, give --template URL")
    made = None
    if not options.dry_run:
        made = commit(repository, draft.files, options.branch, f"Adopt the layout of the template, {rendered.version}")
        if made is None:
            log.info("nothing to do: the branch %s has it; `git switch %s`", options.branch, options.branch)
            return report.NOTHING_TO_DO
    facts: tuple[Any, ...] = (draft, rendered, options.branch, made)
    text = json.dumps(report.as_tree(*facts), indent=2) if options.json else report.as_text(*facts)
    sys.stdout.write(f"{text}\n")
    return report.code(draft)


def _adopted(repository: Repository) -> str | None:
    """Returns the version that the repository has of the template already.

    Raises:
        AdoptError: It has answers to another template, under the name that this one uses.
    """
    if rendering.ANSWERS not in repository.entries:
        return None
    try:
        answers = yaml.safe_load(repository.read(rendering.ANSWERS))
    except (yaml.YAMLError, UnicodeDecodeError):
        answers = None
    if isinstance(answers, dict) and {"package_name", "project_name"} <= answers.keys():
        return str(answers.get("_commit"))
    message = f"{rendering.ANSWERS} belongs to another template: `git mv` it to .copier-answers.NAME.yml, and commit"
    raise AdoptError(message)


def main(given: list[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    options = _arguments(given)
    with TemporaryDirectory(prefix="adopt-", ignore_cleanup_errors=True) as room:
        try:
            return adopt(options, Path(room).resolve())
        except AdoptError as refused:
            log.error("refused: %s", refused)
        except OSError as failed:
            log.error("failed, nothing is changed: %s", failed)
    return 1
