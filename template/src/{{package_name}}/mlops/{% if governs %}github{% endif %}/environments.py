"""Makes the environments that the workflows name, before a workflow makes them without any rule.

What a person made stricter stays: reviewers, a timer, branches of their own. A new environment admits no branch until
its branches are named, so that a run that is killed between the two calls leaves nothing open.
"""

from typing import Any

from ..core.errors import UsageError
from .client import GitHub, NotOffered
from .needs import MAIN, Environment, Needs
from .owner import Owner, code_owners, reviewer

MOST = 6  # reviewers that an environment takes
PROTECTED = "protected branches"  # main is one


def _rules(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((rule for rule in found.get("protection_rules", []) if rule["type"] == kind), {})


def reviewers(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the reviewers of an environment as GitHub has it."""
    listed = _rules(found, "required_reviewers").get("reviewers", [])
    return [{"type": entry["type"], "id": entry["reviewer"]["id"]} for entry in listed]


def refs(github: GitHub, name: str, found: dict[str, Any] | None) -> set[str] | None:
    """Returns the patterns of branches that may enter an environment; None where all may."""
    policy = (found or {}).get("deployment_branch_policy")
    if not policy:
        return None
    if policy["protected_branches"]:
        return {PROTECTED}
    listed = github.all(github.path("environments", name, "deployment-branch-policies"), "branch_policies")
    return {str(entry["name"]) for entry in listed}


def admits(present: set[str], wanted: Environment) -> bool:
    """Tells whether all jobs that name an environment may enter it."""
    return wanted.refs <= ({MAIN} if present == {PROTECTED} else present)


def _settings(found: dict[str, Any], people: list[dict[str, Any]], *, others: bool) -> dict[str, Any]:
    """Returns all settings of an environment: GitHub resets those that a call leaves out.

    Args:
        found: The environment as GitHub has it.
        people: Its reviewers.
        others: Whether nobody may approve a run of their own; a repository of one person has nobody else.
    """
    asking = _rules(found, "required_reviewers")
    return {
        "wait_timer": _rules(found, "wait_timer").get("wait_timer", 0),
        "prevent_self_review": bool((people and others) or asking.get("prevent_self_review", False)),
        "reviewers": people or None,
        "deployment_branch_policy": found.get("deployment_branch_policy")
        or {"protected_branches": False, "custom_branch_policies": True},
    }


def _present(found: dict[str, Any]) -> dict[str, Any]:
    return _settings(found, reviewers(found), others=False) | {
        "deployment_branch_policy": found.get("deployment_branch_policy")
    }


def people(github: GitHub, owner: Owner, needs: Needs, named: list[str]) -> list[dict[str, Any]]:
    """Returns the reviewers of what pull requests enter; nobody where the plan has none, or there are some already.

    Raises:
        UsageError: GitHub does not know one of them, or they are too many.
    """
    reviewed = [name for name, wanted in needs.environments.items() if wanted.reviewed]
    lacking = [name for name in reviewed if not reviewers(github.get(github.path("environments", name)) or {})]
    if not lacking or not owner.offers("reviewers"):
        return []
    found = [reviewer(github, owner, person) for person in named or code_owners(owner)]
    if not 0 < len(found) <= MOST:
        raise UsageError(
            f"{lacking[0]} takes 1 to {MOST} reviewers, {len(found)} are named: name them by ARGS='--reviewer NAME'."
        )
    return found


def make(github: GitHub, owner: Owner, name: str, wanted: Environment, asked: list[dict[str, Any]]) -> list[str]:
    """Makes one environment, or what it lacks.

    Args:
        github: The repository.
        owner: Whose plan it is.
        name: Of the environment.
        wanted: What its jobs need.
        asked: Reviewers, where it has none and a person has to let its jobs through.

    Returns:
        What could not be made, in sentences.
    """
    if not wanted.refs:
        return []  # only tags enter it, and which ones a team knows
    path = github.path("environments", name)
    found = github.get(path)
    missed = []
    new = asked if wanted.reviewed and not reviewers(found or {}) else []
    if wanted.reviewed and not owner.offers("reviewers"):
        missed.append(owner.absent("reviewers"))
    settings = _settings(found or {}, new or reviewers(found or {}), others=owner.organization)
    if found is None or settings != _present(found):
        try:
            github.send("PUT", path, settings)
        except NotOffered as refused:
            if not new:
                raise
            missed.append(f"not offered: reviewers of {name}: {refused}")
            settings |= {"reviewers": None, "prevent_self_review": False}
            if found is None or settings != _present(found):
                github.send("PUT", path, settings)
    present = refs(github, name, found) or set()
    if admits(present, wanted):
        return missed
    if present <= wanted.refs:
        for ref in sorted(wanted.refs - present):
            github.send("POST", f"{path}/deployment-branch-policies", {"name": ref, "type": "branch"})
    else:
        theirs, needed = ", ".join(sorted(present)), ", ".join(sorted(wanted.refs))
        missed.append(f"kept: {name} admits {theirs}, its jobs come from {needed}")
    return missed
