"""The registries of SageMaker (moto) and Vertex AI (a fake that validates by Google's document) follow MLflow's.

One story: a mirror that is down, taken up again; a second champion, a rollback, a challenger; nothing is made twice.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from support.rendered_project import Project
from support.services.buckets import amazon
from support.services.servers import free_port
from support.services.vertex_registry import DOCUMENT, Vertex, vertex

pytestmark = pytest.mark.e2e
ONE, TWO = ({"MIRROR_IMAGE": f"registry.example.com/churn@sha256:{digit * 64}"} for digit in "12")
PLACES = {
    "sagemaker": "012345678901.dkr.ecr.us-east-1.amazonaws.com/churn",
    "vertex": "europe-west4-docker.pkg.dev/ml/r/churn",
}
SETTINGS = f"""register:
  mirrors: [sagemaker, vertex]
  sagemaker: {{repository: {PLACES["sagemaker"]}}}
  vertex: {{location: europe-west4, repository: {PLACES["vertex"]}}}
"""
CHALLENGE = """
from {package}.mlops.promotion import acts
from {package}.mlops.tracking import mlflow_client
acts.after_retraining(mlflow_client.connect(), "a month went by")
"""


@dataclass
class Mirrored:
    """A project, and the two registries that follow it."""

    project: Project
    client: Any
    vertex: Vertex

    def packages(self) -> dict[str, str]:
        """Status of each package of SageMaker's, by its version."""
        found = self.client.list_model_packages(ModelPackageGroupName="churn-model")["ModelPackageSummaryList"]
        return {one["ModelPackageArn"].rpartition("/")[2]: one["ModelApprovalStatus"] for one in found}

    def package(self, version: str) -> dict[str, Any]:
        """All of a package of SageMaker's."""
        arn = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/churn-model/{version}"
        return dict(self.client.describe_model_package(ModelPackageName=arn))

    def log(self) -> list[dict[str, str]]:
        """The entries of the audit log, which is intact and as far as the registry remembers."""
        self.project.entries()
        return [json.loads(line) for line in self.project.read("audit.jsonl").splitlines()]

    def said(self) -> list[tuple[str, str]]:
        """What the log says of mirrors."""
        return [(one["mirror"], one["state"]) for one in self.log() if one["action"] == "mirror"]


@pytest.fixture
def mirrored(finished: Project, tmp_path: Path) -> Iterator[Mirrored]:
    """The default project with two mirrors."""
    shutil.copytree(finished.path, tmp_path / "p", symlinks=True)
    with amazon(tmp_path, free_port()) as keys, vertex(tmp_path) as (fake, account):
        project = Project(tmp_path / "p", finished.environment | keys | account)
        project.edit("params.yaml", "register:\n", SETTINGS)
        client = boto3.client(
            "sagemaker",
            endpoint_url=keys["AWS_ENDPOINT_URL"],
            region_name=keys["AWS_DEFAULT_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )
        yield Mirrored(project, client, fake)


def command(mirrored: Mirrored, *arguments: str, check: bool = True, **environment: str) -> str:
    """Runs a command of the registry, and returns what it logged."""
    done = mirrored.project.stage("commands.registry", *arguments, check=check, **environment)
    return done.stdout + done.stderr


@pytest.mark.capability("SageMaker Model Registry as a mirror")
@pytest.mark.capability("Vertex AI Model Registry as a mirror")
def test_champion_and_challenger_are_repeated(mirrored: Mirrored) -> None:
    project, fake = mirrored.project, mirrored.vertex
    fake.reachable = False
    told = command(mirrored, "promote", "--why", "the first", **ONE)
    assert "vertex: version 1 is pending there (503 of projects/ml-project/locations/europe-west4/models/" in told
    assert mirrored.said() == [("sagemaker", "written"), ("vertex", "pending")]
    entry, record = mirrored.log()[0], json.loads(project.read("models/model.json"))
    package = mirrored.package("1")
    assert package["ModelApprovalStatus"] == "Approved"
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["Image"] == f"{PLACES['sagemaker']}@sha256:{'1' * 64}"
    facts = package["CustomerMetadataProperties"]
    told_facts = {"model_hash": record["sha256"], "data_hash": record["data_hash"], "audit_entry": entry["hash"]}
    assert told_facts.items() <= facts.items()
    assert (facts["image_digest"], facts["version"], len(facts["git_commit"])) == ("1" * 64, "1", 40)
    measured = json.loads(project.read("metrics.json"))["roc_auc"]
    assert float(facts["metric.roc_auc"]) == pytest.approx(measured, abs=1e-5)

    fake.reachable = True
    command(mirrored, "restore")
    assert mirrored.said()[2:] == [("vertex", "written")]
    ((name, (version,)),) = fake.models.items()
    assert name == "projects/ml-project/locations/europe-west4/models/churn-model"
    assert version["containerSpec"]["imageUri"] == f"{PLACES['vertex']}@sha256:{'1' * 64}"
    assert version["labels"]["model_hash"] == record["sha256"][:63]
    assert version["labels"]["audit_entry"] == entry["hash"][:63]
    assert "roc_auc 0." in version["versionDescription"]
    assert fake.aliases() == {"default": "1", "champion": "1"}

    calls, log = list(fake.calls), project.read("audit.jsonl")
    command(mirrored, "restore")
    command(mirrored, "promote", "--why", "the first", **TWO)
    assert (fake.calls, project.read("audit.jsonl")) == (calls, log), "what is there is not written again"
    assert mirrored.packages() == {"1": "Approved"}

    project.edit("params.yaml", "family: hist_gradient_boosting", "family: linear")
    project.edit("params.yaml", "    tolerance: 0.01 # refused", "    tolerance: 0.9 # refused")
    project.run("uv", "run", "dvc", "repro", "--quiet", "register")
    command(mirrored, "promote", "--why", "the second", **TWO)
    assert mirrored.packages() == {"1": "Rejected", "2": "Approved"}
    assert fake.aliases() == {"default": "2", "champion": "2"}

    command(mirrored, "rollback", "--why", "complaints")
    assert mirrored.packages() == {"1": "Approved", "2": "Rejected"}
    assert mirrored.package("1")["ApprovalDescription"] == "complaints"
    assert fake.aliases() == {"default": "1", "champion": "1"}

    project.edit("params.yaml", "promote: main", "promote: never")
    project.run("uv", "run", "python", "-c", CHALLENGE.format(package=project.package))
    assert mirrored.packages() == {"1": "Approved", "2": "PendingManualApproval"}
    assert fake.aliases() == {"default": "1", "champion": "1", "challenger": "2"}

    (versions,) = fake.models.values()
    versions[0]["labels"]["audit_entry"] = "f" * 63
    told = command(mirrored, "restore", check=False)
    assert "made so by entry ffffffffffff of audit.jsonl: `git pull` if another clone promoted it" in told
    assert "refused: vertex could not be written, see above; MLflow's registry is restored." in told
    assert len(versions) == len(mirrored.packages()) == 2


@pytest.mark.capability("Vertex AI Model Registry as a mirror", kind="static")
def test_the_place_of_vertex_is_one_that_google_names() -> None:
    assert "europe-west4" in DOCUMENT["endpoints"]
    assert DOCUMENT["endpoint"] == "https://{location}-aiplatform.googleapis.com/"
