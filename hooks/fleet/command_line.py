"""The command line of the fleet."""

import argparse
from pathlib import Path

BRANCH = "template-{version}"


def arguments(description: str | None, given: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("where", type=Path, help="folder with projects somewhere below it, or file with a path a line")
    shared.add_argument("--workers", type=int, default=2, help="projects at the same time; 2 by default")
    shared.add_argument("--json", type=Path, metavar="FILE", help="report; an update resumes with its own")
    shared.add_argument("--html", type=Path, metavar="FILE", help="the same as one page")
    shared.add_argument("--policy", type=Path, metavar="FILE", help="waves, exceptions, sources, governed files (YAML)")
    shared.add_argument("--wave", metavar="NAME", help="only the projects of a wave, or a percentage such as 10%%")
    shared.add_argument("--template", help="the template's repository, instead of where each project came from")
    shared.add_argument("--timeout", type=float, default=300.0, metavar="SECONDS", help="for a project; 300 by default")
    verbs = parser.add_subparsers(dest="verb", required=True)
    status = verbs.add_parser("status", parents=[shared], help="version, releases behind, files edited")
    status.add_argument("--fetch", action="store_true", help="ask each remote; otherwise what was fetched last counts")
    update = verbs.add_parser("update", parents=[shared], help="update each project on a branch of its own")
    update.add_argument("--no-fetch", dest="fetch", action="store_false", help="take what was fetched last")
    update.add_argument("--to", metavar="VERSION", help="the version to update to; the newest release by default")
    update.add_argument("--data-file", type=Path, metavar="FILE", help="YAML with answers to change in every project")
    update.add_argument("--branch", default=BRANCH, help="name of the branches; %(default)s by default")
    update.add_argument("--push", action="store_true", help="push the branches, and open pull requests where gh can")
    update.add_argument("--dry-run", action="store_true", help="make no branch")
    return parser.parse_args(given)
