"""A stand-in for GitHub's settings: it keeps them, and validates requests and answers against GitHub's description.

It is as strict as GitHub where a mistake would hurt: a `PUT` of an environment resets what it leaves out, a policy of
branches needs an environment that takes them, and a plan refuses what it does not have, in GitHub's own words.
"""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema
from support.services.github_description import CUT, REPOSITORY, operations

OPERATIONS = operations(json.loads(CUT.read_text(encoding="utf-8")))
TOKEN = "token-of-an-administrator"  # noqa: S105
APP = {
    "id": 4711,
    "slug": "churn-bot",
    "client_id": "Iv23liChurnBot",
    "permissions": {"contents": "write", "pull_requests": "write", "workflows": "write"},
}
BILLING = (
    "Failed to create the environment protection rule. "
    "Please ensure the billing plan supports the required reviewers protection rule."
)
UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."
Answer = tuple[int, Any]


def _route(method: str, path: str) -> tuple[str, list[str]] | None:
    """Returns the operation of a request, and what stands for its names."""
    for operation in OPERATIONS:
        wanted, template = operation.split(" ")
        pattern = re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(template))
        found = re.fullmatch(pattern, path)
        if wanted == method and found:
            return operation, [unquote(part) for part in found.groups()]
    return None


@dataclass
class Host:
    """What GitHub has, and what it was asked.

    Attributes:
        private: Whether the repository is private.
        plan: Of the owner; empty where GitHub does not tell it.
        offers: Whether the plan really has reviewers, whatever it is called.
        owner_type: `Organization` or `User`.
        dies_after: The number of changes after which it answers no more; None for never.
        requests: Method, address and body of each request.
        changes: Each request that changed something.
        invalid: What was not as GitHub describes it.
    """

    url: str = ""
    private: bool = True
    plan: str = "enterprise"
    offers: bool = True
    owner_type: str = "Organization"
    branch: str = "main"
    admin: bool = True
    token: str = TOKEN
    dies_after: int | None = None
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    environment_secrets: dict[str, list[str]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    rulesets: dict[int, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, Any] = field(
        default_factory=lambda: {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": False}
    )
    alerts: set[str] = field(default_factory=set)
    teams: dict[str, int] = field(default_factory=lambda: {"ml-engineers": 11, "platform": 12})
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    changes: list[tuple[str, str, Any]] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, method: str, address: str, token: str, body: bytes) -> Answer:
        """Returns status and JSON; what GitHub would not understand is kept in `invalid`."""
        self.tokens.add(token)
        self.requests.append((method, address, body))
        if token != f"Bearer {self.token}":
            return 401, {"message": "Bad credentials"}
        url = urlsplit(address)
        route = _route(method, url.path)
        if route is None:
            self.invalid.append(f"{method} {url.path}: no such operation")
            return 404, {"message": "Not Found"}
        operation, names = route
        described, given = OPERATIONS[operation], json.loads(body) if body else None
        query = {key: int(value) if value.isdigit() else value for key, value in parse_qsl(url.query)}
        try:
            jsonschema.validate(query, {"properties": described["query"], "additionalProperties": False})
            if (given is None) != (described["body"] is None):
                raise jsonschema.ValidationError("a body where there is none, or none where there is one")
            if given is not None:
                jsonschema.validate(given, described["body"])
        except jsonschema.ValidationError as error:
            self.invalid.append(f"{method} {address} {body!r}: {error.message}")
            return 422, {"message": "Validation Failed", "errors": [error.message]}
        if method != "GET" and self.dies_after is not None and len(self.changes) >= self.dies_after:
            return 0, None
        status, answer = self._do(operation.replace(REPOSITORY, ""), names, given)
        if status < 300:
            if method != "GET":
                self.changes.append((method, url.path, given))
            schema = described["answers"][str(status)]
            if schema:
                jsonschema.validate(answer, schema)
            if method == "GET" and "page" in query:
                answer = _page(answer, query)
        return status, answer

    def _do(self, operation: str, names: list[str], given: Any) -> Answer:
        verb, _, path = operation.partition(" ")
        owner = {"login": names[0] if names else "", "type": self.owner_type, "id": 1}
        missing = 404, {"message": "Not Found"}
        if path.startswith("/environments"):
            return self._environment(verb, path, names[2], given)
        if path.startswith(("/rulesets", "/rules")):
            return self._rules(verb, path, names, given)
        if path.startswith("/actions/variables"):
            if verb != "GET":
                self.variables[given["name"]] = given["value"]
                return (201, {}) if verb == "POST" else (204, None)
            return 200, _listed(
                "variables", [{"name": key, "value": value} for key, value in sorted(self.variables.items())]
            )
        if path in ("/vulnerability-alerts", "/automated-security-fixes"):
            if verb == "PUT":
                self.alerts.add(path)
            if verb == "GET" and path.startswith("/auto"):
                return 200, {"enabled": path in self.alerts, "paused": False}
            return (204, None) if path in self.alerts else missing
        if path == "/actions/permissions/workflow":
            if verb == "PUT":
                self.permissions |= given
                return 204, None
            return 200, self.permissions
        answers: dict[str, Any] = {
            "/user": {"login": "ada", "plan": {"name": self.plan}} if self.plan else {"login": "ada"},
            "/users/{username}": {"login": names[-1] if names else "", "id": 77},
            "/orgs/{org}": owner | ({"plan": {"name": self.plan}} if self.plan else {}),
            "/orgs/{org}/teams/{team_slug}": {"id": self.teams[names[1]]}
            if len(names) > 1 and names[1] in self.teams
            else None,
            "/apps/{app_slug}": APP if names and names[0] == APP["slug"] else None,
            "": {
                "name": names[1] if len(names) > 1 else "",
                "owner": owner,
                "private": self.private,
                "default_branch": self.branch,
                "allow_merge_commit": True,
                "permissions": {"admin": self.admin, "pull": True, "push": True},
            },
            "/actions/organization-variables": _listed("variables", []),
            "/actions/organization-secrets": _listed("secrets", []),
            "/actions/secrets": _listed("secrets", [{"name": name} for name in self.secrets]),
            "/codeowners/errors": {"errors": []},
        }
        return (200, answers[path]) if answers[path] is not None else missing

    def _environment(self, verb: str, path: str, name: str, given: Any) -> Answer:
        if path.endswith("/secrets"):
            return 200, _listed("secrets", [{"name": secret} for secret in self.environment_secrets.get(name, [])])
        if path.endswith("/deployment-branch-policies"):
            policy = (self.environments.get(name) or {}).get("deployment_branch_policy") or {}
            if not policy.get("custom_branch_policies"):
                return 404, {"message": "Not Found"}
            here = self.policies.setdefault(name, [])
            if verb == "POST":
                here.append({"id": len(here) + 1, **given})
                return 200, here[-1]
            return 200, _listed("branch_policies", here)
        if verb == "GET":
            found = self.environments.get(name)
            return (200, found) if found else (404, {"message": "Not Found"})
        if self.private and self.plan == "free":
            return 403, {"message": UPGRADE}
        people = given.get("reviewers") or []
        if people and not self.offers:
            return 422, {"message": BILLING}
        rules: list[dict[str, Any]] = []
        if given.get("wait_timer"):
            rules.append({"id": 1, "type": "wait_timer", "wait_timer": given["wait_timer"]})
        if people:
            listed = [{"type": one["type"], "reviewer": {"id": one["id"]}} for one in people]
            asked = {"prevent_self_review": given.get("prevent_self_review", False), "reviewers": listed}
            rules.append({"id": 2, "type": "required_reviewers", **asked})
        policy = given.get("deployment_branch_policy")
        self.environments[name] = {"name": name, "protection_rules": rules, "deployment_branch_policy": policy}
        return 200, self.environments[name]

    def _rules(self, verb: str, path: str, names: list[str], given: Any) -> Answer:
        if self.private and self.plan == "free":
            return 403, {"message": UPGRADE}
        if path.startswith("/rules/"):
            return 200, [
                rule for found in self.rulesets.values() if found["enforcement"] == "active" for rule in found["rules"]
            ]
        if verb == "POST":
            number = len(self.rulesets) + 1
            self.rulesets[number] = {"id": number, **given}
            return 201, self.rulesets[number]
        if path == "/rulesets":
            short = ("id", "name", "target", "enforcement")
            return 200, [{key: found[key] for key in short} for found in self.rulesets.values()]
        number = int(names[2])
        if number not in self.rulesets:
            return 404, {"message": "Not Found"}
        if verb == "PUT":
            self.rulesets[number] |= given
        return 200, self.rulesets[number]


def _listed(key: str, entries: list[Any]) -> dict[str, Any]:
    return {"total_count": len(entries), key: entries}


def _page(answer: Any, query: dict[str, Any]) -> Any:
    first = (query["page"] - 1) * query["per_page"]
    if isinstance(answer, list):
        return answer[first : first + query["per_page"]]
    return {
        key: value[first : first + query["per_page"]] if isinstance(value, list) else value
        for key, value in answer.items()
    }


@contextmanager
def hosting(host: Host) -> Iterator[Host]:
    """Runs the stand-in on a port of this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = host.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
            if not status:  # as a machine that is switched off
                self.close_connection = True
                return
            text = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        host.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
