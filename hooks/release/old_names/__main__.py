"""Writes the module of old names into the template, from the lists of the last two releases that moved something.

`PYTHONPATH=hooks uv run python -m release.old_names` runs it; import the module in the package's `__init__.py`.
"""

import argparse
import logging
import sys
from pathlib import Path

from release import archive
from release.old_names.table import write

log = logging.getLogger(__name__)
TARGET = archive.ROOT / "template/src/{{package_name}}/old_names.py"


def main(given: list[str] | None = None) -> None:
    """Writes the module and names it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=Path, default=archive.ROOT / archive.MOVES, help="folder of the lists")
    parser.add_argument("--out", type=Path, default=TARGET, help="the module")
    args = parser.parse_args(given)
    count = write(args.lists, args.out)
    log.info("%s: %s old names", args.out, count)


if __name__ == "__main__":
    main()
