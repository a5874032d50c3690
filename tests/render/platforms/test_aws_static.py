"""What is known of AWS's root module without making anything: its form, its variables, its own rules."""

import json
import re
import shutil
from pathlib import Path

import pytest
from release.template import Template
from support.platforms.terraform_runner import Terraform, said
from support.rendered_project import ROOT

pytestmark = pytest.mark.capability("Terraform for AWS", kind="static")
SOURCE = next((ROOT / "template").glob("*/*terraform*/*aws*"))
VARIABLES = dict(
    re.findall(r'^variable "(\w+)" {\n(.*?)^}', (SOURCE / "variables.tf").read_text(encoding="utf-8"), re.M | re.S)
)
GOOD = {
    "project_name": "churn-model",
    "github_owner": "example-org",
    "github_repository": "churn-model",
    "environment": "production",
    "region": "eu-central-1",
    "state_bucket": "example-state",
    "monthly_budget_usd": 10,
    "budget_emails": [],
}
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/service@sha256:" + "0" * 64
# Values that are refused, and the variable whose sentence says so.
REFUSED = [
    ({"project_name": "Churn Model"}, "project_name must be lower-case words joined by hyphens"),
    ({"project_name": "a" * 61}, "at most 60 characters"),
    ({"github_owner": "*"}, "github_owner must be the name of an organization or user on GitHub, without wildcards"),
    ({"github_repository": "*"}, "github_repository must be the name of one repository"),
    ({"github_owner_id": 0, "github_repository_id": 1}, "github_owner_id must be the number that"),
    ({"github_owner_id": 1, "github_repository_id": 1.5}, "github_repository_id must be the number that"),
    ({"github_owner_id": 1}, "github_repository_id needs github_owner_id"),
    ({"github_repository_id": 1}, "github_repository_id needs github_owner_id"),
    ({"environment": "test"}, "environment must be staging or production"),
    ({"region": "Frankfurt"}, "region must be a region of AWS"),
    ({"state_bucket": "s3://state"}, "state_bucket must be the name of a bucket"),
    (
        {"github_oidc_provider_arn": "arn:aws:iam::1:oidc-provider/example.com"},
        "github_oidc_provider_arn must end with",
    ),
    ({"source_buckets": ["s3://raw"]}, "source_buckets must be names of buckets"),
    ({"source_buckets": ["acme-*"]}, "source_buckets must be names of buckets"),
    ({"source_buckets": ["a" * 60] * 3}, "source_buckets and source_keys are too many"),
    ({"source_keys": ["arn:aws:kms:eu-central-1:123456789012:alias/raw"]}, "source_keys must be ARNs of keys"),
    ({"people": {"intern": []}}, "people may have the roles viewer, data-scientist and ml-engineer only"),
    ({"people": {"viewer": ["arn:aws:iam::123456789012:root"]}}, "whole accounts are refused"),
    ({"protected": False}, "protected must be true in production"),
    ({"audit_enabled": False}, "audit_enabled must be true in production"),
    ({"prediction_days": 7}, "prediction_days must be from 30 to 3650"),
    ({"retention_days": 30}, "retention_days must be a period that CloudWatch knows and at least a year"),
    ({"monthly_budget_usd": 0}, "monthly_budget_usd must be above 0 in production"),
    ({"budget_emails": ["nobody"]}, "budget_emails must be at most ten e-mail addresses"),
    ({"vpc_cidr": "10.0.0.0/24"}, "vpc_cidr must be an IPv4 block of size /16"),
    ({"zones": ["a", "a"]}, "zones must be two different letters"),
    ({"mlflow_enabled": True}, "mlflow_enabled needs mlflow_image, mlflow_certificate_arn and mlflow_domain"),
    ({"mlflow_image": "mlflow:latest"}, "mlflow_image must end with its digest"),
    ({"mlflow_certificate_arn": "cert.pem"}, "mlflow_certificate_arn must be the ARN of a certificate in ACM"),
    ({"mlflow_domain": "https://mlflow.example.com"}, "mlflow_domain must be a name of the DNS"),
    ({"mlflow_allowed_cidrs": ["0.0.0.0/0"]}, "mlflow_allowed_cidrs must be IPv4 blocks, and not the whole internet"),
    ({"database_class": "t4g"}, "database_class must be a class of RDS"),
    ({"kubernetes_version": "latest"}, "kubernetes_version must be a minor version"),
    ({"cluster_public_cidrs": ["0.0.0.0/0"]}, "cluster_public_cidrs must be IPv4 blocks, and not the whole internet"),
    ({"namespace": "My Models"}, "namespace must be a name of Kubernetes"),
    ({"nodes": {"types": ["t3.large"], "min": 0, "max": 1}}, "nodes needs types, and 1 <= min <= max"),
    ({"spot_nodes": {"types": ["t3.large"], "min": 0, "max": 1}}, "spot_nodes needs two types or more"),
    ({"gpu_nodes": {"types": [], "min": 0, "max": 1}}, "gpu_nodes needs types, and 0 <= min <= max"),
    (
        {"endpoint_enabled": True, "endpoint_api_keys": [f"a:predict:{'0' * 64}"]},
        "endpoint_enabled needs endpoint_image",
    ),
    ({"endpoint_image": "ghcr.io/example-org/churn-model:1"}, "endpoint_image must be an image in ECR by its digest"),
    ({"endpoint_memory_mb": 64}, "endpoint_memory_mb must be from 256 to 10240"),
    ({"endpoint_api_keys": ["secret"]}, "endpoint_api_keys must be lines of `make key`"),
    ({"endpoint_enabled": True, "endpoint_image": IMAGE}, "with endpoint_enabled at least one"),
]


@pytest.fixture(scope="module")
def variables(terraform_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """The variables alone: they are checked before any provider is asked."""
    folder = tmp_path_factory.mktemp("variables")
    shutil.copy(SOURCE / "variables.tf", folder)
    terraform = Terraform(folder, terraform_environment)
    terraform("init", "-input=false")
    return terraform


def test_every_variable_is_described_typed_and_validated() -> None:
    assert len(VARIABLES) > 25
    for name, body in VARIABLES.items():
        assert re.search(r'^  description = "[A-Z].*\."$', body, re.M), name
        assert re.search(r"^  type +=", body, re.M), name
        assert "validation {" in body or re.search(r"^  type += bool$", body, re.M), name


def test_every_validation_is_fed_what_it_refuses() -> None:
    sentences = re.findall(r'error_message = "(.*)"$', "".join(VARIABLES.values()), re.M)
    assert not [text for text in sentences if not any(part in text for _, part in REFUSED)]


def test_good_values_are_taken(variables: Terraform, tmp_path: Path) -> None:
    (tmp_path / "good.tfvars.json").write_text(json.dumps(GOOD))
    variables("plan", "-input=false", f"-var-file={tmp_path}/good.tfvars.json")


@pytest.mark.parametrize(("values", "sentence"), REFUSED, ids=[sentence[:30] for _, sentence in REFUSED])
def test_a_bad_value_is_refused(values: dict[str, object], sentence: str, variables: Terraform, tmp_path: Path) -> None:
    (tmp_path / "bad.tfvars.json").write_text(json.dumps(GOOD | values))
    done = variables("plan", "-input=false", f"-var-file={tmp_path}/bad.tfvars.json", check=False)
    assert done.returncode == 1
    assert sentence in said(done)


def test_it_is_formatted(aws: Terraform) -> None:
    aws("fmt", "-check", "-diff", "-recursive")


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_values_of_each_environment_are_taken(environment: str, variables: Terraform, aws: Terraform) -> None:
    files = [f"-var-file={aws.path}/{name}" for name in ("project.auto.tfvars", f"{environment}.tfvars")]
    variables("plan", "-input=false", *files)


@pytest.mark.parametrize("name", ["churn-model", "a" * 60])
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_people_have_their_rights_where_the_service_is(
    name: str, environment: str, in_memory: Template, variables: Terraform, tmp_path: Path
) -> None:
    """The namespace is written twice, in Terraform and in the manifests."""
    manifests = in_memory.rendering({"project_name": name, "maturity": "advanced", "cloud": "aws"})
    namespaces = re.findall(r"^  name: (\S+)$", manifests.text("deploy/k8s/cluster/namespaces.yaml"), re.M)
    (expression,) = re.findall(r"^  namespace = (.+)$", (SOURCE / "names.tf").read_text(encoding="utf-8"), re.M)
    module = variables.copy(tmp_path / "names")
    (module.path / "output.tf").write_text(f'output "namespace" {{\n  value = {expression}\n}}\n', encoding="utf-8")
    values = GOOD | {"project_name": name, "environment": environment}
    (tmp_path / "values.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    module("plan", "-input=false", f"-var-file={tmp_path}/values.tfvars.json", f"-out={tmp_path}/plan")
    planned = module.json("show", "-json", f"{tmp_path}/plan")["planned_values"]["outputs"]["namespace"]["value"]
    assert planned == namespaces[["staging", "production"].index(environment)]
    assert "namespaces = [local.namespace]" in (SOURCE / "access.tf").read_text(encoding="utf-8")


@pytest.mark.e2e
def test_its_own_rules_hold_and_bite(aws: Terraform, tmp_path: Path) -> None:
    root = aws.copy(tmp_path / "aws")
    root("init", "-backend=false", "-input=false")
    root("validate")
    assert "4 passed, 0 failed" in root("test").stdout
    for name, good, bad in (
        ("storage.tf", 'status = "Enabled"\n  }\n}', 'status = "Suspended"\n  }\n}'),
        ("database.tf", "publicly_accessible                 = false", "publicly_accessible                 = true"),
        ("database.tf", 'name  = "rds.force_ssl"\n    value = "1"', 'name  = "rds.force_ssl"\n    value = "0"'),
    ):
        text = (root.path / name).read_text(encoding="utf-8")
        assert good in text
        (root.path / name).write_text(text.replace(good, bad), encoding="utf-8")
    broken = root("test", check=False)
    assert broken.returncode == 1
    assert "A bucket is not versioned." in said(broken)
    assert "MLflow's database must be encrypted and private." in said(broken)
    assert "MLflow's database must take TLS only." in said(broken)
