"""Makes the ruleset of `main`: a pull request, the review of code owners, the checks that every pull request starts.

One ruleset is ours, found by its name. What a person made stricter in it stays; other rulesets are not touched.
"""

from typing import Any

from .client import GitHub
from .needs import Needs
from .owner import Owner

NAME = "main, by make github-setup"
ACTIONS = 15368  # the App that GitHub Actions reports as: nobody else's check of that name counts
CHECKS = "required_status_checks"


def wanted(needs: Needs, app: int | None, *, team: bool, merge: bool) -> dict[str, Any]:
    """Returns the ruleset as the workflows need it.

    Args:
        needs: What the workflows need.
        app: Id of the App that may push past the rules. GitHub's built-in bot can't be named there.
        team: Whether there is somebody else to review; a repository of one person would be locked.
        merge: Whether merge commits are allowed. The audit log names commits, and other ways of merging drop them.
    """
    review: dict[str, Any] = {
        "required_approving_review_count": int(team),
        "require_code_owner_review": team,
        "dismiss_stale_reviews_on_push": True,
        "require_last_push_approval": team,
        "required_review_thread_resolution": False,
    }
    if merge:
        review |= {"allowed_merge_methods": ["merge"]}
    checks = {
        "strict_required_status_checks_policy": False,
        CHECKS: [{"context": name, "integration_id": ACTIONS} for name in sorted(set(needs.checks))],
    }
    return {
        "name": NAME,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "bypass_actors": []
        if app is None
        else [{"actor_id": app, "actor_type": "Integration", "bypass_mode": "always"}],
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {"type": "pull_request", "parameters": review},
            {"type": CHECKS, "parameters": checks},
        ],
    }


def _stricter(old: Any, new: Any) -> Any:
    """Returns the stricter of two values of a rule."""
    if isinstance(old, int):
        return max(old, new)
    if isinstance(old, list) and old and isinstance(old[0], dict):  # checks: those of both
        names = {entry["context"] for entry in old}
        return [*old, *(entry for entry in new if entry["context"] not in names)]
    return old or new


def merged(found: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Returns a ruleset as it is, with what it lacks."""
    rules = {rule["type"]: dict(rule) for rule in found["rules"]}
    for rule in new["rules"]:
        old = rules.setdefault(rule["type"], rule)
        if "parameters" in rule:
            present = old.get("parameters", {})
            both = {
                key: _stricter(present[key], value) if key in present else value
                for key, value in rule["parameters"].items()
            }
            old["parameters"] = present | both
    actors = list(found.get("bypass_actors") or [])
    apps = [entry["actor_id"] for entry in actors if entry["actor_type"] == "Integration"]
    names = found["conditions"]["ref_name"]
    include = [
        *names["include"],
        *(name for name in new["conditions"]["ref_name"]["include"] if name not in names["include"]),
    ]
    return new | {
        "conditions": {"ref_name": {"include": include, "exclude": names.get("exclude", [])}},
        "bypass_actors": [*actors, *(entry for entry in new["bypass_actors"] if entry["actor_id"] not in apps)],
        "rules": list(rules.values()),
    }


def present(github: GitHub) -> dict[str, Any] | None:
    """Returns our ruleset as GitHub has it, or None."""
    listed = github.all(github.path("rulesets"))
    ours = next((entry for entry in listed if entry["name"] == NAME), None)
    return github.get(github.path("rulesets", str(ours["id"]))) if ours else None


def make(github: GitHub, owner: Owner, needs: Needs, app: int | None) -> None:
    """Makes the ruleset, or what it lacks."""
    merge = bool(owner.repository.get("allow_merge_commit"))
    new, found = wanted(needs, app, team=owner.organization, merge=merge), present(github)
    if found is None:
        github.send("POST", github.path("rulesets"), new)
        return
    both = merged(found, new)
    if both != {key: found.get(key) for key in both}:
        github.send("PUT", github.path("rulesets", str(found["id"])), both)
