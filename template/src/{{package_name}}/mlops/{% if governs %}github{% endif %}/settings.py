"""Makes the settings of the repository itself: variables, what GitHub's own token may do, alerts."""

import json
import re
from pathlib import Path
from typing import Any

from ..core.errors import UsageError
from .client import GitHub
from .names import ATTESTATIONS
from .needs import Needs
from .owner import Owner

DEPENDABOT = Path(".github/dependabot.yml")
# A setting that only one cloud's root module has -> how workflows call what they are there.
IDENTITIES = {
    "AWS_DEFAULT_REGION": "AWS_ROLE_",
    "GOOGLE_CLOUD_PROJECT": "GCP_ACCOUNT_",
    "AZURE_TENANT_ID": "AZURE_CLIENT_",
}
# Output, or setting of `.env` -> the same as a variable of the workflows.
RENAMED = {"workflow_identity_provider": "GCP_PROVIDER", "MONITOR_PREDICTIONS": "PREDICTIONS"}


def variables(github: GitHub) -> dict[str, str]:
    """Returns the variables of the repository."""
    listed = github.all(github.path("actions/variables"), "variables")
    return {str(entry["name"]): str(entry["value"]) for entry in listed}


def typed(words: list[str], needs: Needs) -> dict[str, str]:
    """Returns the variables of a command line, `NAME=VALUE` each.

    Raises:
        UsageError: One is no such word, or no workflow reads it.
    """
    values = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not value or "\n" in value:
            raise UsageError(f"--set {word!r}: write NAME=VALUE, in one line.")
        if name not in needs.variables:
            raise UsageError(f"--set {name}: no workflow reads it. They read {', '.join(sorted(needs.variables))}.")
        values[name] = value
    return values


def of_terraform(file: Path, needs: Needs) -> dict[str, str]:
    """Returns the variables that Terraform's outputs give: the file that `make connect` reads.

    Raises:
        UsageError: The file is not what `terraform output -json` writes.
    """
    try:
        outputs = {name: output["value"] for name, output in json.loads(file.read_text(encoding="utf-8")).items()}
        given = outputs | outputs.get("settings", {})
        prefix = next((prefix for name, prefix in IDENTITIES.items() if name in given), "")
        given |= {f"{prefix}{purpose.upper()}": role for purpose, role in outputs.get("workflow_roles", {}).items()}
        values = {RENAMED.get(name, name): str(value) for name, value in given.items()}
    except OSError as error:
        raise UsageError(f"{file} can't be read ({error.strerror}): write it by `terraform output -json`.") from None
    except (ValueError, AttributeError, TypeError, KeyError):
        raise UsageError(f"{file} holds no outputs of Terraform: write it by `terraform output -json`.") from None
    return {name: value for name, value in values.items() if name in needs.variables}


def app(github: GitHub, slug: str) -> tuple[int, str]:
    """Returns id and client id of a GitHub App.

    Raises:
        UsageError: GitHub does not know it, or it may not do what the workflows need.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", slug):
        raise UsageError(f"--app {slug!r}: write the name of the App's page, https://github.com/apps/NAME.")
    found = github.get(f"/apps/{slug}")
    if found is None:
        raise UsageError(f"GitHub knows no App {slug}: docs/governance.md says how to make one.")
    lacking = [name for name in ("contents", "pull_requests", "workflows") if found["permissions"].get(name) != "write"]
    if lacking:
        raise UsageError(
            f"the App {slug} may not write {', '.join(lacking)}: give it these permissions, at https://github.com/apps/{slug}."
        )
    return int(found["id"]), str(found["client_id"])


def make_variables(github: GitHub, owner: Owner, needs: Needs, values: dict[str, str]) -> None:
    """Sets the variables that were given, and what only the plan tells."""
    values = dict(values)
    if ATTESTATIONS in needs.variables and owner.private and owner.plan == "enterprise":
        values[ATTESTATIONS] = "true"
    present = variables(github)
    for name, value in sorted(values.items()):
        body: dict[str, Any] = {"name": name, "value": value}
        if name not in present:
            github.send("POST", github.path("actions/variables"), body)
        elif present[name] != value:
            github.send("PATCH", github.path("actions/variables", name), body)


def make(github: GitHub) -> None:
    """Lets GitHub's own token read unless a job asks for more, and lets Dependabot look for known vulnerabilities."""
    path = github.path("actions/permissions/workflow")
    found = github.get(path) or {}
    if found.get("default_workflow_permissions") == "write":
        github.send("PUT", path, {**found, "default_workflow_permissions": "read"})
    if DEPENDABOT.is_file():
        if github.get(github.path("vulnerability-alerts")) is None:
            github.send("PUT", github.path("vulnerability-alerts"))
        if not (github.get(github.path("automated-security-fixes")) or {}).get("enabled"):
            github.send("PUT", github.path("automated-security-fixes"))
