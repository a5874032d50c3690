"""Four people share a project: branches, experiments, merges, promotion, a clone, a rollback, a refused retraining.

The repository is a bare one on this machine, DVC's remote a bucket of moto; MLflow is the local store of each, or one
server for all. docs/how-to/work-in-a-team.md tells the same story.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from support.rendered_project import Project
from support.services.buckets import amazon
from support.services.servers import free_port, serving
from support.template_origin import git

pytestmark = [pytest.mark.e2e, pytest.mark.capability("a team in one repository")]

GENERATED = ("dvc.lock", "metrics.json", "MODEL_CARD.md")
FAMILY = "train.families.hist_gradient_boosting"
CHAMPION = """
import json, sys
import mlflow
from {package}.mlops.core import params
from {package}.mlops.tracking import mlflow_client
client, name = mlflow_client.connect(), params.load().register_.model_name
version = client.get_model_version_by_alias(name, "champion")
model = mlflow.pyfunc.load_model(f"models:/{{name}}@champion")
print(json.dumps([str(version.version), version.tags["model_hash"], model.metadata.signature is not None]))
"""


@dataclass
class Team:
    """The repository that all share, and how each of them gets a clone of it."""

    home: Path
    first: Project
    shared: dict[str, str]

    def clone(self, name: str) -> Project:
        """Returns a clone that is set up, with the outputs of the newest commit."""
        git(self.home, "clone", "--quiet", "hub.git", name)
        person = {f"GIT_{role}_NAME": name for role in ("AUTHOR", "COMMITTER")}
        person |= {f"GIT_{role}_EMAIL": f"{name}@example.com" for role in ("AUTHOR", "COMMITTER")}
        project = Project(self.home / name, self.first.environment | self.shared | person)
        project.make("setup")
        project.run("uv", "run", "dvc", "pull", "--quiet")
        return project


@pytest.fixture(params=["local", pytest.param("server", marks=pytest.mark.variant)])
def team(request: pytest.FixtureRequest, lifted: Project, tmp_path: Path) -> Iterator[Team]:
    """A project on a shared repository, its outputs in a bucket, its models in stores of each or on a server."""
    shutil.copytree(lifted.path, tmp_path / "first", symlinks=True)
    port, server = free_port(), request.param == "server"
    program = [lifted.virtual_environment / "bin/mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    program += ["--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path}/server.db"]
    program += ["--artifacts-destination", str(tmp_path / "artifacts")]
    with amazon(tmp_path, free_port()) as keys:
        shared = keys | ({"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"} if server else {})
        team = Team(tmp_path, Project(tmp_path / "first", lifted.environment | shared), shared)
        boto3.client(
            "s3",
            endpoint_url=keys["AWS_ENDPOINT_URL"],
            region_name=keys["AWS_DEFAULT_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        ).create_bucket(Bucket="team")
        team.first.run("uv", "run", "dvc", "remote", "add", "--default", "bucket", "s3://team/dvc")
        team.first.run("uv", "run", "dvc", "push", "--quiet")
        team.first.run("git", "branch", "--force", "--move", "main")
        team.first.commit("the remote")
        git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "hub.git")
        git(team.first.path, "push", "--quiet", str(tmp_path / "hub.git"), "main")
        if not server:
            yield team
            return
        with serving(program, port, tmp_path / "mlflow.log", lifted.environment):
            team.first.make("restore")  # a new server has no champion
            yield team


def entries(project: Project) -> list[dict[str, str]]:
    """The entries of the audit log, which must be intact and agree with the registry."""
    project.make("audit")
    return [json.loads(line) for line in project.read("audit.jsonl").splitlines()]


def champion(project: Project) -> tuple[str, str]:
    """Version and hash of the champion as MLflow's own client finds and loads it."""
    said = project.run("uv", "run", "python", "-c", CHAMPION.format(package=project.package)).stdout
    version, model_hash, described = json.loads(said.splitlines()[-1])
    assert described
    return version, model_hash


def trained(project: Project) -> str:
    """The hash of the model in the folder."""
    return str(json.loads(project.read("models/model.json"))["sha256"])


def idea(project: Project, branch: str, experiments: int, key: str, values: list[float], old: str, new: str) -> str:
    """Tries values on a branch, takes one over into params.yaml, runs and commits it; returns the model's hash."""
    project.run("git", "switch", "--quiet", "--create", branch)
    log = project.read("audit.jsonl")
    tried = ",".join(str(value) for value in values[:experiments])
    project.make("experiment", f"NAME={branch}", f"SET={FAMILY}.{key}={tried}")
    table = project.make("compare").stdout
    assert len(re.findall(rf"^\W*{branch}", table, re.M)) == experiments, table
    project.run("git", "checkout", "--quiet", "--", ".")
    project.edit("params.yaml", old, new)
    done = project.make("run").stdout
    assert "passed all gates, champion is version 1" in done
    assert project.read("audit.jsonl") == log, "exploring leaves the log alone"
    project.run("uv", "run", "dvc", "push", "--quiet")
    project.commit(branch)
    return trained(project)


def refused(project: Project, *command: str) -> str:
    """Runs a command that must be refused by a gate, and returns what it said."""
    done = project.make(*command, check=False)
    assert done.returncode, done.stdout
    return done.stdout + done.stderr


def test_branches_are_explored_merged_promoted_cloned_and_rolled_back(team: Team) -> None:
    ada, bob = team.clone("ada"), team.clone("bob")
    first = trained(ada)
    many = 5 if "MLFLOW_TRACKING_URI" not in team.shared else 1

    # Two people explore on branches of their own; nobody's registry or log moves.
    rates, leaves = [0.05, 0.06, 0.07, 0.08, 0.09], [15]
    of_ada = idea(ada, "slower", many, "learning_rate", rates, "hyperparameters: {}", "hyperparameters: {max_iter: 60}")
    of_bob = idea(bob, "smaller", 1, "max_leaf_nodes", leaves, "max_leaf_nodes: 31", "max_leaf_nodes: 15")
    assert len({first, of_ada, of_bob}) == 3

    # Ada merges first, and promotes what she merged.
    ada.run("git", "switch", "--quiet", "main")
    ada.run("git", "merge", "--quiet", "--no-edit", "slower")
    ada.make("promote", "WHY=fewer trees, as good")
    assert [entry["action"] for entry in entries(ada)] == ["promote", "promote"]
    assert entries(ada)[-1]["model_hash"] == of_ada
    ada.commit("promote")
    ada.run("git", "push", "--quiet", "origin", "main")

    # Bob merges after her: the driver takes generated files from the side that has the champion.
    bob.run("git", "fetch", "--quiet", "origin")
    bob.run("git", "switch", "--quiet", "main")
    bob.run("git", "merge", "--quiet", "--ff-only", "origin/main")
    merged = bob.run("git", "merge", "--no-edit", "smaller", check=False)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert not bob.run("git", "status", "--porcelain").stdout
    for name in GENERATED:
        assert git(bob.path, "show", f"HEAD:{name}") == git(bob.path, "show", f"origin/main:{name}")
    assert "max_iter: 60" in bob.read("params.yaml")
    assert "max_leaf_nodes: 15" in bob.read("params.yaml")
    bob.run("uv", "run", "dvc", "pull", "--quiet")
    assert "champion is version 2" in bob.make("run").stdout
    both = trained(bob)
    assert both not in (first, of_ada, of_bob)
    bob.make("promote", "WHY=both ideas")
    assert [entry["version"] for entry in entries(bob)] == ["1", "2", "3"]
    bob.run("uv", "run", "dvc", "push", "--quiet")
    bob.commit("both ideas")
    bob.run("git", "push", "--quiet", "origin", "main")
    bob.make("evidence")

    # Cleo has nothing but the repository and the bucket: what she serves is the champion, under its number.
    cleo = team.clone("cleo")
    assert "Running stage" not in cleo.make("run").stdout
    cleo.make("export")
    served = json.loads(cleo.read("models/served/bundle.json"))
    assert (served["version"], served["model_hash"]) == ("3", both) == champion(cleo)
    cleo.make("rollback", "WHY=the calibration is off")
    assert champion(cleo) == ("2", of_ada)
    assert [entry["action"] for entry in entries(cleo)][-1] == "rollback"
    cleo.commit("roll back")
    cleo.run("git", "push", "--quiet", "origin", "main")

    # Dan's retraining on garbage is refused: nothing that others see changes but the entry that says so.
    dan = team.clone("dan")
    dan.make("restore")
    kept = {name: dan.read(name) for name in (*GENERATED, "params.yaml")}
    (dan.path / "garbage.csv").write_text("customer_id,age\n1,-5\n", encoding="utf-8")
    assert "refused" in refused(dan, "retrain", "WHY=the month began", "SOURCE=garbage.csv")
    assert {name: dan.read(name) for name in kept} == kept
    assert champion(dan) == ("2", of_ada)
    assert entries(dan)[-1]["action"] in ("refuse", "rollback")


def test_two_champions_of_two_branches_end_in_one_sentence_and_one_command(team: Team) -> None:
    ada, bob = team.clone("ada"), team.clone("bob")
    for person, leaves in ((ada, 15), (bob, 63)):
        person.run("git", "switch", "--quiet", "--create", f"leaves-{leaves}")
        person.edit("params.yaml", "max_leaf_nodes: 31", f"max_leaf_nodes: {leaves}")
        person.run("git", "fetch", "--quiet", "origin")
        person.make("run")
        if person is bob and "MLFLOW_TRACKING_URI" in team.shared:
            # One registry knows one champion: who comes second must merge first, and is told so.
            assert "audit.jsonl lacks entry" in refused(bob, "promote", "WHY=mine")
            return
        person.make("promote", f"WHY={leaves} leaves")
        person.run("uv", "run", "dvc", "push", "--quiet")
        person.commit(f"{leaves} leaves")
        person.run("git", "push", "--quiet", "origin", f"leaves-{leaves}")
    merge = bob.run("git", "merge", "--no-edit", "origin/leaves-15", check=False)
    said = merge.stdout + merge.stderr
    assert "CONFLICT" in said  # params.yaml alone: no machine knows which number of leaves is meant
    assert bob.run("git", "diff", "--name-only", "--diff-filter=U").stdout.split() == ["params.yaml"]
    bob.run("git", "checkout", "--quiet", "--ours", "params.yaml")
    bob.commit("merge")
    told = refused(bob, "run")
    sentence = re.search(r"refused: (churn-model has 2 champions, .*)", told)
    assert sentence, told
    choice = re.search(r"make promote MODEL=(\w+) WHY", sentence[1])
    assert choice
    assert sentence[1].count("make promote") == 1
    bob.make("promote", f"MODEL={choice[1]}", "WHY=we talked about it")
    assert champion(bob)[1].startswith(choice[1])
    parents = entries(bob)[-1]["previous"].split()
    assert len(parents) == 2
