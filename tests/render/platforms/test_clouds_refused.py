"""Google Cloud's and Azure's variables: good values are taken, and each validation refuses in its own sentence."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.platforms.terraform_runner import Terraform, said
from support.rendered_project import ROOT

ID = "00000000-0000-0000-0000-000000000000"
BOTH: dict[str, Any] = {
    "project_name": "churn-model",
    "github_owner": "example-org",
    "github_repository": "churn-model",
    "environment": "production",
    "monthly_budget_usd": 10,
}
GOOD = {
    "gcp": BOTH | {"gcp_project": "example-production", "region": "europe-west3"},
    "azure": BOTH | {"subscription_id": ID, "region": "westeurope", "budget_emails": ["ada@example.com"]},
}
REFUSED_BY_BOTH: list[tuple[dict[str, Any], str]] = [
    ({"project_name": "Churn Model"}, "project_name must be lower-case words joined by hyphens"),
    ({"github_owner": "*"}, "github_owner must be the name of an organization or user on GitHub"),
    ({"github_repository": "*"}, "github_repository must be the name of one repository"),
    ({"github_owner_id": 0, "github_repository_id": 1}, "github_owner_id must be the number that"),
    ({"github_owner_id": 1, "github_repository_id": 1.5}, "github_repository_id must be the number that"),
    ({"github_owner_id": 1}, "github_repository_id needs github_owner_id"),
    ({"github_repository_id": 1}, "github_repository_id needs github_owner_id"),
    ({"environment": "test"}, "environment must be staging or production"),
    ({"region": "Frankfurt am Main"}, "region must be"),
    ({"people": {"intern": []}}, "people may have the roles viewer, data-scientist and ml-engineer only"),
    ({"people": {"viewer": ["allUsers"]}}, "people must be named"),
    ({"protected": False}, "protected must be true in production"),
    ({"prediction_days": 7}, "prediction_days must be from 30 to 3650"),
    ({"namespace": "My Models"}, "namespace must be a name of Kubernetes"),
    ({"retention_days": 1}, "retention_days must be from 30 to 3650"),
    ({"monthly_budget_usd": -1}, "monthly_budget_usd must not be negative"),
    ({"mlflow_enabled": True}, "mlflow_enabled needs mlflow_image"),
    ({"mlflow_image": "mlflow:latest"}, "mlflow_image must end with its digest"),
    ({"cluster_public_cidrs": ["0.0.0.0/0"]}, "cluster_public_cidrs must be IPv4 blocks, and not the whole internet"),
    ({"nodes": {"type": "x", "min": 0, "max": 1}}, "nodes needs 1 <= min <= max"),
    ({"spot_nodes": {"type": "x", "min": 2, "max": 1}}, "spot_nodes needs 0 <= min <= max"),
    ({"gpu_nodes": {"type": "x", "gpu": "x", "min": 2, "max": 1}}, "gpu_nodes needs 0 <= min <= max"),
    ({"endpoint_enabled": True}, "endpoint_enabled needs endpoint_image and endpoint_api_keys"),
    ({"endpoint_image": "ghcr.io/example-org/churn-model:1"}, "endpoint_image must be an image in"),
    ({"endpoint_api_keys": ["secret"]}, "endpoint_api_keys must be lines of `make key`"),
]
REFUSED = {
    "gcp": [
        *REFUSED_BY_BOTH,
        ({"source_buckets": ["gs://raw"]}, "source_buckets must be names of buckets"),
        ({"gcp_project": "x"}, "gcp_project must be the id of a project of Google Cloud"),
        ({"billing_account": "x"}, "billing_account must be an id such as"),
    ],
    "azure": [
        *REFUSED_BY_BOTH,
        ({"source_containers": ["raw"]}, "source_containers must be ids of containers"),
        ({"subscription_id": "x"}, "subscription_id must be the id of a subscription"),
        ({"budget_emails": []}, "budget_emails must be e-mail addresses, and with a budget at least one"),
        ({"budget_start": "2026-12-02T00:00:00Z"}, "budget_start must be the first of a month"),
        ({"database_password": "short"}, "database_password must have 20 characters or more"),
        ({"database_password_version": 0}, "database_password_version must be 1 or more"),
    ],
}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Terraform]:
    """The variables of each cloud alone: they are checked before any provider is asked."""
    if not shutil.which("terraform"):
        pytest.skip("needs terraform")
    found = {}
    for cloud in GOOD:
        folder = tmp_path_factory.mktemp(cloud)
        shutil.copy(source(cloud), folder)
        path = str(Path(shutil.which("terraform") or "").parent)
        found[cloud] = Terraform(folder, {"PATH": path, "TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1"})
        found[cloud]("init", "-input=false")
    return found


def source(cloud: str) -> Path:
    """Returns the variables of a cloud, as the template has them."""
    return next((ROOT / "template").glob(f"*/*terraform*/*{cloud}*/variables.tf"))


@pytest.mark.parametrize("cloud", GOOD)
def test_good_values_are_taken(cloud: str, variables: dict[str, Terraform], tmp_path: Path) -> None:
    (tmp_path / "good.tfvars.json").write_text(json.dumps(GOOD[cloud]))
    variables[cloud]("plan", "-input=false", f"-var-file={tmp_path}/good.tfvars.json")


@pytest.mark.parametrize("cloud", GOOD)
def test_every_sentence_is_heard(cloud: str) -> None:
    sentences = re.findall(r'error_message = "(.*)"$', source(cloud).read_text(encoding="utf-8"), re.M)
    assert not [text for text in sentences if not any(part in text for _, part in REFUSED[cloud])]


@pytest.mark.parametrize(
    ("cloud", "values", "sentence"), [(cloud, *row) for cloud, rows in REFUSED.items() for row in rows]
)
def test_a_bad_value_is_refused(
    cloud: str, values: dict[str, Any], sentence: str, variables: dict[str, Terraform], tmp_path: Path
) -> None:
    (tmp_path / "bad.tfvars.json").write_text(json.dumps(GOOD[cloud] | values))
    done = variables[cloud]("plan", "-input=false", f"-var-file={tmp_path}/bad.tfvars.json", check=False)
    assert done.returncode == 1
    assert sentence in said(done)
