"""Stage `register`: judges a model that passed its gates again, and writes what it is registered as.

It changes neither the registry nor the audit log: `make promote` does.
"""

import json
import logging

from .. import project
from ..mlops.core import params, untrusted_text
from ..mlops.core.atomic import write
from ..mlops.core.paths import COST, REGISTRATION
from ..mlops.core.runner import run
from ..mlops.evaluation import champion, reevaluation
from ..mlops.tracking import mlflow_client

log = logging.getLogger(__name__)


def main() -> None:
    """Runs the stage."""
    record, client, criteria = reevaluation.recorded(), mlflow_client.connect(), project.criteria()
    against = champion.find(client, record["sha256"], criteria.contract, criteria.trusted, criteria.metrics)
    reevaluation.judge(record, criteria, against)
    run_id = mlflow_client.find_run(client, record["sha256"])
    if run_id and COST.exists():  # the stage `budget` wrote it, where a project has one
        with mlflow_client.permitted("log runs"):
            client.log_metric(run_id, "cost.making", json.loads(COST.read_text(encoding="utf-8"))["making"])
    chosen = params.load()
    # Nothing of the run, the person or the time: equal inputs give equal files, whoever runs the pipeline.
    said = {
        "model": chosen.register_.model_name,
        "model_hash": record["sha256"],
        "data_hash": record["data_hash"],
        "target": criteria.contract.target.name,
        "threshold": str(chosen.evaluate.threshold),
        "gates": "passed",
    }
    write(REGISTRATION, untrusted_text.as_json(said, indent=2) + "\n")
    log.info("model %s passed all gates, judged again", record["sha256"][:12])


if __name__ == "__main__":
    run(main)
