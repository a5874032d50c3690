"""AWS's root module from the first `init` to `destroy`, with the real provider; moto stands in for AWS.

It is applied once for all tests of this file, which takes a while; the last one destroys it.
"""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from support.platforms import cloudformation_stack as stacks
from support.platforms import iam_policies as policies
from support.platforms import iam_simulator as iam
from support.platforms import policy_agreement as agreement
from support.platforms.terraform_runner import Terraform
from support.rendered_project import ROOT, Project
from support.services import postgresql
from support.services.containers import Podman, named
from support.services.rotated_password import Rotation
from support.services.servers import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("aws")]

DIGEST = "@sha256:" + "0" * 64
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
# Everything that costs; a budget is what the server can't do.
VALUES = {
    "state_bucket": "example-state",
    "people": {role: ["arn:aws:iam::123456789012:role/staff"] for role in ("viewer", "data-scientist", "ml-engineer")},
    "terraform_workflow": True,
    "source_buckets": ["example-raw-data"],
    "source_keys": ["arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"],
    "monthly_budget_usd": 0,
    "mlflow_enabled": True,
    "mlflow_image": f"{REGISTRY}/mlflow{DIGEST}",
    "mlflow_domain": "mlflow.example.com",
    "cluster_enabled": True,
    "gpu_nodes": {"types": ["g5.xlarge"], "min": 0, "max": 1},
    "endpoint_enabled": True,
    "endpoint_image": f"{REGISTRY}/service{DIGEST}",
    "endpoint_api_keys": [f"shop:predict:{'0' * 64}"],
}


def client(service: str, cloud: dict[str, str]) -> Any:
    """Returns a client of the server."""
    return boto3.client(
        service,
        endpoint_url=cloud["AWS_ENDPOINT_URL"],
        region_name=cloud["AWS_DEFAULT_REGION"],
        aws_access_key_id=cloud["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=cloud["AWS_SECRET_ACCESS_KEY"],
    )


FILES = ["-var-file=staging.tfvars", "-var-file=test.tfvars.json", "-parallelism=30"]


RIGHTS = {
    kind: yaml.safe_load((ROOT / f"tests/data/rights/{name}.yaml").read_text(encoding="utf-8"))
    for kind, name in {"calls": "aws", "tokens": "github"}.items()
}


@pytest.fixture(scope="module")
def project(
    new_project: Callable[..., Project], terraform_environment: dict[str, str], cloud: dict[str, str]
) -> Project:
    """A small project with AWS, which knows Terraform and the server."""
    answers = {"maturity": "custom", "serving": True, "monitoring": False, "kubernetes": False, "cloud": "aws"}
    return new_project(terraform_environment | cloud, **answers)


@pytest.fixture(scope="module")
def root(project: Project, cloud: dict[str, str]) -> Terraform:
    """The root module, applied with everything on."""
    return applied(project, cloud)


@pytest.fixture(scope="module")
def made(root: Terraform) -> policies.State:
    """What it made."""
    return policies.resources(root.json("show", "-json"))


@pytest.fixture(scope="module")
def roles(made: policies.State, cloud: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> iam.Roles:
    """Its roles, with the policies of AWS that are attached to them."""
    server, managed = client("iam", cloud), {}
    for arn in {one["policy_arn"] for one in made["aws_iam_role_policy_attachment"]}:
        version = server.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        managed[arn] = server.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return iam.Roles(made, managed, iam.installed(tmp_path_factory.mktemp("npm")))


@pytest.mark.capability("roles of AWS, enough and no more")
def test_each_role_may_do_its_job_and_no_more(roles: iam.Roles) -> None:
    table = RIGHTS["calls"]
    assert roles.names == set(table), "a role without a line in tests/data/rights/aws.yaml, or a line without a role"
    wrong = []
    for role, rights in table.items():
        for kind, expected in (("may", {"Allowed"}), ("must not", {"ImplicitlyDenied", "ExplicitlyDenied"})):
            answers = zip(rights[kind], roles.calls(role, rights[kind]), strict=True)
            wrong += [f"{role} {kind}: {call}: {said}" for call, said in answers if said not in expected]
    assert not wrong, "\n".join(wrong)


@pytest.mark.capability("roles of AWS, enough and no more")
def test_only_the_tokens_of_its_workflows_take_on_a_role(roles: iam.Roles) -> None:
    table = RIGHTS["tokens"]
    assert set(table) == {"ci", "retrain", "push", "deliver", "terraform"}
    wrong = []
    for role, rights in table.items():
        tokens = [(token, "Allowed") for token in rights["may"]] + [(token, None) for token in rights["must not"]]
        answers = roles.tokens(role, [token for token, _ in tokens])
        wrong += [
            f"{role}: {token}: {said}"
            for (token, expected), said in zip(tokens, answers, strict=True)
            if (said == "Allowed") != (expected == "Allowed")
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.capability("CloudFormation for AWS")
def test_the_roles_of_a_stack_agree_with_those_of_terraform(roles: iam.Roles, made: policies.State) -> None:
    """By the same table of calls and tokens, and word by word; the stack's boundary is a part of Terraform's."""
    with stacks.created(yaml.safe_load(stacks.SOURCE.read_text(encoding="utf-8")), stacks.VALUES) as stack:
        own = stack.state
    beside = {kind: made[kind] for kind in ("aws_db_instance", "aws_secretsmanager_secret")}  # what they must not reach
    beside["aws_kms_key"] = own["aws_kms_key"] + [key for key in made["aws_kms_key"] if '"data"' not in key["address"]]
    managed = {one["arn"]: json.loads(one["policy"]) for one in own["aws_iam_policy"]}
    mine = iam.Roles(own | beside, managed, roles.folder)
    assert mine.names == {"ci", "retrain", "push", "deliver", "viewer", "data-scientist", "ml-engineer"}
    wrong = []
    for role in sorted(mine.names):
        may, must_not = (RIGHTS["calls"][role][kind] for kind in ("may", "must not"))
        answers = zip([*may, *must_not], mine.calls(role, [*may, *must_not]), strict=True)
        wrong += [f"{role}: {call}: {said}" for call, said in answers if (said == "Allowed") != (call in may)]
        if role in RIGHTS["tokens"]:
            tokens = [token for kind in ("may", "must not") for token in RIGHTS["tokens"][role][kind]]
            wrong += [f"{role}: tokens"] if mine.tokens(role, tokens) != roles.tokens(role, tokens) else []
        assert agreement.rights(mine, role) == agreement.rights(roles, role), role
        assert agreement.trusted(mine, role) == agreement.trusted(roles, role), role
        assert agreement.beyond(mine, roles, role) == [], role
    assert not wrong, "\n".join(wrong)


@pytest.mark.capability("CloudFormation for AWS")
def test_a_project_is_connected_to_a_stack(project: Project, files_of: Callable[..., Path], tmp_path: Path) -> None:
    """`make connect` runs AWS's command, in place of which a script says what moto said of the stack."""
    other = {"maturity": "custom", "serving": True, "monitoring": True, "kubernetes": False, "cloud": "aws"}
    path = files_of(**other, iac="cloudformation")
    with stacks.created(yaml.safe_load(stacks.SOURCE.read_text(encoding="utf-8")), stacks.VALUES) as stack:
        outputs = stack.outputs
        (tmp_path / "said.json").write_text(json.dumps(stack.described), encoding="utf-8")
    (tmp_path / "aws").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/said.json\n')
    (tmp_path / "aws").chmod(0o755)
    before = {"PATH": f"{tmp_path}:{project.environment['PATH']}", "PYTHONPATH": f"{path}/src"}
    stacked = Project(path, project.environment | before)
    python = f"{project.environment['UV_PROJECT_ENVIRONMENT']}/bin/python"
    stacked.run("git", "init", "--quiet")
    arguments = ("--stack", "churn-model-staging", "--write", f"{tmp_path}/outputs.json")
    stacked.run(python, "-m", "churn_model.commands.connect", *arguments)
    assert (tmp_path / "asked").read_text().split()[:4] == [
        "cloudformation",
        "describe-stacks",
        "--stack-name",
        "churn-model-staging",
    ]
    remote = stacked.read(".dvc/config")
    assert f"url = {outputs['DvcRemote']}" in remote
    assert f"sse_kms_key_id = {outputs['DataKey']}" in remote
    assert stacked.read(".env") == f"AWS_DEFAULT_REGION=eu-central-1\nMONITOR_PREDICTIONS={outputs['Predictions']}\n"
    script = (
        "import json, pathlib, sys; from churn_model.mlops.github import settings, workflows; "
        "print(json.dumps(settings.of_terraform(pathlib.Path(sys.argv[1]), workflows.read())))"
    )
    given = json.loads(stacked.run(python, "-c", script, f"{tmp_path}/outputs.json").stdout)
    assert given["AWS_ROLE_CI"] == outputs["CiRole"]
    assert given["PREDICTIONS"] == outputs["Predictions"]
    assert given["AWS_DEFAULT_REGION"] == "eu-central-1"


@pytest.mark.capability("Terraform for AWS")
def test_its_policies_are_as_short_as_aws_wants(made: policies.State) -> None:
    """With the longest names, and as many foreign buckets as the variables allow; AWS does not count white space."""
    longest = {
        "churn-model-staging": 33,
        "churn-model": 60,
        "example-state": 63,
        "eu-central-1": 14,
        "example-raw-data": 94,
    }
    for kind, most in (("aws_iam_policy", 6144), ("aws_iam_role_policy", 10240)):
        for policy in made[kind]:
            text = "".join(policy["policy"].split())
            for name, length in longest.items():
                text = text.replace(name, "x" * length)
            assert len(text) <= most, policy["address"]


@pytest.mark.capability("Terraform for AWS")
def test_a_second_plan_changes_nothing_and_the_rules_hold(
    root: Terraform, made: policies.State, cloud: dict[str, str]
) -> None:
    again = root("plan", "-input=false", "-no-color", "-detailed-exitcode", *FILES, check=False)
    assert again.returncode == 0, again.stdout.partition("execution plan")[2][:6000] + again.stderr
    the_state_is_in_the_bucket_and_locked(root, cloud)
    the_rules_hold_and_bite(made)


@pytest.mark.capability("Terraform for AWS")
def test_the_project_is_connected_and_its_data_encrypted(
    project: Project, root: Terraform, cloud: dict[str, str], tmp_path: Path
) -> None:
    connected(project, root)
    data_and_artifacts_land_encrypted(project, root, cloud, tmp_path)


@pytest.mark.capability("MLflow's server on Fargate")
def test_mlflow_starts_as_its_task_says_and_survives_a_rotation(
    project: Project, made: policies.State, cloud: dict[str, str], podman: Podman, base_image: str, tmp_path: Path
) -> None:
    """After the bucket's policy is gone, see above: an artifact goes through the server's temporary folder."""
    recipe = project.path / "deploy/terraform/mlflow/Dockerfile"
    assert base_image in named(recipe.read_text(encoding="utf-8"))
    options = ["--network", "host", "--format", "docker", "--tag", "mlflow", "--file", str(recipe)]
    podman("build", *options, str(project.path))
    with postgresql.running() as database:
        life = Rotation(podman, made, cloud, database)
        database.sql(f"CREATE ROLE mlflow LOGIN PASSWORD '{life.passwords[0]}'")
        database.sql("CREATE DATABASE mlflow OWNER mlflow")
        with life.task(tmp_path / "first", life.passwords[0]) as task:
            life.serves(task)
            assert task.unhealthy() == ""
            database.sql(f"ALTER ROLE mlflow PASSWORD '{life.passwords[1]}'")
            said = task.unhealthy()
            assert "password authentication failed" in said
            assert life.passwords[0] not in said
        with life.task(tmp_path / "second", life.passwords[1]) as task:  # what ECS does then
            life.serves(task)
            assert task.unhealthy() == ""


@pytest.mark.capability("Terraform for AWS")
def test_it_can_be_destroyed(root: Terraform) -> None:
    root("destroy", "-input=false", "-auto-approve", *FILES)
    assert root("state", "list").stdout == ""


def applied(project: Project, cloud: dict[str, str]) -> Terraform:
    """Applies the root module with everything on, its state in a bucket."""
    root = Terraform(project.path / "deploy/terraform/aws", project.environment)
    place = {"LocationConstraint": cloud["AWS_DEFAULT_REGION"]}
    client("s3", cloud).create_bucket(Bucket="example-state", CreateBucketConfiguration=place)
    certificate = client("acm", cloud).request_certificate(DomainName="mlflow.example.com")["CertificateArn"]
    values = VALUES | {"mlflow_certificate_arn": certificate}
    shutil.copy(ROOT / "tests/data/forgotten.tf", root.path / "forgotten_override.tf")
    (root.path / "test.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    root("init", "-input=false", "-backend-config=staging.s3.tfbackend", "-backend-config=bucket=example-state")
    root("apply", "-input=false", "-auto-approve", *FILES)
    return root


def the_state_is_in_the_bucket_and_locked(root: Terraform, cloud: dict[str, str]) -> None:
    s3, key = client("s3", cloud), "churn-model/staging/terraform.tfstate"
    assert s3.head_object(Bucket="example-state", Key=key)
    s3.put_object(Bucket="example-state", Key=f"{key}.tflock", Body=b'{"ID": "somebody"}')
    done = root("plan", "-input=false", *FILES, check=False)
    s3.delete_object(Bucket="example-state", Key=f"{key}.tflock")
    assert done.returncode == 1
    assert "Error acquiring the state lock" in done.stderr


def the_rules_hold_and_bite(state: policies.State) -> None:
    assert policies.broken(state, "example-org/churn-model") == []
    assert len(policies.broken(state, "example-org/other")) == 5
    for kind, attribute, value, sentence in (
        ("aws_s3_bucket_versioning", "versioning_configuration", [{"status": "Suspended"}], "is not versioned"),
        ("aws_s3_bucket_public_access_block", "restrict_public_buckets", False, "may become public"),
        ("aws_s3_bucket_policy", "policy", '{"Statement": []}', "takes what comes without TLS"),
        ("aws_s3_bucket_server_side_encryption_configuration", "rule", [], "is not encrypted"),
        ("aws_kms_key", "enable_key_rotation", False, "is not rotated"),
        ("aws_db_instance", "storage_encrypted", False, "is not encrypted"),
        ("aws_db_instance", "publicly_accessible", True, "is public"),
        ("aws_iam_role_policy", "policy", GREEDY, "may do everything"),
        (
            "aws_iam_role_policy",
            "policy",
            GREEDY.replace('"*"', '"s3:PutObject"', 1),
            "may do s3:PutObject to everything",
        ),
        ("aws_iam_role", "permissions_boundary", "", "has no boundary"),
    ):
        worse = copy.deepcopy(state)
        worse[kind][0][attribute] = value
        assert any(sentence in said for said in policies.broken(worse, "example-org/churn-model")), sentence


GREEDY = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


def connected(project: Project, root: Terraform) -> None:
    """`make connect` sets DVC and MLflow, keeps what was there, and may be repeated."""
    outputs = {name: output["value"] for name, output in root.json("output", "-json").items()}
    (project.path / ".env").write_text("MINE=1\nexport MLFLOW_TRACKING_URI=http://old\n", encoding="utf-8")
    (project.path / ".env").chmod(0o600)
    project.make("connect")
    remote = project.read(".dvc/config")
    assert f"url = {outputs['dvc_remote']['url']}" in remote
    assert f"sse_kms_key_id = {outputs['dvc_remote']['options']['sse_kms_key_id']}" in remote
    assert "sse = aws:kms" in remote
    expected = "MINE=1\nexport MLFLOW_TRACKING_URI=https://mlflow.example.com\nAWS_DEFAULT_REGION=eu-central-1\n"
    expected += f"MONITOR_PREDICTIONS={outputs['predictions']['url']}\n"
    assert project.read(".env") == expected
    assert (project.path / ".env").stat().st_mode & 0o777 == 0o600
    project.make("connect")
    assert (project.read(".dvc/config"), project.read(".env")) == (remote, expected)
    assert ".env" not in project.run("git", "status", "--porcelain").stdout


def data_and_artifacts_land_encrypted(project: Project, root: Terraform, cloud: dict[str, str], tmp_path: Path) -> None:
    """Then `dvc push` and an artifact that MLflow's server takes are encrypted with the project's key."""
    outputs = {name: output["value"] for name, output in root.json("output", "-json").items()}
    s3 = client("s3", cloud)
    for address in (outputs["dvc_remote"]["url"], outputs["mlflow_artifacts"]):
        # moto denies what a policy denies, whatever the condition says: "without TLS" would be always.
        s3.delete_bucket_policy(Bucket=address.split("/")[2])
    project.run("uv", "run", "dvc", "repro", "ingest")
    project.run("uv", "run", "dvc", "push")
    port = free_port()
    python = Path(project.environment["UV_PROJECT_ENVIRONMENT"]) / "bin/python"
    command = [python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{tmp_path}/m.db",
        "--artifacts-destination",
        outputs["mlflow_artifacts"],
    ]
    with serving(command, port, tmp_path / "server.log", project.environment):
        uri = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"}
        project.run("uv", "run", "python", "-c", "import mlflow; mlflow.log_artifact('params.yaml')", **uri)
    for address in (outputs["dvc_remote"]["url"], outputs["mlflow_artifacts"]):
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        objects = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", [])
        assert objects, address
        for one in objects:
            head = s3.head_object(Bucket=bucket, Key=one["Key"])
            assert head["ServerSideEncryption"] == "aws:kms", one["Key"]
            assert head["SSEKMSKeyId"] == outputs["dvc_remote"]["options"]["sse_kms_key_id"]
