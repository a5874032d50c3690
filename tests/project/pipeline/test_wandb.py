"""Weights & Biases as second tracker: a passed and a refused model, written offline and read back from its own log."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.further_packages import WithPackages
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("Weights & Biases")]
# Its log is LevelDB's: blocks of 32 KiB, each record with checksum, length, and whether it goes on.
READER = """
import json, struct, sys
from pathlib import Path
from wandb.proto.wandb_internal_pb2 import Record

data, at, whole, found = Path(sys.argv[1]).read_bytes(), 7, b"", {}
while at + 7 <= len(data):
    left = 32768 - at % 32768
    if left < 7:
        at += left
        continue
    _, size, kind = struct.unpack("<IHB", data[at : at + 7])
    whole += data[at + 7 : at + 7 + size]
    at += 7 + size
    if kind in (1, 4):  # whole, or its last part
        record, whole = Record.FromString(whole), b""
        if record.WhichOneof("record_type") == "run":
            found["config"] = {item.key: json.loads(item.value_json) for item in record.run.config.update}
            found |= {"id": record.run.run_id, "project": record.run.project, "tags": list(record.run.tags)}
        if record.WhichOneof("record_type") == "history":
            for item in record.history.item:
                name = "/".join(item.nested_key) or item.key
                found.setdefault("measures", {})[name] = json.loads(item.value_json)
        if record.WhichOneof("record_type") == "artifact" and record.artifact.type == "model":
            found["model"] = json.loads(record.artifact.metadata)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def tracked(
    finished: Project, with_packages: WithPackages, worker: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The default project with the package, in an environment of its own."""
    added = ("--group", "wandb", "wandb>=0.31,<0.32")
    project = with_packages(finished, tmp_path_factory.mktemp("wandb") / "p", "wandb", *added, warmly=False)
    (project.path / "params.yaml").open("a", encoding="utf-8").write("\ntracking: mlflow+wandb\n")
    project.commit("tracking")
    yield project
    shutil.rmtree(worker / "venv-wandb")


def written(project: Project) -> dict[str, Any]:
    """Returns what the log of the newest run says."""
    newest = max(project.path.glob("wandb/offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime)
    found: dict[str, Any] = json.loads(project.run("uv", "run", "python", "-c", READER, str(newest)).stdout)
    return found


def test_a_package_that_is_missing_is_asked_for(project: Project) -> None:
    (project.path / "params.yaml").open("a", encoding="utf-8").write("\ntracking: mlflow+wandb\n")
    done = project.stage("stages.evaluate", check=False)
    assert done.returncode == 2
    assert "refused: tracking in params.yaml names wandb, which is not installed: `uv add --group" in done.stderr


def test_a_passed_and_a_refused_model_are_runs(tracked: Project) -> None:
    tracked.stage("stages.evaluate")
    record, found = json.loads(tracked.read("models/model.json")), written(tracked)
    assert (found["project"], found["id"], found["tags"]) == ("churn-model", record["sha256"][:16], ["passed"])
    assert found["measures"]["roc_auc"] == pytest.approx(json.loads(tracked.read("metrics.json"))["roc_auc"])
    assert "overview/sha256" in found["measures"]
    facts = {"model_hash": record["sha256"], "data_hash": record["data_hash"], "gates": "passed"}
    assert facts.items() <= found["model"].items()
    assert facts.items() <= found["config"].items()
    assert found["config"]["train.family"] == "hist_gradient_boosting"

    tracked.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {roc_auc: 0.99}")
    done = tracked.stage("stages.evaluate", check=False)
    assert done.returncode == 3, "a mirror changes no verdict"
    assert (written(tracked)["tags"], written(tracked)["model"]["gates"]) == (["failed"], "failed")
    assert "wandb/" not in tracked.run("git", "status", "--porcelain").stdout
