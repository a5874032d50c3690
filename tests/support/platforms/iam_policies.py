"""What must hold of all that Terraform made, by `terraform show -json`: each rule yields what breaks it."""

import json
from collections.abc import Iterator
from typing import Any

State = dict[str, list[dict[str, Any]]]


def resources(shown: dict[str, Any]) -> State:
    """Returns the values of the resources by their type; each also has its `address`."""
    found: State = {}
    for resource in shown["values"]["root_module"]["resources"]:
        if resource["mode"] == "managed":
            found.setdefault(resource["type"], []).append(resource["values"] | {"address": resource["address"]})
    return found


def statements(policy: str) -> list[dict[str, Any]]:
    """Returns the statements of a policy, with lists where one value may stand alone."""
    found = json.loads(policy)["Statement"]
    return [
        {
            key: [value] if isinstance(value, str) and key in ("Action", "Resource") else value
            for key, value in said.items()
        }
        for said in ([found] if isinstance(found, dict) else found)
    ]


def buckets(state: State) -> Iterator[str]:
    """Every bucket is versioned, encrypted, closed to the public, and refuses what comes without TLS."""
    for bucket in state["aws_s3_bucket"]:
        name = bucket["bucket"]
        of = {kind: [one for one in made if one.get("bucket") == name] for kind, made in state.items()}
        if [v["versioning_configuration"][0]["status"] for v in of["aws_s3_bucket_versioning"]] != ["Enabled"]:
            yield f"{name} is not versioned"
        rules = [rule for one in of["aws_s3_bucket_server_side_encryption_configuration"] for rule in one["rule"]]
        keys = [rule["apply_server_side_encryption_by_default"][0]["kms_master_key_id"] for rule in rules]
        if not rules or (not all(keys) and "access-logs" not in name):
            yield f"{name} is not encrypted with a key of the project"
        blocks = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        if not any(all(one[block] for block in blocks) for one in of["aws_s3_bucket_public_access_block"]):
            yield f"{name} may become public"
        tls = {"Bool": {"aws:SecureTransport": "false"}}
        policies = [said for one in of["aws_s3_bucket_policy"] for said in statements(one["policy"])]
        if not any(
            said["Effect"] == "Deny" and said.get("Condition") == tls and len(said["Resource"]) == 2
            for said in policies
        ):
            yield f"{name} takes what comes without TLS"


def keys(state: State) -> Iterator[str]:
    """Every key gets new material each year."""
    for key in state["aws_kms_key"]:
        if not key["enable_key_rotation"]:
            yield f"{key['address']} is not rotated"


def databases(state: State) -> Iterator[str]:
    """Every database is encrypted with a key of the project, and private."""
    for database in state["aws_db_instance"]:
        if not database["storage_encrypted"] or not database["kms_key_id"]:
            yield f"{database['identifier']} is not encrypted"
        if database["publicly_accessible"]:
            yield f"{database['identifier']} is public"


def rights(state: State) -> Iterator[str]:
    """No role may do everything, nor anything to everything, and each stays in its boundary."""
    for kind in ("aws_iam_role_policy", "aws_iam_policy"):
        for policy in state[kind]:
            for said in statements(policy["policy"]):
                if said["Effect"] == "Allow" and ("*" in said["Action"] or "NotAction" in said):
                    yield f"{policy['address']} may do everything"
                writes = [
                    act
                    for act in said.get("Action", [])
                    if not act.rpartition(":")[2].startswith(("Describe", "Get", "List"))
                ]
                if "*" in said["Resource"] and writes and not said.get("Condition"):
                    yield f"{policy['address']} may do {', '.join(writes)} to everything"
    for role in state["aws_iam_role"]:
        if not role["permissions_boundary"]:
            yield f"{role['address']} has no boundary"


def trust(state: State, repository: str) -> Iterator[str]:
    """Workflows of this repository alone may take on its roles, each by exact subjects."""
    for role in state["aws_iam_role"]:
        for said in statements(role["assume_role_policy"]):
            principal = said["Principal"]
            if "githubusercontent" not in str(principal):
                if principal == "*" or principal.get("AWS") == "*":
                    yield f"{role['name']} trusts everybody"
                continue
            condition = said.get("Condition", {}).get("StringEquals", {})
            subjects = condition.get("token.actions.githubusercontent.com:sub", [])
            subjects = [subjects] if isinstance(subjects, str) else subjects
            if not subjects or any(
                not subject.startswith(f"repo:{repository}:") or "*" in subject for subject in subjects
            ):
                yield f"{role['name']} trusts other repositories than {repository}"
            from_main = condition.get("token.actions.githubusercontent.com:ref") == "refs/heads/main"
            if not from_main and not any(subject.endswith(":pull_request") for subject in subjects):
                yield f"{role['name']} trusts an environment of any branch"
            if condition.get("token.actions.githubusercontent.com:aud") != "sts.amazonaws.com":
                yield f"{role['name']} takes tokens that are for others"


def broken(state: State, repository: str) -> list[str]:
    """Returns what breaks a rule."""
    return [*buckets(state), *keys(state), *databases(state), *rights(state), *trust(state, repository)]
