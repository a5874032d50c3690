"""Partitioned data of any size, on many workers: `python -m <package>.mlops.scale VERB FROM [TO]`."""

import argparse
import importlib
from importlib.util import find_spec
from pathlib import Path

from ..core.runner import run

# Verb -> what it does. `score` needs the option `serving`.
VERBS = {
    "ingest": "bring files into Parquet parts in the types of the contract",
    "validate": "check such parts against the contract; a failure ends with 1",
    "features": "compute what the model takes",
    "score": "predict with the exported champion",
    "sample": "draw as many rows as training has memory for",
}


def main() -> None:
    """Works on partitioned data with the workers of RAY_ADDRESS, or of this machine."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, text in VERBS.items():
        if find_spec(f".{name}", __package__) is None:
            continue
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("url", metavar="FROM", help="file or folder: a path that all workers see, s3://, https://")
        if name != "validate":
            verb.add_argument("to", metavar="TO", type=Path, help="a path that all workers see")
    args = parser.parse_args()
    module = importlib.import_module(f".{args.verb}", __package__)
    # Workers have a working folder of their own.
    url = args.url if "://" in args.url else str(Path(args.url).resolve())
    module.run(url, *([args.to.resolve()] if args.verb != "validate" else []))


if __name__ == "__main__":
    run(main)
