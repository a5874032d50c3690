"""Chooses `evaluate.threshold`: `make threshold BY="false_positive=1 false_negative=5"`, `BY=f1`, `BY=10%`."""

import argparse
import json
import logging

import pyarrow.parquet as pq
import yaml
from tabulate import tabulate

from .. import project
from ..mlops.core import params
from ..mlops.core.atomic import write
from ..mlops.core.errors import UsageError
from ..mlops.core.paths import MODEL, RECORD, TRAIN
from ..mlops.core.runner import run
from ..mlops.experiments import params_file, thresholds
from ..mlops.models import persistence

log = logging.getLogger(__name__)


def main() -> None:
    """Chooses for the model of the last run, shows what comes of it, and writes `params.yaml`.

    Raises:
        UsageError: There is no model yet, it decides between more than two classes, or the rule is none.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--by", required=True, help="a metric, a share as in 10%%, or costs of both errors")
    chosen, contract = params.load(), project.contract()
    by = thresholds.rule(parser.parse_args().by, project.metric_set(contract.problem))
    if contract.problem != "binary":
        raise UsageError(f"a threshold decides between two classes; this is {contract.problem}.")
    if not RECORD.exists() or not MODEL.exists():
        raise UsageError("there is no model to choose a threshold for: `make run` first.")
    model_hash = json.loads(RECORD.read_text(encoding="utf-8"))["sha256"]
    pipeline = persistence.load(MODEL, model_hash, project.trusted())
    scored = thresholds.out_of_fold(pq.read_table(TRAIN), contract, pipeline, chosen)
    before, after = chosen.evaluate.threshold, thresholds.choose(scored, by)
    heads = ["threshold", "selected", "precision", "recall", *([by.name] if by.measure else [])]
    rows = [thresholds.described(scored, by, each) for each in (before, after)]
    log.info("on %s training rows, each predicted by a model that did not learn from it:", f"{len(scored.truth):,}")
    log.info("%s", tabulate(rows, heads, tablefmt="simple", disable_numparse=True))
    tree = params_file.tree()
    tree["evaluate"]["threshold"] = after
    text = params.PATH.read_text(encoding="utf-8")
    write(params.PATH, params_file.merged(text, yaml.safe_dump(tree)))
    log.info(
        "evaluate.threshold is %s in params.yaml, it was %s: `make run` judges it on the held-out rows", after, before
    )


if __name__ == "__main__":
    run(main)
