"""The advanced project, from its features to a canary.

Feast, Redis, DVC, MLflow, Airflow, container, registry, nginx and Prometheus are real; what stands for GitHub, cosign,
scanner and Argo Rollouts is said in `delivering.py` and `analysing.py`.
"""

import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.platforms.airflow_runner import airflow, last, retrain_on
from support.platforms.canary_analysis import Verdict, roll_out
from support.platforms.cluster import KEY, PACE, clustered
from support.platforms.delivery_workflow import Deliverer, published
from support.platforms.weighted_balancer import asking
from support.rendered_project import STAGES, Project
from support.services.containers import Podman
from support.services.http_client import keys, running
from support.services.servers import REDIS, free_port
from support.template_origin import git

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("drill")]
DATASET = "data/dataset.parquet"
STAGED = "deploy/k8s/overlays/staging/image/kustomization.yaml"
ROWS, BATCH = 2_000, 500


@pytest.fixture
def project(first_model: Callable[[str], Project], redis: int, tmp_path: Path) -> Project:
    """An advanced project with a champion, version 1, and its features in Redis.

    One that is lifted from any release has the same files: `test_releases.py`.
    """
    first = first_model("advanced")
    shutil.copytree(first.path, tmp_path / "p", symlinks=True)
    made = Project(tmp_path / "p", first.environment | {"FEATURE_STORE_REDIS": f"127.0.0.1:{redis}"})
    made.edit(*REDIS)
    made.commit("Redis")
    made.make("export")
    return made


def version(project: Project) -> str:
    """Returns the champion's version, as the audit log has it."""
    return next(
        entry["version"]
        for entry in map(json.loads, reversed(project.read("audit.jsonl").splitlines()))
        if entry["action"] in ("promote", "rollback")
    )


def sent(rows: pa.Table) -> list[dict[str, Any]]:
    """Returns rows as a client sends them: without what is to be predicted."""
    found = rows.drop_columns(["churned"]).to_pylist()
    return [row | {"snapshot_at": row["snapshot_at"].isoformat()} for row in found]


def entities(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns rows that only name their entity."""
    return [{"customer_id": row["customer_id"]} for row in rows]


def served_from_the_store(project: Project, folder: Path) -> Any:
    """Answers by the entity alone as by the full row, and returns these answers."""
    project.make("materialize")
    rows = sent(pq.read_table(project.path / DATASET).slice(0, 200))
    with running(project, folder, keys(project), module="mlops.feature_store.serve") as service:
        by_row = service.ask("/predict", rows)[2]["predictions"]
        by_entity = service.ask("/predict", entities(rows))[2]["predictions"]
        assert by_entity == by_row
        assert service.measured("feature_store_reads_total")['{result="fresh"}'] == len(rows)
        assert service.ask("/model")[2]["version"] == version(project)
    return by_row


def served_in_a_container(project: Project, image: str, podman: Podman) -> Any:
    """Returns what the image answers by the entity alone, for the same rows."""
    made, lines = keys(project)
    rows = sent(pq.read_table(project.path / DATASET).slice(0, 200))
    port = free_port()
    command = [
        "python",
        "-m",
        f"{project.package}.mlops.feature_store.serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    # Redis listens on this machine alone, and the registry speaks no TLS.
    options = ("--network", "host", "--tls-verify=false", "--entrypoint", json.dumps(command))
    told = {"SERVE_API_KEYS": lines, "FEATURE_STORE_REDIS": project.environment["FEATURE_STORE_REDIS"]}
    with podman.run(image, *options, **told) as started:
        container = replace(started, port=port)
        container.until_ready()
        status, answer = container.ask("/predict", entities(rows), key=made["predict"])
        assert status == 200, answer
        return answer["predictions"]


def moved(project: Project, folder: Path) -> None:
    """Lets the world move: traffic that has drifted is answered and logged, and there are new rows to learn from."""
    drift = ("--drift", "covariate")
    project.stage("mlops.data.synthetic", "moved.parquet", "--seed", "300", *drift, "--rows", str(ROWS))
    project.stage("mlops.data.synthetic", "new.parquet", "--seed", "301", *drift, "--rows", "12000")
    rows, log = sent(pq.read_table(project.path / "moved.parquet")), str(project.path / "data/predictions")
    with running(
        project, folder, keys(project), module="mlops.feature_store.serve", SERVE_PREDICTION_LOG=log
    ) as service:
        for first in range(0, ROWS, BATCH):
            assert service.ask("/predict", rows[first : first + BATCH])[0] == 200
        # What the store completes is whole: the monitor must not take it for bad data.
        known = sent(pq.read_table(project.path / DATASET).slice(0, BATCH))
        assert service.ask("/predict", entities(known))[0] == 200
        service.process.terminate()  # the log is written as it ends
        assert service.process.wait(60) == 0
    project.commit("new data")


def canary(stable: Project, challenger: Project, folder: Path, name: str) -> Verdict:
    """Lets the manifests decide about a challenger beside the stable version."""
    folder.mkdir()
    with clustered(stable, challenger.path, folder, name) as cluster, cluster.version("stable"):
        metrics = cluster.metrics(name)
        with (
            cluster.version(name, project=challenger),
            cluster.balancing(name) as balancer,
            asking(balancer.port, cluster.rows, KEY),
        ):
            time.sleep(1)
            return roll_out(cluster.rollout, metrics, balancer.weigh, PACE)


def copied(project: Project, folder: Path) -> Project:
    """Returns a copy of a project as it is now."""
    shutil.copytree(project.path, folder, symlinks=True, ignore=shutil.ignore_patterns(".airflow", ".venv"))
    return Project(folder, project.environment)


@pytest.mark.capability("advanced drill")
def test_from_features_to_a_canary_and_back(
    project: Project, podman: Podman, base_image: str, registry: str, tmp_path: Path
) -> None:
    assert base_image
    assert version(project) == "1"
    # Features are materialized, the model of the point-in-time join answers from them; then the world moves.
    first = served_from_the_store(project, tmp_path)
    moved(project, tmp_path)
    stable = copied(project, tmp_path / "stable")

    # The monitor sees drift, its asset starts the retraining, the gates promote the challenger.
    project.make("dags")
    retrain_on(project, "new.parquet")
    with airflow(project, tmp_path / "airflow.log") as running_:
        ended = running_.until(
            lambda tasks: tasks.get("retraining.retrain", ("",))[0] in ("success", "failed"), "retraining"
        )
        (run,) = running_.ask("GET", "/api/v2/dags/retraining/dagRuns")["dag_runs"]
    assert ended == {"retraining.retrain": ("success", 1)}
    assert run["run_type"] == "asset_triggered"
    assert (last(project)["action"], last(project)["version"], last(project)["event"]) == ("promote", "2", "airflow")
    project.make("export")
    second = served_from_the_store(project, tmp_path)
    assert second != first
    project.commit("retrained")

    # Delivered by digest, then judged beside the former champion.
    (tmp_path / "delivery").mkdir()
    hosted = published(project, tmp_path / "delivery")
    machine = Deliverer(hosted, tmp_path / "runner", "deliver.yml")
    bare = tmp_path / "delivery/hosted.git"
    git(hosted.path, "push", "--quiet", str(bare), "main")
    text, green = machine.delivered("push", podman=podman, registry=registry)
    assert green, text[-6000:]
    project.run("git", "pull", "--quiet", "--ff-only", str(bare), "main")
    (delivered,) = (json.loads(line) for line in project.read("deploy/deliveries.jsonl").splitlines())
    assert delivered["version"] == "2"
    assert delivered["image"].partition("@")[2] in project.read(STAGED)
    assert delivered["image"] in project.make("manifests", "ENV=staging").stdout
    assert served_in_a_container(project, delivered["image"], podman) == second
    verdict = canary(stable, project, tmp_path / "promoted", "challenger")
    assert verdict.state == "promoted", verdict

    # A model that passes the gates and alarms everybody is stopped by the canary, and rolled back.
    good = copied(project, tmp_path / "good")
    project.edit("params.yaml", "threshold: 0.5", "threshold: 0.02")
    project.edit("params.yaml", "min_recall: 0.05", "min_recall: 0.01")
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 60}")
    project.make("run")
    project.make("promote", "WHY=it passed all gates")
    project.make("export")
    assert version(project) == "3"
    verdict = canary(good, project, tmp_path / "aborted", "alarmist")
    assert verdict.state == "aborted", verdict
    assert "champion-decisions" in verdict.by
    project.make("rollback", "WHY=the canary was aborted")
    project.make("export")
    assert version(project) == "2"

    # Nothing of it is missing in the books.
    said = project.make("audit").stdout
    books = [json.loads(line) for line in project.read("audit.jsonl").splitlines()]
    assert re.search(rf"^audit\.jsonl: {len(books)} entries, the chain is intact", said, re.MULTILINE)
    assert re.search(r"^deploy/deliveries\.jsonl: 1 entries, the chain is intact", said, re.MULTILINE)
    assert [entry["action"] for entry in books] == ["promote", "promote", "promote", "rollback"]
    project.make("cost")
    assert set(json.loads(project.read("reports/forecast.json"))["stages"]) == {*STAGES, "budget"}
