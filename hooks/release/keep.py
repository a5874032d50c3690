"""Keeps a release as a small archive, `tests/data/releases/<tag>.tar.gz`, from which the tests update projects.

`make release-archive TAG=0.2.0` runs it. The same template gives the same bytes.
"""

import argparse
import gzip
import logging
import subprocess
import sys
from pathlib import Path

from release import archive
from release.version import tagged

log = logging.getLogger(__name__)


def git(folder: Path, *arguments: str) -> str:
    """Returns what git says about the template in a folder.

    Raises:
        SystemExit: The folder is in no git repository.
    """
    command = ("git", "-C", str(folder), *arguments, "--", *archive.PARTS)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{folder} is no git repository with a template, and a release is what is committed: {done.stderr}")
    return done.stdout


def write(template: Path, tag: str, releases: Path = archive.RELEASES) -> Path:
    """Writes the archive of a release, or leaves the equal one that is there.

    Raises:
        SystemExit: The tag is no version, the template has changes that are not committed, or the archive exists with
            another content.
    """
    for finding in tagged(tag, None):
        sys.exit(str(finding))
    dirty = git(template, "status", "--porcelain", "--untracked-files=all")
    if dirty:
        sys.exit(f"the template has changes that are not committed, commit them first:\n{dirty}")
    names = git(template, "ls-files", "-z").split("\0")[:-1]
    content = archive.packed(template, names)
    path = releases / f"{tag}{archive.SUFFIX}"
    if not path.exists():
        releases.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.compressed(content))
    elif gzip.decompress(path.read_bytes()) != content:
        sys.exit(f"{path} has another content, and a release never changes: choose a higher version")
    return path


def main(given: list[str] | None = None) -> None:
    """Writes the archive and names it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag")
    parser.add_argument("--template", type=Path, default=archive.ROOT)
    options = parser.parse_args(given)
    log.info("%s", write(options.template, options.tag))


if __name__ == "__main__":
    main()
