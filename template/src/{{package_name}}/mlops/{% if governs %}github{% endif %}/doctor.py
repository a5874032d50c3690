"""Says what the workflows need of GitHub and do not have: each with the command or the page that gives it."""

import logging
from dataclasses import dataclass, field
from typing import Any

from . import environments, names, rules, settings
from .client import GitHub, NotOffered
from .identity import server
from .needs import MAIN, Environment, Needs
from .owner import Owner

SETUP = "make github-setup"
OF_THE_PLAN = ("environments", "rulesets", "reviewers", "attestations")
log = logging.getLogger(__name__)


@dataclass
class Findings:
    """What was found.

    Attributes:
        missing: A workflow fails, or a protection is not there.
        notes: What is as it may be, and worth to know.
    """

    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def pushes(needs: Needs) -> bool:
    """Tells whether a job pushes to the protected branch: delivery does, from the environment of staging."""
    return names.APP in needs.variables and "staging" in needs.environments


def _environment(github: GitHub, owner: Owner, name: str, wanted: Environment, found: Findings) -> None:
    """Finds what an environment lacks."""
    page = f"{server()}/{github.repository}/settings/environments"
    there = github.get(github.path("environments", name))
    if there is None:
        found.missing.append(
            f"the environment {name} does not exist, and a job that names it makes it without protection: {SETUP}"
        )
        return
    admitted = environments.refs(github, name, there)
    if admitted is None:
        found.missing.append(f"every branch may enter the environment {name}: {SETUP}")
    elif not environments.admits(admitted, wanted):
        theirs, needed = ", ".join(sorted(admitted)) or "no branch", ", ".join(sorted(wanted.refs))
        found.missing.append(f"{name} admits {theirs}, its jobs come from {needed}: {SETUP}, or {page}")
    if wanted.reviewed and not environments.reviewers(there):
        why = "" if owner.offers("reviewers") else f" ({owner.absent('reviewers')})"
        found.missing.append(f"nobody is asked before {name}, so that production.yml fails{why}: {SETUP}")


def _branch(github: GitHub, needs: Needs, found: Findings) -> None:
    """Finds what the rules of the branch lack, no matter who made them."""
    effective = github.all(github.path("rules/branches", MAIN))
    for kind in ("deletion", "non_fast_forward", "pull_request", rules.CHECKS):
        if kind not in {rule["type"] for rule in effective}:
            found.missing.append(f"no rule {kind} protects {MAIN}: {SETUP}")
    required = {name for rule in effective if rule["type"] == rules.CHECKS for name in _contexts(rule)}
    lacking = sorted(set(needs.checks) - required)
    if lacking and required:
        found.missing.append(f"not required of a pull request: {', '.join(lacking)}: {SETUP}")
    stale = sorted(required - set(needs.checks))
    if stale:
        found.missing.append(
            f"required, but no pull request starts it, so that all wait for ever: {', '.join(stale)}: "
            f"{server()}/{github.repository}/settings/rules"
        )


def _contexts(rule: dict[str, Any]) -> set[str]:
    listed = rule["parameters"][rules.CHECKS]
    return {entry["context"] for entry in listed if entry.get("integration_id", rules.ACTIONS) == rules.ACTIONS}


def _bot(github: GitHub, needs: Needs, known: names.Known, found: Findings) -> None:
    """Finds out whether something may push past the rules, and open pull requests that start checks."""
    ours = rules.present(github) or {}
    apps = [actor for actor in ours.get("bypass_actors") or [] if actor["actor_type"] in ("Integration", "DeployKey")]
    if pushes(needs) and not apps:
        found.missing.append(f"no App may push deliveries past the rules of {MAIN}: {SETUP} ARGS='--app NAME'")
    if not known.has(names.APP) and known.pulls:
        found.notes.append(
            "without an App, pull requests of workflows start no checks until somebody closes and reopens them"
        )


def _names(github: GitHub, needs: Needs, known: names.Known, found: Findings) -> None:
    """Finds variables and secrets that are not set."""
    for name in sorted(set(needs.variables) - known.variables):
        sentence = f"variable {name} ({names.meaning(name)}), read by {', '.join(sorted(needs.variables[name]))}"
        how = "--app NAME" if name == names.APP else f"--set {name}=..."
        (found.missing if names.needed(name, known) else found.notes).append(f"{sentence}: {SETUP} ARGS='{how}'")
    everywhere = {entry["name"] for entry in github.all(github.path("actions/secrets"), "secrets")}
    shared = {entry["name"] for entry in github.all(github.path("actions/organization-secrets"), "secrets")}
    for name in sorted(everywhere & {secret for entry in needs.environments.values() for secret in entry.secrets}):
        found.missing.append(f"secret {name} is the repository's, so every branch may read it: gh secret delete {name}")
    for environment, wanted in sorted(needs.environments.items()):
        path = github.path("environments", environment, "secrets")
        have = {entry["name"] for entry in github.all(path, "secrets")} | everywhere | shared
        for name in sorted(wanted.secrets - have):
            sentence = f"secret {name} of {environment} ({names.meaning(name)}): "
            sentence += f"gh secret set {name} --env {environment}"
            (found.missing if names.needed(name, known) else found.notes).append(sentence)
    for name, places in sorted(needs.loose.items()):
        if name not in everywhere | shared:
            found.notes.append(f"secret {name}, read without an environment by {', '.join(sorted(places))}")


def examine(github: GitHub, owner: Owner, needs: Needs) -> Findings:
    """Compares what the workflows need with what GitHub has."""
    found = Findings()
    found.notes += [owner.absent(what) for what in OF_THE_PLAN if not owner.offers(what)]
    for name, wanted in sorted(needs.environments.items()):
        _environment(github, owner, name, wanted, found)
    permissions = github.get(github.path("actions/permissions/workflow")) or {}
    pulls = bool(permissions.get("can_approve_pull_request_reviews"))
    inherited = github.all(github.path("actions/organization-variables"), "variables")
    have = set(settings.variables(github)) | {str(entry["name"]) for entry in inherited}
    known = names.known(have, pushes=pushes(needs), pulls=pulls)
    try:
        _branch(github, needs, found)
        _bot(github, needs, known, found)
    except NotOffered:
        found.missing.append(f"nothing protects {MAIN}: {owner.absent('rulesets')}")
    _names(github, needs, known, found)
    if permissions.get("default_workflow_permissions") == "write":
        found.missing.append(f"GitHub's own token may write wherever a job does not say otherwise: {SETUP}")
    errors = (github.get(github.path("codeowners/errors")) or {}).get("errors", [])
    found.missing += [
        f"{entry['path']}, line {entry['line']}: {entry['kind']}: {entry['source'].strip()}" for entry in errors
    ]
    if not known.remote or known.remote.startswith((".", "/")):
        found.notes.append(
            "DVC's remote is a folder of this machine: GitHub's runners train again. make connect points to a bucket"
        )
    return found


def say(found: Findings) -> None:
    """Says it, the missing last."""
    for line in found.notes:
        log.info("%s", line if line.startswith("not offered") else f"note: {line}")
    for line in found.missing:
        log.info("missing: %s", line)
