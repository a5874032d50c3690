"""Cuts from GitHub's OpenAPI description what the stand-in for its settings validates against, and reads it.

Run it again with the file `generated/api.github.com.json` of a newer `@octokit/openapi` of npm.
"""

import json
import sys
from pathlib import Path
from typing import Any

CUT = Path(__file__).parents[2] / "data/github_settings.json"
REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = (
    "GET /user",
    "GET /users/{username}",
    "GET /orgs/{org}",
    "GET /orgs/{org}/teams/{team_slug}",
    "GET /apps/{app_slug}",
    *(
        f"{call.partition(' ')[0]} {REPOSITORY}{call.partition(' ')[2]}"
        for call in (
            "GET ",
            "GET /environments/{environment_name}",
            "PUT /environments/{environment_name}",
            "GET /environments/{environment_name}/deployment-branch-policies",
            "POST /environments/{environment_name}/deployment-branch-policies",
            "GET /environments/{environment_name}/secrets",
            "GET /rulesets",
            "POST /rulesets",
            "GET /rulesets/{ruleset_id}",
            "PUT /rulesets/{ruleset_id}",
            "GET /rules/branches/{branch}",
            "GET /actions/variables",
            "POST /actions/variables",
            "PATCH /actions/variables/{name}",
            "GET /actions/organization-variables",
            "GET /actions/secrets",
            "GET /actions/organization-secrets",
            "GET /actions/permissions/workflow",
            "PUT /actions/permissions/workflow",
            "GET /vulnerability-alerts",
            "PUT /vulnerability-alerts",
            "GET /automated-security-fixes",
            "PUT /automated-security-fixes",
            "GET /codeowners/errors",
        )
    ),
)
DEPTH = 8  # of what is cut from an answer; deeper, anything is let through
NOISE = {"description", "example", "examples", "title", "x-github", "externalDocs", "deprecated", "format"}


def schema(description: dict[str, Any], part: Any, depth: int = DEPTH) -> Any:
    """Returns a schema of OpenAPI 3.0 as JSON Schema, without references; unknown fields are refused."""
    if isinstance(part, list):
        return [schema(description, entry, depth) for entry in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        whole: Any = description
        for name in part["$ref"][2:].split("/"):
            whole = whole[name.replace("~1", "/").replace("~0", "~")]
        return schema(description, whole, depth) if depth else {}
    made: dict[str, Any] = {}
    for key, value in part.items():
        if key == "properties":
            made[key] = {name: schema(description, entry, depth - 1) if depth else {} for name, entry in value.items()}
        elif key not in NOISE and key != "nullable":
            made[key] = schema(description, value, depth)
    if "properties" in made and "additionalProperties" not in made:
        made["additionalProperties"] = False
    if part.get("nullable"):
        made = {"anyOf": [made, {"type": "null"}]}
    return made


def without_required(part: Any, *, within_all: bool = False) -> Any:
    """Returns the schema of an answer, of which a stand-in gives only the fields that are read.

    Args:
        part: Of the schema.
        within_all: Whether it is one of several that all hold, and so does not know the fields of the others.
    """
    if isinstance(part, list):
        return [without_required(entry, within_all=within_all) for entry in part]
    if not isinstance(part, dict):
        return part
    return {
        "anyOf" if key == "oneOf" else key: {name: without_required(entry) for name, entry in value.items()}
        if key == "properties"
        else without_required(value, within_all=key == "allOf")
        for key, value in part.items()
        if not (key == "required" and isinstance(value, list)) and not (key == "additionalProperties" and within_all)
    }


def operations(description: dict[str, Any]) -> dict[str, Any]:
    """Returns, for each operation, what its query, its body and its answers may be."""
    made: dict[str, Any] = {}
    for call in OPERATIONS:
        method, path = call.split(" ")
        operation = description["paths"][path][method.lower()]
        parameters = [schema(description, one) for one in operation.get("parameters", [])]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        answers = {
            status: found.get("content", {}).get("application/json", {}).get("schema")
            for status, found in operation["responses"].items()
            if status.startswith("2")
        }
        made[call] = {
            "query": {one["name"]: one["schema"] for one in parameters if one["in"] == "query"},
            "body": schema(description, body) if body else None,
            "answers": {
                status: without_required(schema(description, found, 3)) if found else None
                for status, found in answers.items()
            },
        }
    return made


def _quiet(part: Any, *, names: bool = False) -> Any:
    """Returns a part of the description without its prose; a field may be called `description`, too."""
    if isinstance(part, list):
        return [_quiet(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if names or key not in NOISE - {"format", "title", "deprecated"}}
    return {key: _quiet(value, names=key == "properties" and not names) for key, value in kept.items()}


def _referenced(part: Any) -> set[str]:
    if isinstance(part, list):
        return {name for entry in part for name in _referenced(entry)}
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own | {name for entry in part.values() for name in _referenced(entry)}


def cut(description: dict[str, Any]) -> dict[str, Any]:
    """Returns the description of the operations above alone, in its own form: Prism serves it, too."""
    paths: dict[str, Any] = {}
    for call in OPERATIONS:
        method, path = call.split(" ")
        operation = _quiet(description["paths"][path][method.lower()])
        operation["responses"] = {  # OpenAPI wants a sentence in each
            status: found if "$ref" in found else {"description": "", **found}
            for status, found in operation["responses"].items()
        }
        paths.setdefault(path, {})[method.lower()] = operation
    components: dict[str, dict[str, Any]] = {}
    todo = _referenced(paths)
    while todo:
        _, _, kind, name = todo.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _quiet(description["components"][kind][name])
            todo |= _referenced(components[kind][name])
    return {"openapi": description["openapi"], "info": description["info"], "paths": paths, "components": components}


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    CUT.write_text(json.dumps(cut(whole), sort_keys=True) + "\n", encoding="utf-8")
