"""CloudFormation's template for AWS: linted, its parameters fed what they refuse, a stack made and deleted by moto."""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import ManualArgs, lint
from moto.kms import kms_backends
from release.template import Template
from support.platforms import cloudformation_stack as stacks
from support.platforms import iam_policies as policies
from support.platforms.iam_simulator import ACCOUNT, REGION
from support.platforms.terraform_runner import Terraform
from support.rendered_project import ROOT

CLOUDFORMATION = {"maturity": "intermediate", "cloud": "aws", "iac": "cloudformation"}
TEXT = stacks.SOURCE.read_text(encoding="utf-8")
TEMPLATE: dict[str, Any] = yaml.safe_load(TEXT)
HOLDS_DATA = {"AWS::KMS::Key", "AWS::S3::Bucket", "AWS::ECR::Repository"}
PEOPLE = "must be ARNs of roles or users"
# Values that are refused, and the beginning of what CloudFormation then says of the parameter.
REFUSED = [
    ("Project", "Churn Model", "must be lower-case words joined by hyphens"),
    ("Project", "a" * 61, "must be lower-case words joined by hyphens, at most 60"),
    ("Name", "churn_model", "must be lower-case words joined by hyphens"),
    ("Name", "a" * 23, "must be lower-case words joined by hyphens, at most 22"),
    ("Environment", "test", "must be staging or production"),
    ("Owner", "*", "must be the name of an organization or user on GitHub, without wildcards"),
    ("Repository", "*", "must be the name of one repository"),
    ("OwnerId", "0", "must be the number that gh api repos/OWNER/NAME --jq .owner.id shows"),
    ("RepositoryId", "1.5", "must be the number that gh api repos/OWNER/NAME --jq .id shows"),
    ("GithubOidcProviderArn", "arn:aws:iam::123456789012:oidc-provider/example.com", "must be an ARN that ends with"),
    ("SourceArns", "s3://raw", "must be ARNs of buckets"),
    ("SourceArns", "arn:aws:s3:::raw,arn:aws:s3:::*", "must be ARNs of buckets"),
    ("SourceArns", "arn:aws:kms:eu-central-1:123456789012:alias/raw", "must be ARNs of buckets"),
    ("Viewers", "arn:aws:iam::123456789012:root", PEOPLE),
    ("DataScientists", "*", PEOPLE),
    ("MlEngineers", "arn:aws:iam::123456789012:role/a,arn:aws:iam::123456789012:root", PEOPLE),
    ("RetentionDays", "30", "must be from 365 to 3653"),
    ("PredictionDays", "7", "must be from 30 to 3650"),
]


def refusal(name: str, value: str) -> str:
    """Returns what CloudFormation says of a value, as its guide describes parameters: a list by each of its values."""
    spec = TEMPLATE["Parameters"][name]
    each = value.split(",") if spec["Type"] == "CommaDelimitedList" else [value]
    good = all(re.fullmatch(spec.get("AllowedPattern", "(?s).*"), one) for one in each)
    good &= len(value) <= spec.get("MaxLength", 4096) and value in spec.get("AllowedValues", [value])
    if spec["Type"] == "Number":
        good &= spec["MinValue"] <= float(value) <= spec["MaxValue"]
    return "" if good else spec["ConstraintDescription"]


@pytest.fixture
def stack() -> Iterator[stacks.Stack]:
    """A stack with everything on."""
    with stacks.created(TEMPLATE, stacks.VALUES) as made:
        yield made


@pytest.mark.capability("CloudFormation for AWS", kind="static")
def test_the_linter_finds_nothing_and_finds_a_misspelt_property() -> None:
    one = ManualArgs(regions=["eu-central-1"])  # the schemas of each further region take as long again
    assert [str(match) for match in lint(TEXT, config=one)] == []
    found = lint(TEXT.replace("EnableKeyRotation: true", "EnableKeyRotations: true"), config=one)
    assert "E3002" in {match.rule.id for match in found}
    assert len(TEXT.encode()) < 51_200, "AWS takes no longer text of a template"


@pytest.mark.capability("CloudFormation for AWS", kind="static")
def test_every_parameter_is_described_and_limited_and_refuses_something() -> None:
    for name, spec in TEMPLATE["Parameters"].items():
        assert re.fullmatch(r"[A-Z].*\.", spec["Description"]), name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & spec.keys(), name
        assert spec["ConstraintDescription"].endswith("."), name
        assert refusal(name, str(spec.get("Default", stacks.VALUES.get(name)))) == "", name
    assert {name for name, *_ in REFUSED} == set(TEMPLATE["Parameters"])


@pytest.mark.capability("CloudFormation for AWS", kind="static")
@pytest.mark.parametrize(("name", "value", "sentence"), REFUSED)
def test_a_bad_value_is_refused(name: str, value: str, sentence: str) -> None:
    assert refusal(name, value).startswith(sentence)
    assert refusal(name, stacks.VALUES.get(name, "400")) == ""


@pytest.mark.capability("CloudFormation for AWS", kind="static")
@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("name", ["churn-model", "a-model-with-a-name-that-is-too-long"])
def test_the_values_of_each_environment_are_taken(environment: str, name: str, in_memory: Template) -> None:
    project = in_memory.rendering(CLOUDFORMATION | {"project_name": name})
    rows = json.loads(project.text(f"deploy/cloudformation/{environment}.json"))
    values = {row["ParameterKey"]: row["ParameterValue"] for row in rows}
    needed = {key for key, spec in TEMPLATE["Parameters"].items() if "Default" not in spec}
    assert needed <= set(values) <= set(TEMPLATE["Parameters"])
    assert {key: said for key, value in values.items() if (said := refusal(key, value))} == {}
    assert (values["Project"], values["Repository"], values["Environment"]) == (name, name, environment)


@pytest.mark.capability("CloudFormation for AWS", kind="static")
@pytest.mark.parametrize("name", ["a" * 22, "a" * 23, "churn-of-models-x-of-others", "a-b-c-d-e-f-g-h-i-j-k-l"])
def test_its_names_are_those_of_terraform(
    name: str, in_memory: Template, terraform_environment: dict[str, str], tmp_path: Path
) -> None:
    names = next((ROOT / "template").glob("*/*terraform*/*aws*/names.tf")).read_text(encoding="utf-8")
    lines = re.findall(r"^  (?:long|project) += .*", names, re.M)
    text = f'variable "project_name" {{}}\nlocals {{\n{chr(10).join(lines)}\n}}\n'
    (tmp_path / "main.tf").write_text(text + 'output "name" {\n  value = local.project\n}\n', encoding="utf-8")
    module = Terraform(tmp_path, terraform_environment)
    module("plan", "-input=false", f"-var=project_name={name}", "-out=plan")
    planned = module.json("show", "-json", "plan")["planned_values"]["outputs"]["name"]["value"]
    rows = json.loads(
        in_memory.rendering(CLOUDFORMATION | {"project_name": name}).text("deploy/cloudformation/staging.json")
    )
    assert {row["ParameterKey"]: row["ParameterValue"] for row in rows}["Name"] == planned


@pytest.mark.capability("CloudFormation for AWS")
def test_a_stack_is_made_and_keeps_the_rules_of_terraform(stack: stacks.Stack) -> None:
    assert stack.described["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert set(stack.outputs) == set(TEMPLATE["Outputs"])
    assert policies.broken(stack.state, "example-org/churn-model") == []
    assert len(policies.broken(stack.state, "example-org/other")) == 4
    for path, value, sentence in (
        (["DvcBucket", "Properties", "VersioningConfiguration", "Status"], "Suspended", "is not versioned"),
        (["DvcBucket", "Properties", "PublicAccessBlockConfiguration", "BlockPublicAcls"], False, "may become public"),
        (["MlflowPolicy", "Properties", "PolicyDocument", "Statement"], [], "takes what comes without TLS"),
        (["DataKey", "Properties", "EnableKeyRotation"], False, "is not rotated"),
    ):
        worse = copy.deepcopy(TEMPLATE)
        at = worse["Resources"]
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value
        said = policies.broken(stacks.Stack(stack.name, worse).state, "example-org/churn-model")
        assert any(sentence in one for one in said), sentence


@pytest.mark.capability("CloudFormation for AWS")
@pytest.mark.parametrize(
    ("ids", "holds"), [({}, True), ({"OwnerId": "1", "RepositoryId": "2"}, True), ({"OwnerId": "1"}, False)]
)
def test_both_ids_are_given_or_neither(ids: dict[str, str], holds: bool) -> None:
    """The subject is that of GitHub's other format, then: test_oidc_subjects.py has both."""
    (assertion,) = TEMPLATE["Rules"]["BothIds"]["Assertions"]
    with stacks.created(TEMPLATE, stacks.VALUES | ids) as made:
        assert made.holds(assertion["Assert"]) is holds
        if "RepositoryId" in ids:
            trust = {role["name"]: role["assume_role_policy"] for role in made.state["aws_iam_role"]}
            assert '"repo:example-org@1/churn-model@2:pull_request"' in trust["churn-model-staging-ci"]
            assert '"repo:example-org@1/churn-model@2:environment:staging"' in trust["churn-model-staging-deliver"]
            assert not [name for name, text in trust.items() if "repo:example-org/" in text]


@pytest.mark.capability("CloudFormation for AWS")
def test_a_role_without_people_is_not_made() -> None:
    nobody = {"Viewers": "", "DataScientists": "", "MlEngineers": ""}
    with stacks.created(TEMPLATE, stacks.VALUES | nobody) as made:
        names = {role["name"].removeprefix("churn-model-staging-") for role in made.state["aws_iam_role"]}
        assert names == {"ci", "retrain", "push", "deliver"}
        assert "ViewerRole" not in made.outputs


@pytest.mark.capability("CloudFormation for AWS")
def test_deleted_it_keeps_what_holds_data() -> None:
    for name, resource in TEMPLATE["Resources"].items():
        kept = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
        assert kept == {"Retain"} or resource["Type"] not in HOLDS_DATA, name
    with stacks.created(TEMPLATE, stacks.VALUES) as made:
        stacks.client("s3").put_object(Bucket="churn-model-staging-dvc-123456789012", Key="dvc/1", Body=b"data")
        made.delete()
        assert stacks.client("cloudformation").describe_stacks()["Stacks"] == []
        assert len(stacks.client("s3").list_buckets()["Buckets"]) == 4
        assert stacks.client("s3").get_object(Bucket="churn-model-staging-dvc-123456789012", Key="dvc/1")
        assert [key.key_state for key in kms_backends[ACCOUNT][REGION].keys.values()] == ["Enabled"]
        assert len(stacks.client("ecr").describe_repositories()["repositories"]) == 2
        assert stacks.client("iam").list_roles()["Roles"] == []


@pytest.mark.capability("CloudFormation for AWS", kind="static")
def test_connect_writes_as_that_of_terraform_does() -> None:
    """The command has two forms, one for each; what both do to a project is the same text."""
    commands = sorted((ROOT / "template/src/{{package_name}}/commands").glob("*on_iac*connect.py*"))
    shared = {
        re.findall(r"^def _dvc.*?(?=^def main)", path.read_text(encoding="utf-8"), re.M | re.S)[0] for path in commands
    }
    assert len(commands) == 2
    assert len(shared) == 1


@pytest.mark.capability("CloudFormation for AWS")
def test_the_projects_own_tests_of_its_outputs_pass(files_of: Callable[..., Path]) -> None:
    project = files_of(**CLOUDFORMATION)
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/mlops/test_connect.py"]
    lint = [sys.executable, "-m", "ruff", "check", "src/churn_model/commands", "tests/mlops/test_connect.py"]
    for command in (tests, lint, [*lint[:3], "format", "--check", *lint[4:]]):
        alone = os.environ | {"PYTHONPATH": "src", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(command, cwd=project, env=alone, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_project_has_one_of_both(files_of: Callable[..., Path]) -> None:
    project = files_of(**CLOUDFORMATION)
    assert not (project / "deploy/terraform").exists()
    assert "terraform" not in (project / "mk/cloud.mk").read_text(encoding="utf-8").lower()
    assert "cloud-cost" not in (project / "README.md").read_text(encoding="utf-8")
