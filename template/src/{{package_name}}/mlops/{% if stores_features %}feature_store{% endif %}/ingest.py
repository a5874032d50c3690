"""Stage `ingest` with a feature store: `ingest`, then the point-in-time join, in one process whose cost is measured."""

from ...stages import ingest
from ..core.runner import run
from . import join


def main() -> None:
    """Runs the stage."""
    ingest.main()
    join.main()


if __name__ == "__main__":
    run(main)
