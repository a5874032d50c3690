"""A stack of CloudFormation that moto makes in memory, and what it made in the form of Terraform's state.

moto 5.2 makes key, buckets, registries, roles and policies. It has no bucket policies and no OIDC provider, and forgets
a bucket's versioning and public access block, and which policies a role has: these are taken from the template, its
functions evaluated by moto.
"""

import copy
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import ResourceMap, clean_json, parse_condition
from support.platforms.iam_policies import State
from support.platforms.iam_simulator import ACCOUNT, OIDC, REGION
from support.rendered_project import ROOT

SOURCE = next((ROOT / "template").glob("*/*cloudformation*/aws.yaml"))
STAFF = "arn:aws:iam::123456789012:role/staff"
VALUES = {
    "Project": "churn-model",
    "Name": "churn-model",
    "Environment": "staging",
    "Owner": "example-org",
    "Repository": "churn-model",
    "OwnerId": "",
    "RepositoryId": "",
    "GithubOidcProviderArn": OIDC,
    "SourceArns": "arn:aws:s3:::example-raw-data,arn:aws:s3:::example-raw-data/*,"
    "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001",
    "Viewers": STAFF,
    "DataScientists": STAFF,
    "MlEngineers": STAFF,
}


def client(service: str) -> Any:
    """Returns a client of the account in memory."""
    return boto3.client(service, region_name=REGION)


@dataclass(frozen=True)
class Stack:
    """A stack in memory, and its template."""

    name: str
    template: dict[str, Any]

    @property
    def described(self) -> dict[str, Any]:
        """What AWS says of it, as JSON can hold it."""
        found = client("cloudformation").describe_stacks(StackName=self.name)
        return dict(json.loads(json.dumps({"Stacks": found["Stacks"]}, default=str)))

    @property
    def outputs(self) -> dict[str, str]:
        """Its outputs."""
        return {one["OutputKey"]: one["OutputValue"] for one in self.described["Stacks"][0]["Outputs"]}

    def delete(self) -> None:
        """Deletes it, but not what it retains."""
        client("cloudformation").delete_stack(StackName=self.name)

    @property
    def _made(self) -> ResourceMap:
        return cloudformation_backends[ACCOUNT][REGION].get_stack(self.name).resource_map

    def evaluated(self, kind: str) -> dict[str, dict[str, Any]]:
        """Returns the properties of the resources of a type, without functions, by their names in the template."""
        resources = self.template["Resources"].items()
        return {
            name: clean_json(copy.deepcopy(one["Properties"]), self._made)
            for name, one in resources
            if one["Type"] == kind
        }

    def holds(self, condition: dict[str, Any]) -> bool:
        """Says whether a condition holds, such as an assertion of a rule."""
        return parse_condition(copy.deepcopy(condition), self._made, self._made.lazy_condition_map)

    @property
    def state(self) -> State:
        """What it made, as Terraform would say it."""
        return {**self._roles(), **self._buckets(), **self._keys(), "aws_db_instance": []}

    def _roles(self) -> State:
        iam, found = client("iam"), State()
        for role in iam.list_roles()["Roles"]:
            name, bound = (
                role["RoleName"],
                iam.get_role(RoleName=role["RoleName"])["Role"].get("PermissionsBoundary", {}),
            )
            row = {"name": name, "address": name, "arn": role["Arn"]}
            row |= {"assume_role_policy": json.dumps(role["AssumeRolePolicyDocument"])}
            found.setdefault("aws_iam_role", []).append(
                row | {"permissions_boundary": bound.get("PermissionsBoundaryArn", "")}
            )
        names = {role["name"] for role in found["aws_iam_role"]}
        found["aws_iam_role_policy_attachment"] = [
            {"role": role["RoleName"], "policy_arn": arn}
            for role in self.evaluated("AWS::IAM::Role").values()
            for arn in role["ManagedPolicyArns"]
            if role["RoleName"] in names
        ]
        for policy in iam.list_policies(Scope="Local")["Policies"]:
            version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
            row = {"name": policy["PolicyName"], "address": policy["PolicyName"], "arn": policy["Arn"]}
            found.setdefault("aws_iam_policy", []).append(
                row | {"policy": json.dumps(version["PolicyVersion"]["Document"])}
            )
        return found | {"aws_iam_role_policy": []}

    def _buckets(self) -> State:
        found = State()
        for made in self.evaluated("AWS::S3::Bucket").values():
            bucket, blocks = {"bucket": made["BucketName"]}, made["PublicAccessBlockConfiguration"]
            (rule,) = made["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            key = {"kms_master_key_id": rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")}
            names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
            versioning = {"versioning_configuration": [{"status": made["VersioningConfiguration"]["Status"]}]}
            for kind, row in {
                "aws_s3_bucket": {},
                "aws_s3_bucket_versioning": versioning,
                "aws_s3_bucket_server_side_encryption_configuration": {
                    "rule": [{"apply_server_side_encryption_by_default": [key]}]
                },
                "aws_s3_bucket_public_access_block": {
                    name: blocks[name.title().replace("_", "")] is True for name in names
                },
            }.items():
                found.setdefault(kind, []).append(bucket | row)
        policies = self.evaluated("AWS::S3::BucketPolicy").values()
        rows = [{"bucket": one["Bucket"], "policy": json.dumps(one["PolicyDocument"])} for one in policies]
        return found | {"aws_s3_bucket_policy": rows}

    def _keys(self) -> State:
        (key,) = self.evaluated("AWS::KMS::Key").values()
        row = {"address": 'aws_kms_key.this["data"]', "arn": self.outputs["DataKey"]}
        row |= {"policy": json.dumps(key["KeyPolicy"]), "enable_key_rotation": key["EnableKeyRotation"]}
        return {"aws_kms_key": [row]}


@contextmanager
def created(template: dict[str, Any], values: dict[str, str], name: str = "churn-model-staging") -> Iterator[Stack]:
    """Makes a stack in an account of its own; moto knows tags of a key in KMS's form only."""
    known = copy.deepcopy(template)
    del known["Resources"]["DataKey"]["Properties"]["Tags"]
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    with mock_aws(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Tried to parse AWS::", category=UserWarning)
        client("cloudformation").create_stack(
            StackName=name, TemplateBody=json.dumps(known), Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        yield Stack(name, template)
