"""Compares what the template takes from others with `tests/data/facts.yaml`, and that with its source: `make facts`.

Refused are a commit, a version or a runtime that is not in the file, one that ended, and a fact that was looked up more
than 90 days ago. Tags are read by `git ls-remote`; without a network they are not checked, which `--online` refuses.
"""

import argparse
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "tests/data/facts.yaml"
AGE = timedelta(days=90)
PATIENCE = 30  # seconds for one repository
Facts = dict[str, dict[str, dict[str, Any]]]
log = logging.getLogger(__name__)


def dated(facts: Facts, today: date) -> Iterator[str]:
    """Yields what is old; what has ended is refused where it is used."""
    for kind, entries in facts.items():
        for name, fact in entries.items():
            if today - fact["date"] > AGE:
                yield f"{kind}: {name} was looked up on {fact['date']}, more than {AGE.days} days ago: do it again."


def ended(fact: dict[str, Any], what: str, today: date) -> Iterator[str]:
    """Yields that something that is used has ended."""
    if "until" in fact and fact["until"] < today:
        yield f"{what} ended on {fact['until']}: take a newer one."


def pins(root: Path) -> dict[tuple[str, str, str], str]:
    """Returns each action, commit and version that a workflow uses, and one workflow that does."""
    paths = [*root.glob(".github/workflows/*.yml"), *root.glob("template/.github/workflows/*.yml*")]
    pattern = re.compile(r"uses: ([\w.-]+/[\w.-]+)@(\S+) # (\S+)")
    return {found: path.name for path in sorted(paths) for found in pattern.findall(path.read_text(encoding="utf-8"))}


def actions(facts: Facts, root: Path, today: date) -> Iterator[str]:
    """Yields what is wrong with the actions of the workflows."""
    for (name, commit, version), where in pins(root).items():
        fact = facts["actions"].get(name)
        if fact is None or (fact["value"], fact["version"]) != (commit, version):
            yield f"{where}: {name}@{commit} # {version} is not in facts.yaml: look the commit up at its source."
        elif fact["runtime"] not in facts["runtimes"]:
            yield f"{where}: {name} runs on {fact['runtime']}, which facts.yaml does not know."
        else:
            yield from ended(facts["runtimes"][fact["runtime"]], f"{where}: {fact['runtime']} of {name}", today)


def infrastructure(facts: Facts, root: Path, today: date) -> Iterator[str]:
    """Yields what is wrong with the default of Kubernetes and with the constraints of providers."""
    for path in sorted(root.glob("template/*/*terraform*/*/*.tf")):
        text = path.read_text(encoding="utf-8")
        for version in re.findall(r'variable "kubernetes_version" {[^}]*?default += "([\d.]+)"', text):
            fact = facts["kubernetes"]["amazon-eks"]
            if fact["value"] != version:
                yield f"{path.name}: Kubernetes {version} is not in facts.yaml: look up when its support ends."
            yield from ended(fact, f"{path.name}: standard support of Kubernetes {version}", today)
        for provider, major in re.findall(r'source += "([\w-]+/[\w-]+)"\s+version += "[^"]*< (\d+)\.0"', text):
            fact = facts["providers"].get(provider, {"value": "none"})
            if fact["value"] != int(major) - 1:
                yield f"{path.name}: {provider} is admitted below {major}.0, facts.yaml has major {fact['value']}."


def tag(name: str, version: str) -> str | None:
    """Returns the commit of a tag on GitHub; None where GitHub can't be reached, nothing where there is no such tag."""
    command = ["git", "ls-remote", f"https://github.com/{name}", f"refs/tags/{version}", f"refs/tags/{version}^{{}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)  # noqa: S603
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    return lines[-1].split()[0] if lines else ""  # the last one is the commit of an annotated tag


def compared(facts: Facts, online: bool, look_up: Callable[[str, str], str | None] = tag) -> Iterator[str]:
    """Yields the actions whose tag names another commit; says which could not be compared."""
    for name, fact in facts["actions"].items():
        found = look_up(name, fact["version"])
        if found is None:
            log.warning("not checked: %s, GitHub can't be reached", name)
            if online:
                yield f"actions: {name} could not be compared with its source."
        elif found != fact["value"]:
            yield f"actions: {name} {fact['version']} is {found or 'no tag'}, not {fact['value']}."


def main() -> None:
    """Says what is wrong, a line each, and ends with 1 if there is any."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--online", action="store_true", help="refuse what can't be compared with its source")
    options = parser.parse_args()
    facts: Facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    today = datetime.now(UTC).date()
    wrong = [*dated(facts, today), *actions(facts, ROOT, today), *infrastructure(facts, ROOT, today)]
    wrong += compared(facts, options.online)
    for sentence in wrong:
        log.error("%s", sentence)
    if wrong:
        sys.exit(1)
    log.info("%d facts, none is old or has ended", sum(map(len, facts.values())))


if __name__ == "__main__":
    main()
