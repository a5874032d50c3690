"""`make github-setup` and `make doctor` against a stand-in that refuses what GitHub's own description does not have."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.services.github_description import CUT
from support.services.github_settings import APP, TOKEN, Host, hosting
from support.services.servers import free_port, serving
from support.template_origin import ENVIRONMENT

pytestmark = pytest.mark.capability("GitHub's settings")

URL = "https://github.com/example-org/churn-model.git"
KINDS: dict[str, dict[str, Any]] = {
    "bare": {"maturity": "custom", "serving": False, "monitoring": False},
    "intermediate": {"maturity": "intermediate"},
    "advanced": {"maturity": "advanced", "cloud": "aws"},
}
PULLS = "refs/pull/*/merge"
OUTPUTS = """{"settings": {"value": {"AWS_DEFAULT_REGION": "eu-central-1", "NOT_OURS": "x"}},
"workflow_roles": {"value": {"ci": "arn:ci", "deliver": "arn:deliver", "retrain": "arn:r", "terraform": "arn:t"}}}"""
PRISM = "@stoplight/prism-cli@5.14.2"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def projects(files_of: Callable[..., Path]) -> dict[str, Path]:
    """The files of a project of each kind, with its remote."""
    made = {kind: files_of(**answers) for kind, answers in KINDS.items()}
    for path in made.values():
        for command in (["git", "init", "--quiet"], ["git", "remote", "add", "origin", URL]):
            subprocess.run(command, cwd=path, env=ENVIRONMENT, check=True)  # noqa: S603
        (path / "outputs.json").write_text(OUTPUTS)
    return made


@pytest.fixture
def host() -> Iterator[Host]:
    """GitHub, with a private repository of an organization that has the plan for all of it."""
    with hosting(Host()) as running:
        yield running
        assert running.invalid == []


@pytest.fixture
def call(projects: dict[str, Path], host: Host) -> Command:
    """The command as `make` runs it, with this interpreter."""

    def run(verb: str, *words: str, kind: str = "advanced", **variables: str) -> subprocess.CompletedProcess[str]:
        own = {key: value for key, value in ENVIRONMENT.items() if not key.startswith(("GH_", "GITHUB_"))}
        own |= {"PYTHONPATH": str(projects[kind] / "src"), "GITHUB_API_URL": host.url, "GH_TOKEN": TOKEN} | variables
        command = [sys.executable, "-m", "churn_model.mlops.github", verb, *words]
        done = subprocess.run(command, cwd=projects[kind], env=own, capture_output=True, text=True, check=False)  # noqa: S603
        assert "Traceback" not in done.stderr
        assert TOKEN not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Prism, which validates requests against the same description, by its address."""
    folder, port = tmp_path_factory.mktemp("npm"), free_port()
    install = ["npm", "install", "--silent", "--ignore-scripts", "--prefer-offline", "--prefix", folder, PRISM]
    subprocess.run(install, check=True)  # noqa: S603
    command = [folder / "node_modules/.bin/prism", "mock", "--errors", "--port", str(port), CUT]
    with serving(command, port, folder / "log", dict(ENVIRONMENT)):
        yield f"http://127.0.0.1:{port}"


def settings(host: Host) -> dict[str, Any]:
    """All that the stand-in keeps."""
    kept = ("environments", "policies", "rulesets", "variables", "permissions", "alerts")
    return {name: deepcopy(getattr(host, name)) for name in kept}


def jobs(project: Path) -> Iterator[tuple[dict[Any, Any], str, dict[str, Any]]]:
    """Yields each job of the workflows: its workflow, its name, and itself."""
    for path in sorted((project / ".github/workflows").glob("*.yml")):
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, job in workflow["jobs"].items():
            yield workflow, name, job


def required(host: Host) -> list[dict[str, Any]]:
    """Returns the required checks of the only ruleset."""
    (ruleset,) = host.rulesets.values()
    (rule,) = (rule for rule in ruleset["rules"] if rule["type"] == "required_status_checks")
    return rule["parameters"]["required_status_checks"]


CLOUDS = {
    "aws": ({"AWS_DEFAULT_REGION": "eu-central-1"}, {"AWS_ROLE_CI": "me"}),
    "gcp": ({"GOOGLE_CLOUD_PROJECT": "p"}, {"GCP_ACCOUNT_CI": "me", "GCP_PROVIDER": "pool"}),
    "azure": ({"AZURE_TENANT_ID": "t"}, {"AZURE_CLIENT_CI": "me", "AZURE_TENANT_ID": "t"}),
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_outputs_of_each_cloud_become_its_variables(
    cloud: str, host: Host, call: Command, projects: dict[str, Path]
) -> None:
    own, expected = CLOUDS[cloud]
    outputs = {"settings": own | {"MONITOR_PREDICTIONS": "bucket"}, "workflow_roles": {"ci": "me"}}
    outputs |= {"workflow_identity_provider": "pool"} if cloud == "gcp" else {}
    file = projects["advanced"] / f"{cloud}.json"
    file.write_text(json.dumps({name: {"value": value} for name, value in outputs.items()}))
    assert call("setup", "--outputs", file.name).returncode == 0
    region = own if cloud == "aws" else {}
    plan = {"GITHUB_ATTESTATIONS": "true"}
    assert host.variables == expected | {"PREDICTIONS": "bucket"} | region | plan


@pytest.mark.parametrize("kind", KINDS)
def test_it_makes_what_the_workflows_need_and_once(
    host: Host, call: Command, projects: dict[str, Path], kind: str
) -> None:
    words = ("--app", "churn-bot", "--outputs", "outputs.json")
    told = call("setup", "--dry-run", *words, kind=kind)
    assert told.returncode == 0, told.stderr
    assert host.changes == []
    done = call("setup", *words, kind=kind)
    assert done.returncode == 0, done.stderr
    assert done.stdout == told.stdout
    assert [line.split()[:2] for line in told.stdout.splitlines()] == [[way, path] for way, path, _ in host.changes]
    made = settings(host)
    assert "all is as the workflows need it" in call("setup", *words, kind=kind).stdout
    assert settings(host) == made

    named = {job["environment"] for _, _, job in jobs(projects[kind]) if "environment" in job}
    assert set(host.environments) == named
    for name, policies in host.policies.items():
        assert [entry["name"] for entry in policies] == [PULLS if name == "production" else "main"]
        rules = host.environments[name]["protection_rules"]
        assert [rule["prevent_self_review"] for rule in rules] == [True] * (name == "production")
        assert [one["reviewer"]["id"] for rule in rules for one in rule["reviewers"]] == [11, 12] * (
            name == "production"
        )
    (ruleset,) = host.rulesets.values()
    assert ruleset["bypass_actors"] == [{"actor_id": APP["id"], "actor_type": "Integration", "bypass_mode": "always"}]
    assert host.permissions == {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
    assert host.variables["BOT_CLIENT_ID"] == APP["client_id"]
    assert "NOT_OURS" not in host.variables
    if kind == "advanced":
        assert host.variables["AWS_ROLE_DELIVER"] == "arn:deliver"

    for name, environment in host.environments.items():
        host.environment_secrets[name] = ["BOT_PRIVATE_KEY"]
        assert environment["deployment_branch_policy"]["custom_branch_policies"]
    found = call("doctor", kind=kind)
    assert (found.returncode, "nothing is missing" in found.stdout) == (0, True), found.stdout
    assert settings(host) == made


@pytest.mark.parametrize("kind", KINDS)
def test_every_required_check_is_a_job_that_every_pull_request_starts(
    host: Host, call: Command, projects: dict[str, Path], kind: str
) -> None:
    call("setup", kind=kind)
    contexts = [check["context"] for check in required(host)]
    assert {check["integration_id"] for check in required(host)} == {15368}, "else any App may report it"
    assert set(contexts) >= {"check", "test", "pipeline", "audit"}
    assert set(contexts) >= {"changes", "verify", "approve"} or kind == "bare"
    for context in contexts:
        ((workflow, _, job),) = [entry for entry in jobs(projects[kind]) if entry[1] == context]
        assert workflow[True].get("pull_request", "none") is None
        assert not str(job.get("if", "")).startswith("github.event_name == 'push'")
        needs = job.get("needs", [])
        assert {needs} if isinstance(needs, str) else set(needs) <= set(contexts), "its failure would skip the check"


@pytest.mark.parametrize("kind", KINDS)
def test_the_doctor_names_all_that_a_workflow_names(
    host: Host, call: Command, projects: dict[str, Path], kind: str
) -> None:
    done = call("doctor", kind=kind)
    assert done.returncode == 1
    for path in (projects[kind] / ".github/workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        for name in {*re.findall(r"\b(?:vars|secrets)\.(\w+)", text)} - {"GITHUB_TOKEN"}:
            line = next(line for line in done.stdout.splitlines() if re.search(rf"(variable|secret) {name} ", line))
            assert "of a workflow of your own" not in line
            assert re.search(rf"--set {name}=|--app NAME|gh secret set {name} --env ", line), "no way to mend it"
        for name in re.findall(r"^    environment: (\S+)$", text, re.M):
            assert f"missing: the environment {name} does not exist" in done.stdout
    for kind_of_rule in ("deletion", "non_fast_forward", "pull_request", "required_status_checks"):
        assert f"no rule {kind_of_rule} protects main" in done.stdout
    assert host.changes == []


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """What a run leaves that nobody kills; filled by the first test that wants it."""
    return {}


def test_the_table_of_the_documents_is_that_of_the_workflows(projects: dict[str, Path]) -> None:
    """What a person reads in docs/governance.md is what the jobs need: names, branches, secrets."""
    text = (projects["advanced"] / "docs/governance.md").read_text(encoding="utf-8")
    rows = [
        line.strip("| ").split(" | ") for line in text.partition("| environment |")[2].splitlines()[2:] if "|" in line
    ]
    told = {
        row[0].strip("`"): (row[1].replace("\\", "").strip("`"), set(re.findall(r"`(\w+)`", row[3]))) for row in rows
    }
    named: dict[str, tuple[str, set[str]]] = {}
    for workflow, _, job in jobs(projects["advanced"]):
        if "environment" in job:
            only = "pull_request" in workflow[True] and not str(job.get("if", "")).startswith(
                "github.event_name == 'push'"
            )
            _, secrets = named.setdefault(job["environment"], (PULLS if only else "main", set()))
            secrets |= {*re.findall(r"secrets\.(\w+)", str(job))}
    assert told == named


@pytest.mark.parametrize("changes", [0, 1, 4, 9])
def test_a_run_that_died_is_completed_by_the_next(
    host: Host, call: Command, whole: dict[str, Any], changes: int
) -> None:
    if not whole:
        with hosting(Host()) as other:
            call("setup", "--app", "churn-bot", GITHUB_API_URL=other.url)
            whole |= settings(other)
    host.dies_after = changes
    done = call("setup", "--app", "churn-bot")
    assert done.returncode == 1
    assert "no answer from" in done.stderr
    assert "Run this again" in done.stderr
    assert len(host.changes) == changes
    assert all(found["deployment_branch_policy"] for found in host.environments.values()), "open to every branch"
    host.dies_after = None
    assert call("setup", "--app", "churn-bot").returncode == 0
    assert settings(host) == whole


def test_prism_accepts_every_call(host: Host, call: Command, prism: str) -> None:
    """A second opinion on what the stand-in lets through."""
    assert call("setup", "--app", "churn-bot", "--set", "STAGING_URL=https://a").returncode == 0
    assert call("setup", "--set", "STAGING_URL=https://b").returncode == 0
    assert "missing: secret" in call("doctor").stdout
    assert {method for method, _, _ in host.requests} == {"GET", "PUT", "POST", "PATCH"}
    wrong = ("POST", "/repos/example-org/churn-model/rulesets", b'{"name": "no enforcement"}')
    refused = []
    for method, address, body in [*dict.fromkeys(host.requests), wrong]:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
        request = urllib.request.Request(prism + address, body or None, headers, method=method)  # noqa: S310
        try:
            urllib.request.urlopen(request, timeout=60).close()  # noqa: S310
        except urllib.error.HTTPError as error:
            refused.append((method, address, body, error.code))
    assert refused == [(*wrong, 422)]


def test_what_a_person_made_stricter_stays(host: Host, call: Command) -> None:
    call("setup")
    asked = {
        "type": "required_reviewers",
        "prevent_self_review": True,
        "reviewers": [{"type": "User", "reviewer": {"id": 5}}],
    }
    host.environments["production"]["protection_rules"] = [{"type": "wait_timer", "wait_timer": 30}, asked]
    host.policies["automation"] = [{"id": 1, "name": "release/*"}]
    host.environments["staging"]["deployment_branch_policy"] = {
        "protected_branches": True,
        "custom_branch_policies": False,
    }
    (ruleset,) = host.rulesets.values()
    rules = {rule["type"]: rule for rule in ruleset["rules"]}
    rules["pull_request"]["parameters"] |= {
        "required_approving_review_count": 2,
        "required_review_thread_resolution": True,
    }
    required(host).append({"context": "external", "integration_id": 99})
    ruleset["rules"].append({"type": "required_signatures"})
    ruleset["conditions"]["ref_name"]["include"].append("refs/heads/release/*")
    strict = settings(host)
    done = call("setup")
    assert settings(host) == strict
    assert "kept: automation admits release/*, its jobs come from main" in done.stdout
    assert done.returncode == 1


def test_what_is_looser_is_made_stricter(host: Host, call: Command) -> None:
    call("setup")
    wanted = settings(host)
    host.environments["staging"] = {"name": "staging", "protection_rules": [], "deployment_branch_policy": None}
    host.policies.pop("staging")
    host.environments["production"]["protection_rules"] = []
    (ruleset,) = host.rulesets.values()
    ruleset["enforcement"] = "disabled"
    ruleset["rules"] = [rule for rule in ruleset["rules"] if rule["type"] != "deletion"]
    required(host).pop()
    found = call("doctor").stdout
    assert "every branch may enter the environment staging" in found
    assert "nobody is asked before production" in found
    assert "no rule pull_request protects main" in found
    assert call("setup").returncode == 0
    made = settings(host)
    for kept in (made, wanted):  # in whatever order
        for ruleset in kept["rulesets"].values():
            ruleset["rules"].sort(key=lambda rule: rule["type"])
    assert made == wanted


def test_a_check_that_nothing_reports_is_told(host: Host, call: Command) -> None:
    call("setup")
    required(host).append({"context": "renamed", "integration_id": 15368})
    found = call("doctor")
    assert "so that all wait for ever: renamed" in found.stdout
    assert found.returncode == 1


@pytest.mark.parametrize(
    ("host_is", "offers"),
    [
        ({"plan": "team", "offers": False}, ["reviewers", "attestations"]),
        ({"plan": "", "offers": False}, []),  # GitHub does not tell, and refuses
        ({"plan": "free", "offers": False}, ["environments", "rulesets", "reviewers", "attestations"]),
    ],
)
def test_what_the_plan_does_not_offer_is_told_and_the_rest_is_made(
    host: Host, call: Command, host_is: dict[str, Any], offers: list[str]
) -> None:
    for name, value in host_is.items():
        setattr(host, name, value)
    done = call("setup", "--app", "churn-bot")
    assert done.returncode == 1
    assert "not offered" in done.stdout
    assert host.permissions["default_workflow_permissions"] == "read"
    assert set(host.environments) == (
        set() if host.plan == "free" else {"automation", "production", "staging", "template-update"}
    )
    assert len(host.rulesets) == (host.plan != "free")
    assert "GITHUB_ATTESTATIONS" not in host.variables
    found = call("doctor")
    assert found.returncode == 1
    assert len(re.findall("^not offered: ", found.stdout, re.M)) == len(offers)
    assert ("nobody is asked before production" in found.stdout) == (host.plan != "free")


def test_a_public_repository_of_a_person_needs_no_plan(host: Host, call: Command) -> None:
    host.private, host.owner_type, host.plan = False, "User", ""
    done = call("setup", "--app", "churn-bot", "--repository", "ada/churn-model")
    assert done.returncode == 0, done.stderr
    (rule,) = host.environments["production"]["protection_rules"]
    assert rule["reviewers"] == [{"type": "User", "reviewer": {"id": 77}}]
    assert rule["prevent_self_review"] is False, "nobody else could approve"
    (ruleset,) = host.rulesets.values()
    review = next(one["parameters"] for one in ruleset["rules"] if one["type"] == "pull_request")
    assert review["required_approving_review_count"] == 0
    assert "not offered" not in call("doctor", "--repository", "ada/churn-model").stdout


@pytest.mark.parametrize(
    ("words", "variables", "sentence"),
    [
        (["--set", "STAGING_URL"], {}, "--set 'STAGING_URL': write NAME=VALUE"),
        (["--set", "STAGING_UR=x"], {}, "--set STAGING_UR: no workflow reads it. They read AWS_DEFAULT_REGION"),
        (["--app", "other-bot"], {}, "GitHub knows no App other-bot"),
        (["--app", "../user"], {}, "write the name of the App's page"),
        (["--reviewer", "example-org/nobody"], {}, "GitHub knows no team example-org/nobody: make it at https://"),
        (["--reviewer", "a b"], {}, "'a b' is no reviewer"),
        (["--outputs", "nowhere.json"], {}, "nowhere.json can't be read"),
        (["--outputs", "params.yaml"], {}, "params.yaml holds no outputs of Terraform"),
        ([], {"GH_TOKEN": "wrong"}, "GitHub says 401 Bad credentials. The token is not accepted: run `gh auth login`"),
        ([], {"GH_TOKEN": f"{TOKEN}\t{TOKEN}"}, "the token has spaces or other signs in it: copy it again"),
        ([], {"GH_TOKEN": "", "PATH": "/nowhere"}, "no token of github.com: run `gh auth login`"),
        ([], {"GITHUB_API_URL": "http://api.example.com"}, "an address without https would show the token"),
        ([], {"GITHUB_API_URL": "http://127.0.0.1:9"}, "no answer from http://127.0.0.1:9"),
        ([], {"GITHUB_SERVER_URL": "https://git.example.com"}, "the remote origin is not at https://git.example.com"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence(
    host: Host, call: Command, words: list[str], variables: dict[str, str], sentence: str
) -> None:
    named = ["--repository", "example-org/churn-model"] if "PATH" in variables else []
    done = call("setup", *named, *words, **variables)
    assert done.returncode == (1 if sentence.startswith(("GitHub says", "no answer")) else 2)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert host.changes == [], "refused before anything was changed"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"branch": "master"}, "the default branch is master, the workflows know main"),
        ({"admin": False}, "may not administer"),
    ],
)
def test_a_repository_that_does_not_fit_is_refused(
    host: Host, call: Command, change: dict[str, Any], sentence: str
) -> None:
    for name, value in change.items():
        setattr(host, name, value)
    done = call("setup")
    assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr
    assert host.changes == []


def test_the_token_may_be_that_of_gh(host: Host, call: Command, tmp_path: Path) -> None:
    """The real `gh`, with the token that `gh auth login` keeps."""
    (tmp_path / "hosts.yml").write_text(f"github.com:\n    oauth_token: {TOKEN}\n    user: ada\n")
    path = f"{Path(sys.executable).parent}:{ENVIRONMENT['PATH']}"
    done = call("setup", "--dry-run", GH_TOKEN="", GH_CONFIG_DIR=str(tmp_path), PATH=path)
    assert done.returncode == 0, done.stderr
    assert host.tokens == {f"Bearer {TOKEN}"}


def test_a_secret_of_the_repository_is_refused(host: Host, call: Command) -> None:
    host.secrets = ["BOT_PRIVATE_KEY"]
    found = call("doctor")
    assert "secret BOT_PRIVATE_KEY is the repository's, so every branch may read it: gh secret delete" in found.stdout


def test_a_workflow_of_the_user_counts_too(host: Host, call: Command, projects: dict[str, Path]) -> None:
    """What it names is handled; what does not always start is not required."""
    texts = {
        "lint.yml": "on: pull_request\njobs: {lint: {runs-on: x, steps: []}, wide: {strategy: {matrix: {a: [1]}}}}\n",
        "docs.yml": "on: {pull_request: {paths: [docs/**]}}\njobs: {docs: {runs-on: x, environment: {name: pages}}}\n",
        "tags.yml": "on: {push: {tags: [v*]}}\njobs: {t: {strategy: , environment: team/pypi, env: {D: 2026-01-01}}}\n",
        "old.yml": "on: {pull_request: {branches: maintenance}}\njobs: {old: {runs-on: x, steps: []}}\n",
        "nightly.yml": "on: schedule\njobs: {night: {environment: night, env: {A: \"${{ secrets['MINE'] }}\"}}}\n",
    }
    folder = projects["bare"] / ".github/workflows"
    try:
        for name, text in texts.items():
            (folder / name).write_text(text)
        assert call("setup", kind="bare").returncode == 0
        assert "team/pypi" not in host.policies, "only tags enter it, and a team knows which"
        assert {check["context"] for check in required(host)} == {"check", "test", "pipeline", "audit", "lint"}
        assert [one["name"] for name in ("pages", "night") for one in host.policies[name]] == [PULLS, "main"]
        assert "gh secret set MINE --env night" in call("doctor", kind="bare").stdout
        (folder / "lint.yml").write_text("on: [\n")
        assert "lint.yml is no YAML" in call("setup", kind="bare").stderr
    finally:
        for name in texts:
            (folder / name).unlink()
