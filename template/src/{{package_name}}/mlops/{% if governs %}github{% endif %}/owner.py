"""Says what the owner's plan offers, and who the owners of a path are."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import Refusal, UsageError
from .client import GitHub
from .needs import MAIN

CODEOWNERS = Path(".github/CODEOWNERS")
# Plans that lack it for private repositories; all have it for public ones. docs.github.com, 2026-11-29: deployments and
# environments, about rulesets, artifact attestations.
LACKING = {
    "environments": ("free",),
    "rulesets": ("free",),
    "reviewers": ("free", "pro", "team"),
    "attestations": ("free", "pro", "team"),
}
WORDS = {
    "environments": "environments of a private repository",
    "rulesets": "rules for branches of a private repository",
    "reviewers": "required reviewers of a private repository",
    "attestations": "artifact attestations of a private repository",
}
WANTS = {
    "environments": "Pro or Team",
    "rulesets": "Pro or Team",
    "reviewers": "Enterprise",
    "attestations": "Enterprise",
}


@dataclass(frozen=True)
class Owner:
    """The repository as GitHub has it, and the plan of its owner.

    Attributes:
        repository: GitHub's answer.
        plan: Its name, or nothing where GitHub does not say it.
    """

    repository: dict[str, Any]
    plan: str

    @property
    def private(self) -> bool:
        """Whether not everybody may read it."""
        return bool(self.repository["private"])

    @property
    def name(self) -> str:
        """The login of the owner."""
        return str(self.repository["owner"]["login"])

    @property
    def organization(self) -> bool:
        """Whether the owner has teams."""
        return bool(self.repository["owner"]["type"] == "Organization")

    def offers(self, what: str) -> bool:
        """Tells whether the plan has it; where GitHub does not say the plan, only GitHub's answer tells."""
        return not self.private or self.plan not in LACKING[what]

    def absent(self, what: str) -> str:
        """Returns the sentence of what the plan does not offer."""
        return (
            f"not offered: {WORDS[what]} ({self.plan or 'this plan'}): that needs GitHub {WANTS[what]}, or a public one"
        )


def owner(github: GitHub) -> Owner:
    """Asks for the repository and the plan of its owner.

    Raises:
        Refusal: The repository is not there, is not ours to administer, or its default branch is not `main`.
    """
    found = github.get(github.path())
    if found is None:
        raise Refusal(
            f"{github.repository} does not exist at GitHub, or the token may not see it: `gh repo create` makes it."
        )
    if found["default_branch"] != MAIN:
        raise Refusal(
            f"the default branch is {found['default_branch']}, the workflows know {MAIN}: rename it at GitHub."
        )
    if found.get("permissions") and not found["permissions"].get("admin"):
        raise Refusal(
            f"the token may not administer {github.repository}: ask somebody who may, or set another GH_TOKEN."
        )
    login, team = found["owner"]["login"], found["owner"]["type"] == "Organization"
    account = github.get(f"/orgs/{login}" if team else "/user") or {}
    mine = account.get("login", login).lower() == login.lower()
    plan = account.get("plan", {}).get("name", "") if mine else ""
    return Owner(found, str(plan).lower())


def code_owners(owner: Owner) -> list[str]:
    """Returns who lets production through: the owners of everything and of `deploy/` in CODEOWNERS, or the person."""
    if not owner.organization:
        return [owner.name]
    lines = CODEOWNERS.read_text(encoding="utf-8").splitlines() if CODEOWNERS.is_file() else []
    owners = [word for line in lines if re.match(r"(\*|/deploy/)\s", line) for word in line.split()[1:]]
    return list(dict.fromkeys(word.lstrip("@") for word in owners if word.startswith("@")))


def reviewer(github: GitHub, owner: Owner, name: str) -> dict[str, Any]:
    """Returns a person or a team (`OWNER/TEAM`) as the rule of an environment names it.

    Raises:
        UsageError: GitHub does not know it.
    """
    organization, _, team = name.lstrip("@").rpartition("/")
    if organization and not owner.organization:
        raise UsageError(f"{owner.name} is a person and has no team {team}: name people, ARGS='--reviewer NAME'.")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", team) or not re.fullmatch(r"[A-Za-z0-9-]*", organization):
        raise UsageError(f"{name!r} is no reviewer: write NAME or ORGANIZATION/TEAM.")
    found = github.get(f"/orgs/{organization}/teams/{team}" if organization else f"/users/{team}")
    if found is None:
        kind = "team" if organization else "person"
        make = f": make it at https://github.com/orgs/{organization}/new-team" if organization else ""
        raise UsageError(f"GitHub knows no {kind} {name.lstrip('@')}{make}, or name another by --reviewer.")
    return {"type": "Team" if organization else "User", "id": found["id"]}
