"""Whether two sets of roles have the same policies, word by word: those of Terraform and those of CloudFormation."""

import json
from fnmatch import fnmatchcase
from typing import Any

from support.platforms.iam_policies import statements
from support.platforms.iam_simulator import Roles

# Effect, action, resource, conditions.
Right = tuple[str, str, str, str]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _conditions(said: dict[str, Any]) -> str:
    found = {
        test: {key: sorted(_listed(value)) for key, value in keys.items()}
        for test, keys in said.get("Condition", {}).items()
    }
    return json.dumps(found, sort_keys=True)


def _rights(policies: list[str]) -> set[Right]:
    """Returns each right apart."""
    return {
        (said["Effect"], action, resource, _conditions(said))
        for policy in policies
        for said in statements(policy)
        for action in said.get("Action", [])
        for resource in _listed(said["Resource"])
    }


def rights(roles: Roles, role: str) -> set[Right]:
    """Returns what the policies of a role say, whatever statement or policy it is in; keys by what they are for."""
    keys = {key["arn"]: key["address"] for key in roles.state["aws_kms_key"]}
    found = _rights([json.dumps(policy) for policy in roles.policies(roles.role(role)).values()])
    return {
        (effect, action, keys.get(resource, resource), conditions) for effect, action, resource, conditions in found
    }


def trusted(roles: Roles, role: str) -> list[str]:
    """Returns who may take on a role."""
    found = statements(roles.role(role)["assume_role_policy"])
    return [
        json.dumps([said["Effect"], said["Action"], {k: _listed(v) for k, v in said["Principal"].items()}])
        + _conditions(said)
        for said in found
    ]


def beyond(roles: Roles, others: Roles, role: str) -> list[Right]:
    """Returns what the boundary of a role allows and that of the same role of others does not, right by right."""
    mine, most = (
        _rights([policy["policy"] for policy in each.state["aws_iam_policy"] if policy["arn"] == bound])
        for each in (roles, others)
        for bound in [each.role(role)["permissions_boundary"]]
    )

    def within(right: Right) -> bool:
        effect, action, resource, conditions = right
        return any(
            (effect, conditions) == ("Allow", its_conditions)
            and its_effect == "Allow"
            and fnmatchcase(action, actions)
            and fnmatchcase(resource, resources)
            for its_effect, actions, resources, its_conditions in most
        )

    return sorted(right for right in mine if not within(right))
