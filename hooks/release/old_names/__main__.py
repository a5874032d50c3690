"""Writes the table of old names into the template, from the lists of the last two releases that moved something.

`PYTHONPATH=hooks uv run python -m release.old_names` runs it; `mlops/core/old_names.py` of a project reads the table.
"""

import argparse
import logging
import sys
from pathlib import Path

from release import archive
from release.old_names.table import write

log = logging.getLogger(__name__)
TARGET = archive.ROOT / "template/src/{{package_name}}/mlops/core/old_names.json"


def main(given: list[str] | None = None) -> None:
    """Writes the table and names it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=Path, default=archive.ROOT / archive.MOVES, help="folder of the lists")
    parser.add_argument("--out", type=Path, default=TARGET, help="the table")
    args = parser.parse_args(given)
    count = write(args.lists, args.out)
    log.info("%s: %s old names", args.out, count)


if __name__ == "__main__":
    main()
