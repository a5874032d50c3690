"""GitHub's settings: `python -m <package>.mlops.github setup|doctor`, by `make github-setup` and `make doctor`.

The token is that of GH_TOKEN, GITHUB_TOKEN or `gh auth login`, of somebody who administers the repository.
"""

import argparse
import logging
from pathlib import Path

from ..core.errors import Refusal
from ..core.runner import run
from . import doctor, environments, identity, names, rules, settings, workflows
from .client import GitHub, NotOffered
from .needs import Needs
from .owner import Owner, owner

log = logging.getLogger(__name__)


def setup(github: GitHub, whose: Owner, needs: Needs, args: argparse.Namespace) -> list[str]:
    """Makes what the workflows need; returns what could not be made.

    Environments come first: until then a workflow makes them without protection. The rules come last: they lock `main`.
    """
    values = settings.of_terraform(args.outputs, needs) if args.outputs else {}
    values |= settings.typed(args.set, needs)
    bypass = None
    if args.app:
        bypass, values[names.APP] = settings.app(github, args.app)
    people = environments.people(github, whose, needs, args.reviewer)
    missed: list[str] = []
    for name, wanted in sorted(needs.environments.items()):
        try:
            missed += environments.make(github, whose, name, wanted, people)
        except NotOffered as refused:
            missed.append(f"not offered: the environment {name}: {refused}")
    settings.make_variables(github, whose, needs, values)
    settings.make(github)
    try:
        rules.make(github, whose, needs, bypass)
    except NotOffered as refused:
        missed.append(f"not offered: the rules of {workflows.MAIN}: {refused}")
    return missed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    asking = verbs.add_parser("doctor", help="say what is missing, change nothing")
    making = verbs.add_parser("setup", help="make environments, rules, variables and settings; may be run again")
    for verb in (asking, making):
        verb.add_argument("--repository", metavar="OWNER/NAME", help="by default that of the remote origin")
    making.add_argument("--dry-run", action="store_true", help="say each call that would change something, make none")
    making.add_argument("--app", metavar="NAME", help="the GitHub App that pushes and opens pull requests")
    making.add_argument("--reviewer", action="append", default=[], help="person or ORGANIZATION/TEAM, of production")
    making.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable of the workflows")
    making.add_argument("--outputs", type=Path, metavar="FILE", help="variables of what `terraform output -json` said")
    return parser.parse_args()


def main() -> None:
    """Makes GitHub's settings as the workflows need them, or says what is missing."""
    args = _arguments()
    needs = workflows.read()
    dry = args.verb == "setup" and args.dry_run
    github = GitHub(args.repository or identity.repository(), identity.token(), dry=dry)
    whose = owner(github)
    if args.verb == "setup":
        missed = setup(github, whose, needs, args)
        if not github.changed:
            log.info("%s: all is as the workflows need it", github.repository)
        for line in missed:
            log.warning("%s", line)
        if missed:
            raise Refusal(
                f"{len(missed)} settings could not be made, see above; `make doctor` says what follows from that."
            )
        return
    found = doctor.examine(github, whose, needs)
    doctor.say(found)
    if found.missing:
        raise Refusal(f"{len(found.missing)} things are missing that a workflow or its protection needs.")
    log.info("%s: nothing is missing", github.repository)


if __name__ == "__main__":
    run(main)
