"""What GitHub says of a workflow, in both formats, and what each cloud's module trusts: Terraform itself computes it.

The formats are those of GitHub's documentation, content/actions/reference/security/oidc.md, looked up on 2026-11-29.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.expected_files import CLOUDS
from support.platforms.terraform_runner import Terraform
from support.rendered_project import ROOT

pytestmark = pytest.mark.capability("workflow identities in both formats")

ROOTS = {cloud: next((ROOT / "template").glob(f"*/*terraform*/*{cloud}*")) for cloud in CLOUDS}
BOTH: dict[str, Any] = {
    "project_name": "octo-repo",
    "github_owner": "octo-org",
    "github_repository": "octo-repo",
    "environment": "production",
    "monthly_budget_usd": 10,
}
VALUES: dict[str, dict[str, Any]] = {
    "aws": BOTH | {"region": "eu-central-1", "state_bucket": "example-state", "budget_emails": []},
    "gcp": BOTH | {"gcp_project": "example-production", "region": "europe-west3"},
    "azure": BOTH
    | {"subscription_id": f"{0:08}-0000-0000-0000-{0:012}", "region": "westeurope", "budget_emails": ["a@example.com"]},
}
FORMATS: list[tuple[dict[str, int], str]] = [
    ({}, "repo:octo-org/octo-repo"),
    ({"github_owner_id": 123456, "github_repository_id": 1234567890}, "repo:octo-org@123456/octo-repo@1234567890"),
]
# Who takes a token for which purpose: workflow and job, as .github/workflows has them.
SUBJECTS = {
    "ci": {"pull_request", "ref:refs/heads/main", "environment:automation"},
    "retrain": {"ref:refs/heads/main", "environment:automation"},
    "push": {"ref:refs/heads/main"},
    "deliver": {"environment:production"},
}


@pytest.fixture(scope="module", params=CLOUDS)
def identities(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Terraform]:
    """The variables of a cloud and what it makes of them: no provider is needed."""
    if not shutil.which("terraform"):
        pytest.skip("needs terraform")
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("variables.tf", "github.tf"):
        shutil.copy(ROOTS[request.param] / name, folder)
    (folder / "output.tf").write_text('output "subjects" {\n  value = local.subjects\n}\n', encoding="utf-8")
    path = str(Path(shutil.which("terraform") or "").parent)
    module = Terraform(folder, {"PATH": path, "TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1"})
    module("init", "-input=false")
    return request.param, module


@pytest.mark.parametrize(("ids", "repository"), FORMATS)
def test_a_role_trusts_what_github_says(
    ids: dict[str, int], repository: str, identities: tuple[str, Terraform], tmp_path: Path
) -> None:
    cloud, module = identities
    (tmp_path / "values.tfvars.json").write_text(json.dumps(VALUES[cloud] | ids))
    module("plan", "-input=false", f"-var-file={tmp_path}/values.tfvars.json", f"-out={tmp_path}/plan")
    found = module.json("show", "-json", f"{tmp_path}/plan")["planned_values"]["outputs"]["subjects"]["value"]
    wanted = {who: {f"{repository}:{context}" for context in contexts} for who, contexts in SUBJECTS.items()}
    assert {purpose: set(subjects.values()) for purpose, subjects in found.items()} == wanted


def test_the_clouds_trust_the_same() -> None:
    assert len({(root / "github.tf").read_bytes() for root in ROOTS.values()}) == 1
    for root in ROOTS.values():
        roles = (root / "roles.tf").read_text(encoding="utf-8")
        assert "local.subjects" in roles
        assert "repo:${var" not in roles, "a subject that does not know the ids"


def test_an_environment_of_another_branch_gets_no_role() -> None:
    """GitHub makes an environment that a workflow names; AWS and Google compare the branch, Azure only the subject."""
    aws, gcp = ((ROOTS[cloud] / "roles.tf").read_text(encoding="utf-8") for cloud in ("aws", "gcp"))
    assert 'for_each = each.key == "ci" ? [] : ["refs/heads/main"]' in aws
    assert 'assertion.ref == \\"refs/heads/main\\" || assertion.sub.endsWith(\\":pull_request\\")' in gcp
