"""Stage `register`: a model that passed its gates becomes a version in the MLflow registry, and champion if it may."""

import json
import logging

from .. import project
from ..mlops.core import lineage, params, untrusted_text
from ..mlops.core.atomic import write
from ..mlops.core.paths import COST, MODEL, REGISTRATION
from ..mlops.core.runner import run
from ..mlops.evaluation import champion, reevaluation
from ..mlops.tracking import mlflow_client, registry

log = logging.getLogger(__name__)


def _log_anew(model_hash: str) -> str:
    """Logs a model whose run this store does not know, because it was trained against another one."""
    from ..mlops.models import persistence
    from ..mlops.tracking import runs

    contract_ = project.contract()
    trusted = project.trusted()
    return runs.log_run(persistence.load(MODEL, model_hash, trusted), model_hash, contract_, {}, trusted)


def main() -> None:
    """Runs the stage."""
    chosen, contract_ = params.load().register_, project.contract()
    record, client = reevaluation.recorded(), mlflow_client.connect()
    against = champion.find(client, record["sha256"], contract_, project.trusted())
    reevaluation.judge(record, project.criteria(), against)
    run_id = mlflow_client.find_run(client, record["sha256"]) or _log_anew(record["sha256"])
    tags = {
        "model_hash": record["sha256"],
        "data_hash": record["data_hash"],
        "git_commit": lineage.commit(),
        "git_dirty": str(lineage.dirty()).lower(),
        "target": contract_.target.name,
        "gates": "passed",
    }
    if COST.exists():  # the stage `budget` wrote it, where a project has one
        with mlflow_client.permitted("log runs"):
            client.log_metric(run_id, "cost.making", json.loads(COST.read_text(encoding="utf-8"))["making"])
    version = registry.register(client, chosen.model_name, run_id, tags, record["rows"])
    if chosen.auto_promote:
        registry.promote(client, version, "passed all gates")
    made = {"model": chosen.model_name, "version": str(version.version), "run_id": run_id}
    write(REGISTRATION, untrusted_text.as_json({**made, **tags}, indent=2) + "\n")
    log.info("registered %s version %s", chosen.model_name, version.version)


if __name__ == "__main__":
    run(main)
