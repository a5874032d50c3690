"""Reads what the workflows need: environments, variables, secrets, and which jobs may be required checks.

There is no other list. What `make github-setup` makes and `make doctor` looks for is what a workflow names.
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ..core.errors import Refusal
from .needs import MAIN, PULLS, Environment, Needs

FOLDER = Path(".github/workflows")
BUILT_IN = "GITHUB_TOKEN"  # every job has it, nobody sets it
NAME = r"\b{kind}(?:\.|\[\s*['\"])([A-Za-z_]\w*)"


def _names(kind: str, part: Any) -> set[str]:
    return set(re.findall(NAME.format(kind=kind), json.dumps(part, default=str))) - {BUILT_IN}


def _triggers(workflow: dict[Any, Any]) -> dict[str, Any]:
    """Returns the events of a workflow. YAML 1.1 reads the key `on` as true."""
    events = workflow.get("on", workflow.get(True))
    if isinstance(events, str):
        return {events: None}
    return dict.fromkeys(events) if isinstance(events, list) else events or {}


def starting(job: dict[str, Any], events: set[str]) -> set[str]:
    """Returns the events that can start a job: all of its workflow's, or the one that its condition asks for."""
    condition = str(job.get("if", ""))
    only = re.match(r"(?:\$\{\{\s*)?github\.event_name == '(\w+)'", condition)
    return events & {only[1]} if only and "||" not in condition else events


def unfit(job: dict[str, Any], filters: Any) -> str:
    """Returns why a job of a pull request can't be a required check, or nothing.

    GitHub leaves a check pending for ever that nothing reports, and a pull request that waits for it is blocked.
    """
    narrow = {name for name in filters or {} if name != "branches"}
    branches = (filters or {}).get("branches", [MAIN])
    if narrow or MAIN not in ([branches] if isinstance(branches, str) else branches):
        return f"its workflow does not start on every pull request ({', '.join(sorted(narrow or {'branches'}))})"
    if "uses" in job or "matrix" in (job.get("strategy") or {}) or "${{" in str(job.get("name", "")):
        return "the name of its check is only known when it runs"
    rights = job.get("permissions") or {}
    if isinstance(rights, dict) and "write" in {rights[name] for name in set(rights) - {"id-token"}}:
        return "it may write, so it tells of the others' results"
    return ""


def _read(file: Path) -> dict[Any, Any]:
    try:
        workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(
            f"{file} is no YAML ({' '.join(str(error).split())[:200]}): fix it, then run this again."
        ) from None
    jobs = workflow.get("jobs") if isinstance(workflow, dict) else None
    if not isinstance(jobs, dict) or not all(isinstance(job, dict) for job in jobs.values()):
        raise Refusal(f"{file} has no jobs: fix it, or delete it.")
    return workflow


def _add(needs: Needs, place: str, job: dict[str, Any], shared: dict[Any, Any], events: set[str]) -> None:
    """Adds what one job needs."""
    for name in _names("vars", [job, shared]):
        needs.variables.setdefault(name, set()).add(place)
    named, secrets = job.get("environment") or "", _names("secrets", [job, shared])
    environment = str(named.get("name", "") if isinstance(named, dict) else named)
    if not environment:
        for name in secrets:
            needs.loose.setdefault(name, set()).add(place)
        return
    if "${{" in environment:
        raise Refusal(f"{place} computes the name of its environment ({environment}): write the name out.")
    known = needs.environments.setdefault(environment, Environment())
    known.secrets |= secrets
    known.refs |= {PULLS if event == "pull_request" else MAIN for event in events}


def read(folder: Path = FOLDER) -> Needs:
    """Reads what the workflows of a folder need.

    Raises:
        Refusal: There is none, one is no workflow, or it computes the name of an environment.
    """
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    if not files:
        raise Refusal(f"{folder} has no workflow: run this in the folder of the project.")
    needs, all_read = Needs(), {file.name: _read(file) for file in files}
    callers: dict[str, set[str]] = {}
    for workflow in all_read.values():
        for job in workflow["jobs"].values():
            used = str(job.get("uses", ""))
            called = Path(used).name if used.startswith("./") else ""
            callers.setdefault(called, set()).update(starting(job, set(_triggers(workflow))))
    for file, workflow in all_read.items():
        triggers = _triggers(workflow)
        events = (set(triggers) | callers.get(file, set())) - {"workflow_call"}
        shared = {key: value for key, value in workflow.items() if key != "jobs"}
        tags_only = set(triggers.get("push") or {}) & {"tags", "branches"} == {"tags"}
        elsewhere = {"release", *(["push"] if tags_only else [])}  # they run on tags, whose names only a team knows
        for name, job in workflow["jobs"].items():
            started = starting(job, events)
            _add(needs, f"{file}: {name}", job, shared, started - elsewhere)
            if "pull_request" in started and "pull_request" in triggers:
                reason = unfit(job, triggers["pull_request"])
                if reason:
                    needs.not_checks.append(f"{file}: {name}: {reason}")
                else:
                    needs.checks.append(str(job.get("name", name)))
    return needs
