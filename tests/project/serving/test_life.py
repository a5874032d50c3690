"""The life of a model, with real processes: trained, served in a container, watched, retrained, rolled back."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from support.rendered_project import Project
from support.services.alertmanager import TOOLS, alerting, until
from support.services.containers import Container, Podman
from support.services.http_client import keys, running
from support.services.monitored_project import monitor, monitor_several

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image")]
SEEDS = range(200, 210)
ROWS, BATCH = 2_000, 1_000
FALSE_ALARMS = 1  # at most, among the seeds


@pytest.fixture
def project(served: Project, tmp_path: Path) -> Project:
    """A copy of the project whose champion is exported, to be changed at will."""
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", served.environment)


def sampled(project: Project, name: str, *arguments: str) -> Path:
    """Makes rows with the project's own sample; returns the file."""
    project.stage("mlops.data.synthetic", f"{name}.parquet", *arguments)
    return project.path / f"{name}.parquet"


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Returns the rows of a file as a client sends them: without what is to be predicted."""
    table = pq.read_table(file).drop_columns(["churned"])
    return [row | {"snapshot_at": row["snapshot_at"].isoformat()} for row in table.to_pylist()]


def sent(container: Container, key: str, traffic: dict[str, Path]) -> None:
    """Sends rows to a container, in batches that bear the name of their traffic as request id."""
    for name, file in traffic.items():
        rows = rows_of(file)
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            status, answer = container.ask("/predict", batch, key, request_id=f"{name}.{first}")
            assert status == 200, answer
            assert len(answer["predictions"]) == len(batch)


def separated(project: Project, traffic: dict[str, Path], others: int) -> None:
    """Puts what the service logged of each traffic into a log of its own; of these rows and others none is missing."""
    logged = pyarrow.dataset.dataset(project.path / "data/predictions", format="parquet").to_table()
    names = pc.list_element(pc.split_pattern(logged["_client_request_id"], "."), 0)
    assert len(logged) == len(traffic) * ROWS + others
    for name in traffic:
        (project.path / "logs" / name).mkdir(parents=True)
        mine = logged.filter(pc.equal(names, name))
        assert len(mine) == ROWS
        pq.write_table(mine, project.path / "logs" / name / "served.parquet")


def actions(project: Project) -> list[tuple[str, str]]:
    """Action and version of each entry of the audit log, which must be intact."""
    project.make("audit")
    entries = [json.loads(line) for line in project.read("audit.jsonl").splitlines()]
    return [(entry["action"], entry["version"]) for entry in entries]


@pytest.mark.capability("life of a model")
def test_the_life_of_a_model(podman: Podman, image: str, project: Project, tmp_path: Path) -> None:
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    made = keys(project)
    rows = ("--rows", str(ROWS))
    traffic = {f"stable-{seed}": sampled(project, f"stable-{seed}", "--seed", str(seed), *rows) for seed in SEEDS}
    traffic["moved"] = sampled(project, "moved", "--seed", "300", "--drift", "covariate", *rows)
    some = rows_of(traffic["stable-200"])[:100]

    # Served by the container, which logs what it answers.
    predictions = project.path / "data/predictions"
    with podman.run(image, predictions=predictions, SERVE_API_KEYS=made[1]) as container:
        container.until_ready()
        assert container.ask("/model", key=made[0]["predict"])[1]["version"] == "1"
        first = container.ask("/predict", some, made[0]["predict"])[1]["predictions"]
        sent(container, made[0]["predict"], traffic)
        assert container.stop() == 0
    separated(project, traffic, len(some))

    # Watched: silence on stable traffic, an alarm on the other, which arrives where people are told.
    stable = monitor_several(project, *(["--predictions", f"logs/stable-{seed}"] for seed in SEEDS))
    assert [said.code for said in stable].count(0) >= len(SEEDS) - FALSE_ALARMS, stable
    with alerting(project, tmp_path) as (gateway, arrived):
        said = monitor(project, "moved", PUSHGATEWAY_URL=gateway)
        assert said.code == 10, said.sentence
        assert until(arrived, "Drift", "firing")["labels"]["model"] == "churn-model"

    # Retrained on what the world is now: the gates promote the challenger, and the service answers with it.
    sampled(project, "new", "--seed", "301", "--drift", "covariate", "--rows", "12000")
    done = project.make("retrain", "WHY=the monitor saw drift", "SOURCE=new.parquet")
    assert done.stdout.endswith("promoted: churn-model version 2, in place of 1\n")
    gates = {gate["name"]: gate for gate in json.loads(project.read("reports/evaluation.json"))["gates"]}
    assert "differs from champion 1's by +" in gates["champion"]["sentence"]
    project.make("export")
    project.commit("retrained")
    with running(project, tmp_path, made) as service:
        assert service.ask("/model")[2]["version"] == "2"
        second = service.ask("/predict", some)[2]["predictions"]
        assert second != first

        # Garbage is refused, and changes nothing that answers.
        labels = pq.read_table(project.path / "new.parquet")
        shuffled = labels["churned"].take(list(range(len(labels)))[::-1])
        garbage = labels.set_column(labels.column_names.index("churned"), "churned", shuffled)
        pq.write_table(garbage, project.path / "garbage.parquet")
        refused = project.make("retrain", "WHY=a new month", "SOURCE=garbage.parquet", check=False)
        assert refused.returncode != 0
        assert "refused: champion is version 2 as before; the model fails" in refused.stdout
        project.make("export")
        assert service.ask("/model/reload", b"", key="admin")[2] == {"model_version": "2"}
        assert service.ask("/predict", some)[2]["predictions"] == second

        # Rolled back: the old answers again, without a restart.
        project.make("rollback", "WHY=shops complain")
        project.make("export")
        assert service.ask("/model/reload", b"")[0] == 403
        assert service.ask("/model/reload", b"", key="admin")[2] == {"model_version": "1"}
        assert service.ask("/predict", some)[2]["predictions"] == first

    assert actions(project) == [
        ("promote", "1"),
        ("promote", "2"),
        ("refuse", ""),
        ("rollback", "1"),
    ]
