"""Stage `ingest` with a feature store: the source, then the point-in-time join, in one process."""

from ... import project
from ..core import params
from ..core.runner import run
from ..data import dataset
from . import join


def main() -> None:
    """Runs the stage."""
    chosen = params.load()
    dataset.ingest(chosen.ingest, project.contract(), chosen.validate_.tolerate)
    join.main()


if __name__ == "__main__":
    run(main)
