"""What the fleet does in each project, as the command line says it."""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from command_line import BRANCH
from policy import Policy


@dataclass(frozen=True)
class Task:
    """What to do in each project.

    Attributes:
        verb: `status` or `update`.
        branch: The name of the branches; `{version}` stands for the version.
        to: The version to update to; the newest by default.
        answers: Answers to change.
        dry: Whether no branch is made.
        push: Whether branches are pushed, and pull requests opened.
    """

    verb: str
    branch: str = BRANCH
    to: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    dry: bool = False
    push: bool = False

    @property
    def kind(self) -> str:
        """What the rows say."""
        return "a dry run" if self.dry else "a status" if self.verb == "status" else "an update"

    def options(self) -> list[str]:
        """Returns the options as the guard takes them."""
        pairs = ((name, json.dumps(value)) for name, value in self.answers.items())
        words = [word for name, value in pairs for word in ("--data", f"{name}={value}")]
        return [*(["--to", self.to] if self.to else []), *words] if self.verb == "update" else []


def answers(file: Path | None) -> dict[str, Any]:
    """Reads the answers for every project.

    Raises:
        SystemExit: The file can't be read, or holds something else.
    """
    if file is None:
        return {}
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        sys.exit(f"refused: {file} is no readable YAML file ({error}): name another --data-file")
    if not isinstance(given, dict):
        sys.exit(f"refused: {file} holds no answers: write `question: answer`, a line each")
    return given


def from_options(options: argparse.Namespace, rules: Policy) -> Task:
    """Returns what to do in each project.

    Raises:
        SystemExit: Something would be pushed that came from anywhere.
    """
    if options.verb == "status":
        return Task("status")
    if options.push and not options.template and rules.sources is None:
        sys.exit(
            "refused: --push needs `sources` in the --policy, or --template: a project could name any other source"
        )
    return Task(
        "update", options.branch, options.to, answers(options.data_file), dry=options.dry_run, push=options.push
    )
