"""Stage `ingest`: brings the source into `data/dataset.parquet`, in the types of the contract."""

from .. import project
from ..mlops.core import params
from ..mlops.core.runner import run
from ..mlops.data import dataset


def main() -> None:
    """Runs the stage."""
    chosen = params.load()
    dataset.ingest(chosen.ingest, project.contract(), chosen.validate_.tolerate)


if __name__ == "__main__":
    run(main)
