"""Who may call what on AWS: policies as Terraform made them, evaluated by npm's `@cloud-copilot/iam-simulate`.

It knows every action of AWS, the resources and the condition keys that each takes, so that a call that AWS doesn't have
is an error, not a denial. A role's calls pass its own policies, its boundary, and the policy of a bucket or key.
"""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.platforms.iam_policies import State

PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
SCRIPT = Path(__file__).with_suffix(".mjs")
ACCOUNT, REGION = "123456789012", "eu-central-1"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
# What the owners of other keys and registries are taken to allow: a key leaves it to IAM, AWS's registries are open.
_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
KEY = {"Version": "2012-10-17", "Statement": [_ALL | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}]}
REGISTRY = {"Version": "2012-10-17", "Statement": [_ALL | {"Principal": "*"}]}
# The simulator does not know the claims of GitHub and would drop them; those of tags it compares in the same way.
CLAIM, AS_TAG = "token.actions.githubusercontent.com:", "aws:RequestTag/"


def installed(folder: Path) -> Path:
    """Installs the simulator, and returns where."""
    command = ["npm", "install", "--silent", "--ignore-scripts", "--prefix", str(folder), PACKAGE]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
    return folder


@dataclass(frozen=True)
class Roles:
    """The roles in a state of Terraform, and what they may do.

    Attributes:
        state: What Terraform made, by type.
        managed: The policies that AWS itself defines, by ARN.
        folder: Where the simulator is installed.
    """

    state: State = field(repr=False)
    managed: dict[str, Any] = field(repr=False)
    folder: Path

    @property
    def names(self) -> set[str]:
        """Every role, by the name that the project gives it."""
        return {role["name"].removeprefix("churn-model-staging-") for role in self.state["aws_iam_role"]}

    def calls(self, role: str, calls: list[str]) -> list[str]:
        """Returns what IAM answers to calls of a role, each `ACTION RESOURCE [KEY=VALUE ...]`."""
        return self._simulated([self._call(self.role(role), *call.split()) for call in calls])

    def tokens(self, role: str, tokens: list[dict[str, str]]) -> list[str]:
        """Returns what IAM answers to tokens of GitHub that ask for a role, each with its claims."""
        made, action = self.role(role), "sts:AssumeRoleWithWebIdentity"
        trust = json.loads(made["assume_role_policy"].replace(CLAIM, AS_TAG))
        claims = [
            {AS_TAG + name: value for name, value in ({"aud": "sts.amazonaws.com"} | token).items()} for token in tokens
        ]
        return self._simulated(
            [{**_request(OIDC, action, made["arn"], said), "resourcePolicy": trust} for said in claims]
        )

    def _simulated(self, simulations: list[dict[str, Any]]) -> list[str]:
        command = ["node", str(SCRIPT)]
        text = json.dumps(simulations)
        done = subprocess.run(command, cwd=self.folder, input=text, capture_output=True, text=True, check=True)  # noqa: S603
        return list(json.loads(done.stdout))

    def role(self, name: str) -> dict[str, Any]:
        """Returns what was made of a role."""
        return next(role for role in self.state["aws_iam_role"] if role["name"] == f"churn-model-staging-{name}")

    def policies(self, role: dict[str, Any]) -> dict[str, Any]:
        """Returns the policies of a role by their names, its own and those that are attached to it."""
        own = [policy for policy in self.state["aws_iam_role_policy"] if policy["role"] == role["name"]]
        attached = [
            one["policy_arn"] for one in self.state["aws_iam_role_policy_attachment"] if one["role"] == role["name"]
        ]
        return {policy["name"]: json.loads(policy["policy"]) for policy in own} | {
            arn: self.managed[arn] for arn in attached
        }

    def _call(self, role: dict[str, Any], action: str, resource: str, *conditions: str) -> dict[str, Any]:
        arn = resource.format_map(self.placeholders)
        context = {"aws:RequestedRegion": REGION, "aws:SecureTransport": "true", **self._tags(arn)}
        context |= dict(condition.split("=", 1) for condition in conditions)
        boundary = next(one for one in self.state["aws_iam_policy"] if one["arn"] == role["permissions_boundary"])
        simulation = {
            **_request(role["arn"], action, arn, context),
            "identityPolicies": [{"name": name, "policy": policy} for name, policy in self.policies(role).items()],
            "permissionBoundaryPolicies": [{"name": "boundary", "policy": json.loads(boundary["policy"])}],
        }
        of_resource = self._policy_of(arn)
        return simulation | ({"resourcePolicy": of_resource} if of_resource else {})

    @property
    def placeholders(self) -> dict[str, str]:
        """ARNs with parts that AWS chooses: keys by purpose, the password of the database."""
        keys = {key["address"].split('"')[1]: key["arn"] for key in self.state["aws_kms_key"]}
        (database,) = self.state["aws_db_instance"]
        (secret,) = self.state["aws_secretsmanager_secret"]
        return keys | {"password": database["master_user_secret"][0]["secret_arn"], "secret": secret["arn"]}

    def _tags(self, arn: str) -> dict[str, str]:
        mine = arn in {key["arn"] for key in self.state["aws_kms_key"]}
        return {"aws:ResourceTag/project": "churn-model"} if mine else {}

    def _policy_of(self, arn: str) -> Any:
        for bucket in self.state["aws_s3_bucket_policy"]:
            if arn.split("/")[0] == f"arn:aws:s3:::{bucket['bucket']}":
                return json.loads(bucket["policy"])
        if arn.startswith("arn:aws:kms:"):
            return next((json.loads(key["policy"]) for key in self.state["aws_kms_key"] if key["arn"] == arn), KEY)
        return REGISTRY if f":{ACCOUNT}:" not in arn and arn.startswith("arn:aws:ecr:") else None


def _request(principal: str, action: str, resource: str, context: dict[str, str]) -> dict[str, Any]:
    parts = resource.split(":")
    account = parts[4] if len(parts) > 4 and parts[4].isdigit() else ACCOUNT
    return {
        "request": {
            "principal": principal,
            "action": action,
            "resource": {"resource": resource, "accountId": account},
            "contextVariables": context,
        },
        "identityPolicies": [],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }
