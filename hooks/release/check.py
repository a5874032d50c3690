"""Says whether a release of this template is safe to update to, compared with the last one.

`make release-check` runs it; `make release-check TAG=0.2.0` also checks the tag. It exits with 1
and one sentence for each thing that would hurt a project.
"""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from release import archive, migrations, rules
from release.finding import Finding
from release.template import Template

log = logging.getLogger(__name__)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line; without `--against` the newest archive is the last release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", help="the version that is about to be released")
    parser.add_argument("--against", type=Path, help="folder or archive of the last release")
    parser.add_argument("--template", type=Path, default=archive.ROOT, help="folder of the template")
    options = parser.parse_args(given)
    if options.against is None:
        options.against = next(reversed(archive.released().values()), None)
    elif not options.against.exists():
        parser.error(f"there is no {options.against}")
    if not (options.template / "copier.yml").is_file():
        parser.error(f"{options.template} has no copier.yml")
    return options


def news(folder: Path, last: rules.Last | None) -> str:
    """Returns what the changelog says about what came after the last release."""
    changelog = folder / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    return text.split(f"\n## {last.version}")[0] if last else text


def check(template: Path, against: Path | None, tag: str | None) -> list[Finding]:
    """Unpacks both templates into plain folders and asks all rules."""
    with tempfile.TemporaryDirectory() as new, tempfile.TemporaryDirectory() as old:
        last = None
        if against is not None:
            last = rules.Last(Template(archive.unpacked(against, Path(old))), archive.version_of(against))
        current = Template(archive.unpacked(template, Path(new)))
        return rules.findings(current, last, tag, news(template, last), migrations)


def main(given: list[str] | None = None) -> None:
    """Checks, and says what was found."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    options = arguments(given)
    found = check(options.template, options.against, options.tag)
    for finding in found:
        log.error("%s", finding)
    compared = f"compared with {options.against}" if options.against else "there is no release to compare with"
    if found:
        sys.exit(f"not safe to release: {len(found)} found, {compared}")
    log.info("safe to release: nothing found, %s", compared)


if __name__ == "__main__":
    main()
