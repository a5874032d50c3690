"""Says whether a release of this template is safe to update to, compared with the last one.

`make release-check` runs it; `make release-check TAG=0.2.0` also checks the tag. It exits with 1
and one sentence for each thing that would hurt a project. Where no rule refuses the release, it
updates an edited project with the guard and with Copier alone, and says how many files conflict.
"""

import argparse
import logging
import sys
import tarfile
import tempfile
from pathlib import Path

import yaml
from copier.errors import CopierError

from release import archive, migrations, rules
from release.finding import Finding
from release.rehearsal import rehearse
from release.step import Last, Step
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
    for part in archive.PARTS[:2]:
        if not (options.template / part).exists():
            parser.error(f"{options.template} has no {part}")
    return options


def news(folder: Path, last: Last | None) -> str:
    """Returns what the changelog says about what came after the last release."""
    changelog = folder / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    return text.split(f"\n## {last.version}")[0] if last else text


def released(against: Path, folder: Path) -> Last:
    """Unpacks the last release, and says which of its questions older releases did not ask."""
    version, template = archive.version_of(against), Template(archive.unpacked(against, folder))
    unasked: dict[str, list[str]] = {}
    for older, path in archive.released().items():
        if version is None or older < version:
            with tarfile.open(path) as opened:
                config = opened.extractfile(archive.PARTS[0])
                known = yaml.safe_load(config.read()) if config is not None else {}
            for name in template.asked.keys() - known.keys():
                unasked.setdefault(name, []).append(str(older))
    return Last(template, version, unasked)


def check(template: Path, against: Path | None, tag: str | None) -> tuple[list[Finding], list[str]]:
    """Unpacks both templates into plain folders, applies all rules, and rehearses the update if none refuses.

    Returns:
        What would hurt projects, and lines to read.
    """
    with tempfile.TemporaryDirectory(prefix="release-check-") as room:
        folders = [Path(room) / name for name in ("new", "old", "rehearsal")]
        for folder in folders:
            folder.mkdir()
        last = released(against, folders[1]) if against is not None else None
        try:
            new = Template(archive.unpacked(template, folders[0]))
        except (CopierError, yaml.YAMLError) as error:
            return [Finding("copier.yml", f"can't be read ({' '.join(str(error).split())})", "correct it")], []
        said = news(template, last)
        findings = rules.findings(new, last, tag, said, migrations)
        if findings or last is None:
            return findings, []
        return rehearse(Step(last, new, said), tag, folders[2])


def main(given: list[str] | None = None) -> None:
    """Checks, and says the result."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    options = arguments(given)
    findings, lines = check(options.template, options.against, options.tag)
    for finding in findings:
        log.error("%s", finding)
    for line in lines:
        log.info("%s", line)
    compared = f"compared with {options.against}" if options.against else "there is no release to compare with"
    if findings:
        sys.exit(f"not safe to release: {len(findings)} found, {compared}")
    log.info("safe to release: nothing found, %s", compared)


if __name__ == "__main__":
    main()
