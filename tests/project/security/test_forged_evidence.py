"""A model that no gate judged, in the repository with all that says it was: refused wherever it would be believed."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest
from support.rendered_project import Project

pytestmark = pytest.mark.e2e

# What somebody can write who may push to the repository and to DVC's bucket: a model that always says the same, with
# the verdicts of the one before.
CONSTANT = """
import hashlib, json
import skops.io
from churn_model import project
from churn_model.mlops.core.paths import CARD, EVALUATION, MODEL, RECORD
from churn_model.mlops.models import canonical, persistence

def forge(path, text):
    path.unlink()
    path.write_text(text)

record = json.loads(RECORD.read_text())
before = record["sha256"]
pipeline = persistence.load(MODEL, before, project.trusted())
for stage in pipeline[-1]._predictors:
    for tree in stage:
        tree.nodes["value"] = 0
pipeline[-1]._baseline_prediction[:] = -9
content = canonical.canonical(skops.io.dumps(pipeline))
MODEL.unlink()
MODEL.write_bytes(content)
after = hashlib.sha256(content).hexdigest()
for path in (RECORD, EVALUATION, CARD):
    forge(path, path.read_text().replace(before, after))
"""
PROMOTED = """
import json
from churn_model.mlops.core.paths import RECORD
from churn_model.mlops.governance import audit_log
found = json.loads(RECORD.read_text())["sha256"]
audit_log.append("promote", "churn-model", "2", "passed all gates", model_hash=found)
"""


def python(project: Project, code: str, *, check: bool = True, **environment: str) -> str:
    """Runs code in the project; returns what it printed."""
    done = project.run("uv", "run", "python", "-c", code, check=check, **environment)
    return done.stdout + done.stderr


def copied(source: Project, where: Path) -> Project:
    """A copy of a project, to be changed."""
    shutil.copytree(source.path, where, symlinks=True)
    return Project(where, source.environment)


@pytest.fixture(scope="module")
def forged(lifted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose newest commit brings such a model, promoted by the audit log. Copy it."""
    project = copied(lifted, tmp_path_factory.mktemp("forged") / "p")
    python(project, CONSTANT)
    return project


@pytest.fixture(scope="module")
def committed(forged: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same, committed to DVC and to Git."""
    project = copied(forged, tmp_path_factory.mktemp("committed") / "p")
    python(project, PROMOTED)
    project.run("uv", "run", "dvc", "commit", "--force")
    project.commit("a better model")
    return project


@pytest.mark.capability("tampered model")
def test_it_is_neither_registered_nor_promoted(forged: Project) -> None:
    log = forged.read("audit.jsonl")
    again = r"refused: model \w{12} fails \d gates when it is evaluated again: roc_auc is 0\.5"
    done = forged.stage("stages.register", check=False)
    assert done.returncode == 3, done.stdout
    assert re.search(again, done.stderr)
    assert re.search(again, forged.make("promote", "WHY=it is better", check=False).stderr)
    assert forged.read("audit.jsonl") == log


@pytest.mark.capability("tampered model")
def test_it_is_not_delivered(committed: Project, lifted: Project) -> None:
    for done in (
        committed.make("gate", check=False),
        committed.stage("mlops.serving.compilation.export", "--commit", check=False),
    ):
        assert done.returncode != 0, done.stdout
        assert re.search(r"refused: model \w{12} fails \d gates when it is evaluated again", done.stderr)
    assert not (committed.path / "models/served").exists()
    assert "version 1 of commit" in lifted.make("gate").stdout, "an honest one passes"


@pytest.mark.capability("tampered model")
def test_ci_trains_another_one_and_says_so(committed: Project, lifted: Project, tmp_path: Path) -> None:
    """What `make run` leaves there is what the honest project has; the commit is the forged one."""
    project = copied(committed, tmp_path / "p")
    for folder in ("models", "reports"):
        shutil.rmtree(project.path / folder)
        shutil.copytree(lifted.path / folder, project.path / folder, symlinks=True)
    for name in ("dvc.lock", "metrics.json", "MODEL_CARD.md"):
        shutil.copyfile(lifted.path / name, project.path / name)
    done = project.make("evidence", check=False)
    assert done.returncode != 0, done.stdout
    assert re.search(r"refused: metrics\.json \(.+\) and MODEL_CARD\.md in HEAD is not what", done.stderr)
    assert "It fails baseline, minimum roc_auc" in done.stderr
    shutil.rmtree(project.path / ".dvc/cache/files")
    done = project.make("evidence", check=False)
    assert done.returncode != 0
    assert "refused: the model that dvc.lock of HEAD names is neither in DVC's cache nor in its remote" in done.stderr


def better(text: str) -> str:
    """Metrics as somebody would like them."""
    return re.sub(r'("roc_auc": )0\.\d+', r"\g<1>0.999999", text)


@pytest.mark.capability("tampered model")
def test_metrics_and_data_that_were_edited_are_refused(finished: Project, tmp_path: Path) -> None:
    assert "dvc.lock, metrics.json and MODEL_CARD.md of HEAD are what this run made" in finished.make("evidence").stdout
    project, honest = copied(finished, tmp_path / "p"), finished.read("metrics.json")
    for name, old, new, sentence in (
        ("metrics.json", honest, better(honest), r"metrics\.json \(roc_auc\) in HEAD is not what its model gives"),
        ("dvc.lock", "md5: ", "md5: 0", r"data/dataset\.parquet of dvc\.lock, .* in HEAD is not what this run made"),
        ("MODEL_CARD.md", "passed", "failed", r"MODEL_CARD\.md in HEAD is not what its model gives"),
    ):
        project.edit(name, old, new)
        project.run("git", "commit", "--quiet", "--all", "--no-verify", "--message", "edited")
        shutil.copyfile(finished.path / name, project.path / name)
        done = project.make("evidence", check=False)
        assert done.returncode != 0, name
        assert re.search(f"refused: {sentence}", done.stderr), done.stderr
        project.run("git", "reset", "--quiet", "--hard", "HEAD^")


@pytest.mark.capability("model card")
@pytest.mark.parametrize("together", [False, True])
def test_a_forged_card_is_refused(project: Project, together: bool) -> None:
    card = project.read("MODEL_CARD.md")
    if together:
        (project.path / "metrics.json").write_text(better(project.read("metrics.json")))
        sources = python(
            project, "from churn_model.mlops.reporting import model_card; print(model_card.sources())"
        ).split()[0]
        card = re.sub(r"(?m)^sources: .*", f"sources: {sources}", card)
    for forged in (
        re.sub(r"\| roc_auc( +)\| +0\.\d+", r"| roc_auc\1| 0.9999", card),
        card.replace("demographic_parity 0.", "demographic_parity 0.00"),
        re.sub(r"(?m)^\| model hash .*$", f"| model hash (SHA-256) | {'7' * 64} |", card),
        card.replace("## Use\n", "## Use\n\nFor everything.\n"),
    ):
        assert forged != project.read("MODEL_CARD.md")
        (project.path / "MODEL_CARD.md").write_text(forged)
        done = project.make("card-check", check=False)
        assert done.returncode != 0
        assert "is stale or was edited: rendered again" in done.stderr


CHAMPION = """
from churn_model import project
from churn_model.mlops.core.runner import run
from churn_model.mlops.evaluation import champion
from churn_model.mlops.tracking import mlflow_client

def main():
    by, client = project.criteria(), mlflow_client.connect()
    found = champion.find(client, "another model", by.contract, by.trusted, by.metrics)
    print("none" if found is None else f"{found.version} {found.reason or len(found.pipeline)}")

run(main)
"""


@pytest.mark.capability("tampered model")
def test_the_champion_of_a_revision_is_that_of_its_audit_log(
    finished: Project, forged: Project, tmp_path: Path
) -> None:
    """The registry is a new one, and the folder has no model, so it comes from DVC's cache."""
    project = copied(finished, tmp_path / "p")
    at = {"CHAMPION_REV": "HEAD", "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/other.db"}
    (project.path / "models/model.skops").unlink()
    assert "1 2\n" in python(project, CHAMPION, **at)
    locked = project.read("dvc.lock").partition("path: models/model.skops")[2]
    md5 = re.findall(r"md5: (\w+)", locked)[0]
    blob = project.path / f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}"
    honest, weak = blob.read_bytes(), (forged.path / "models/model.skops").read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(weak)
    said = python(project, CHAMPION, **at)
    assert "1 champion 1 can't be loaded: DVC's cache or remote has another model than audit.jsonl names" in said

    # A commit that names another model, which nobody promoted: the champion is still the one before.
    blob.write_bytes(honest)
    other = hashlib.md5(weak, usedforsecurity=False).hexdigest()
    put = project.path / f".dvc/cache/files/md5/{other[:2]}/{other[2:]}"
    put.parent.mkdir(exist_ok=True)
    put.write_bytes(weak)
    project.edit("dvc.lock", md5, other)
    project.commit("another model")
    assert "1 2\n" in python(project, CHAMPION, **at)
    project.run("git", "rm", "--quiet", "audit.jsonl")
    project.commit("no log")
    assert "refused: HEAD has a model but no audit.jsonl" in python(project, CHAMPION, check=False, **at)

    # Where no commit had a log, nothing was promoted yet.
    project.run("git", "checkout", "--quiet", "--orphan", "other")
    project.commit("a model")
    assert "none\n" in python(project, CHAMPION, **at)
