"""Roles of Google Cloud and Azure, both ways: each has what its job needs, and nothing else."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.platforms.cloud_grants import grants
from support.rendered_project import ROOT

pytestmark = pytest.mark.capability("roles of Google Cloud and Azure, enough and no more", kind="static")

ACCOUNT = "/subscriptions/0/resourceGroups/raw/providers/Microsoft.Storage/storageAccounts/raw"
SOURCE = f"{ACCOUNT}/blobServices/default/containers/raw"
BOTH: dict[str, Any] = {
    "project_name": "churn-model",
    "github_owner": "example-org",
    "github_repository": "churn-model",
    "environment": "staging",
    "monthly_budget_usd": 10,
}
ID = "00000000-0000-0000-0000-00000000000"
VALUES = {
    "gcp": BOTH
    | {
        "gcp_project": "example-staging",
        "region": "europe-west3",
        "source_buckets": ["example-raw-data"],
        "people": {role: [f"user:{role}@example.com"] for role in ("viewer", "data-scientist", "ml-engineer")},
    },
    "azure": BOTH
    | {
        "subscription_id": f"{ID}0",
        "region": "westeurope",
        "budget_emails": ["ada@example.com"],
        "source_containers": [SOURCE],
        "people": {role: [f"{ID}{i}"] for i, role in enumerate(("viewer", "data-scientist", "ml-engineer"), 1)},
    },
}
PEOPLE = {id_: role for people in (VALUES[cloud]["people"] for cloud in VALUES) for role, (id_,) in people.items()}
SIGNER = "attribute.signer/example-org/churn-model/.github/workflows/"


@pytest.fixture(scope="module", params=VALUES)
def granted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[dict[str, str]]]:
    """The cloud, and all that it grants."""
    terraform = shutil.which("terraform")
    if not terraform:
        pytest.skip("needs terraform")
    environment = {"PATH": str(Path(terraform).parent), "TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1"}
    root = next((ROOT / "template").glob(f"*/*terraform*/*{request.param}*"))
    return request.param, grants(root, tmp_path_factory.mktemp("grants"), environment, VALUES[request.param])


def who(member: str) -> str:
    """Returns a workflow or a person by its name in the table."""
    return PEOPLE.get(member) or member.partition("[")[2].removesuffix("]")


def test_each_has_what_its_job_needs_and_nothing_else(granted: tuple[str, list[dict[str, str]]]) -> None:
    cloud, found = granted
    table = yaml.safe_load((ROOT / f"tests/data/rights/{cloud}.yaml").read_text(encoding="utf-8"))
    rights: dict[str, set[str]] = {}
    for grant in found:
        if grant["what"] != "roles/iam.workloadIdentityUser":
            where = grant["where"].replace(SOURCE, "SOURCE")
            rights.setdefault(who(grant["who"]), set()).add(f"{grant['what']} on {where}")
    assert rights == {name: set(rows) for name, rows in table.items()}


def test_who_pushes_on_google_is_the_signer(granted: tuple[str, list[dict[str, str]]]) -> None:
    cloud, found = granted
    impersonations = [grant for grant in found if grant["what"] == "roles/iam.workloadIdentityUser"]
    assert bool(impersonations) == (cloud == "gcp")
    for grant in impersonations:
        assert ("[push]" in grant["where"]) == (SIGNER in grant["who"]), grant
        assert "*" not in grant["who"]
    roles = (next((ROOT / "template").glob("*/*terraform*/*gcp*/roles.tf"))).read_text(encoding="utf-8")
    assert 'assertion.ref == \\"refs/heads/main\\" ? assertion.job_workflow_ref : \\"none\\"' in roles
