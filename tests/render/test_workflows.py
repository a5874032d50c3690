"""The workflows, the template's own and the generated one, read as text: pinned, bounded, and true to the Makefiles."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rendered_project import ROOT
from support.shard_selection import number_of_shards
from support.workflow_files import TEMPLATE, WORKFLOWS

ZIZMOR = Path(sys.executable).with_name("zizmor")
# The verbs that a workflow must run, or name; of those that are not listed, `check` and `test`.
VERBS = {name: {name} for name in ("update", "materialize", "monitor", "retrain", "cloud-cost")} | {
    "own": {"check", "facts", "release-check", "docs", "test", "capabilities"},
    "audit": {"audit"},
    "security": {"licences", "dependency-audit"},
    "deliver": {"gate", "deliver", "smoke"},
    "sign": set(),
    "production": {"delivered"},
}
# What jobs may that may do more than read the repository. Those that run none of the project's code.
WRITERS = {
    "comment": {"pull-requests": "write"},
    "retrain": {"contents": "write", "id-token": "write", "issues": "write", "pull-requests": "write"},
    "start": {"contents": "write"},
    "tell": {"issues": "write"},
    "image": {"contents": "read", "id-token": "write"},
    "promote": {"contents": "write", "id-token": "write"},
    "push": {"attestations": "write", "id-token": "write", "packages": "write"},
    "sign": {"attestations": "write", "contents": "read", "id-token": "write", "packages": "write"},
    "pipeline": {"contents": "read", "id-token": "write"},
    "register": {"contents": "read", "id-token": "write"},
    "verify": {"contents": "read", "id-token": "write", "packages": "read"},
    "approve": {"actions": "read"},
    "staging": {"contents": "write", "id-token": "write"},
    "materialize": {"contents": "read", "id-token": "write"},
    "monitor": {"contents": "read", "id-token": "write"},
    "propose": {"contents": "write", "pull-requests": "write"},
}
WITHOUT_CODE = {"comment", "start", "tell", "approve", "push", "sign"}
RUNS_CODE = re.compile(r"\b(uv run|uv sync|make [a-z]|python)\b")
# Environments of GitHub that are limited to main; production is limited to pull requests, and has no secret.
LIMITED = {"automation", "staging", "template-update"}


@pytest.fixture(params=WORKFLOWS)
def name(request: pytest.FixtureRequest) -> str:
    """Which of the workflows."""
    return request.param


@pytest.fixture
def text(name: str) -> str:
    """A workflow as it is written."""
    return WORKFLOWS[name][0].read_text(encoding="utf-8")


@pytest.fixture
def jobs(text: str) -> dict[str, Any]:
    """The jobs of a workflow."""
    return yaml.safe_load(text)["jobs"]


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of a job; one that calls another workflow has none."""
    return job.get("steps", [])


@pytest.mark.capability("CI workflow", kind="static")
def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.yml" for name in WORKFLOWS]
    for path, (workflow, _) in zip(paths, WORKFLOWS.values(), strict=True):
        path.write_bytes(workflow.read_bytes())
    paths.append(TEMPLATE / ".github/dependabot.yml")
    config = tmp_path / "zizmor.yaml"
    config.write_text("rules: {self-repository: {disable: true}}\n")  # act does not know the newer `$/` instead of `./`
    command = [ZIZMOR, "--offline", f"--config={config}", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout
    assert "zizmor: ignore" not in "".join(path.read_text(encoding="utf-8") for path, _ in WORKFLOWS.values())


@pytest.mark.capability("pinned actions", kind="static")
def test_actions_are_pinned_by_commit(text: str) -> None:
    used = re.findall(r"uses: (.*)", text)
    assert used
    pinned = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/sign\.yml"
    loose = [entry for entry in used if not re.fullmatch(pinned, entry)]
    assert not loose


def test_all_workflows_use_the_same_commits() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path, _ in WORKFLOWS.values())
    commits: dict[str, set[str]] = {}
    for action, commit in re.findall(r"uses: ([\w-]+/[\w-]+)@(.*)", used):
        commits.setdefault(action, set()).add(commit)
    assert not {action: found for action, found in commits.items() if len(found) > 1}


def test_the_template_runs_all_its_shards() -> None:
    jobs = yaml.safe_load(WORKFLOWS["own"][0].read_text(encoding="utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["shard"] == list(range(1, number_of_shards() + 1))
    assert jobs["test"]["env"] == {"NO_SKIPS": "1", "SHARD": "${{ matrix.shard }}"}
    assert jobs["capabilities"]["needs"] == "test"


def test_verbs_are_in_the_makefile(name: str, text: str) -> None:
    verbs = set(re.findall(r"\bmake ([a-z-]+)", text))
    makefile = WORKFLOWS[name][1]
    beside = [*sorted(makefile.parent.glob("*.mk*")), makefile]  # delivery builds what serving has a verb for
    beside += [] if name == "own" else [TEMPLATE / "Makefile.jinja"]
    known = {verb for path in beside for verb in re.findall(r"^([a-z-]+):", path.read_text(encoding="utf-8"), re.M)}
    assert VERBS.get(name, {"check", "test"}) <= verbs <= known


def test_every_job_is_bounded(jobs: dict[str, Any]) -> None:
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs.values() if steps(job))


def test_few_jobs_may_write_and_most_of_them_run_no_code(text: str, jobs: dict[str, Any]) -> None:
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    for name, job in jobs.items():
        assert job.get("permissions", {}) == WRITERS.get(name, {})
        checkouts = [step for step in steps(job) if "checkout@" in step.get("uses", "")]
        assert len(checkouts) == (name not in WITHOUT_CODE)
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert "pull_request_target" not in text


def test_the_update_of_the_template_has_no_token_that_writes() -> None:
    """It may run the guard of the new release: what writes is another job, and runs none of its code."""
    jobs = yaml.safe_load(WORKFLOWS["update"][0].read_text(encoding="utf-8"))["jobs"]
    assert "permissions" not in jobs["update"]
    with_token = {
        (name, step.get("name")): step["env"]["GH_TOKEN"]
        for name, job in jobs.items()
        for step in job["steps"]
        if "GH_TOKEN" in step.get("env", {})
    }
    assert not [name for name, job in jobs.items() if "GH_TOKEN" in job.get("env", {})]
    assert with_token == {
        ("update", "Fetch the template"): "${{ secrets.TEMPLATE_READ_TOKEN || github.token }}",
        ("propose", "Pull request"): "${{ steps.bot.outputs.token || secrets.TEMPLATE_UPDATE_TOKEN || github.token }}",
        ("tell", "Issue"): "${{ github.token }}",
    }
    scripts = [step.get("run", "") for name in ("propose", "tell") for step in jobs[name]["steps"]]
    assert not [script for script in scripts if RUNS_CODE.search(script)]


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ([{"number": 7, "isCrossRepository": True}, {"number": 8, "isCrossRepository": False}], "8"),
        ([{"number": 7, "isCrossRepository": True}], "null"),
    ],
)
def test_a_pull_request_of_a_fork_is_not_taken_for_ours(text: str, listed: list[dict[str, Any]], number: str) -> None:
    """Everybody may open one from a branch of any name: a workflow that finds it would give it our title and report."""
    for options in re.findall(r"\bgh pr (?:list|view)\b(.*)", text):
        expression = re.search(r"--json number,isCrossRepository --jq '([^']*)'", options)
        assert expression, options
        command = ["jq", expression[1]]
        done = subprocess.run(command, input=json.dumps(listed), capture_output=True, text=True, check=True)  # noqa: S603
        assert done.stdout == f"{number}\n"


def test_only_jobs_that_need_servers_run_inside_the_network(jobs: dict[str, Any]) -> None:
    """A runner of one's own runs no pull request, which may come from anybody."""
    inside = {name for name, job in jobs.items() if "vars.RUNNER" in job.get("runs-on", "")}
    assert inside == set(jobs) & {"register", "retrain", "monitor", "materialize"}
    assert all(jobs[name]["runs-on"] == "${{ vars.RUNNER || 'ubuntu-latest' }}" for name in inside)
    assert all(jobs[name]["environment"] == "automation" for name in inside), "limited to main"


def test_a_run_without_a_token_takes_on_no_role() -> None:
    """GitHub gives pull requests of forks and of Dependabot none."""
    jobs = yaml.safe_load(WORKFLOWS["generated"][0].read_text(encoding="utf-8"))["jobs"]
    roles = {
        name: step["if"]
        for name, job in jobs.items()
        for step in steps(job)
        if "role-to-assume" in step.get("with", {})
    }
    assert roles == {
        "pipeline": "vars.AWS_ROLE_CI != '' && steps.token.outputs.given == 'yes'",
        "register": "vars.AWS_ROLE_CI != ''",
    }


def test_an_issue_of_a_stranger_is_not_taken_for_ours(text: str, jobs: dict[str, Any]) -> None:
    """Everybody may open one of any title; whoever opened it first would own, edit and close the alarm."""
    assert all("--app github-actions" in options for options in re.findall(r"\bgh issue (?:list|view)\b(.*)", text))
    writing = [step for job in jobs.values() for step in steps(job) if "gh issue create" in step.get("run", "")]
    assert {step["env"]["GH_TOKEN"] for step in writing} <= {"${{ github.token }}"}


@pytest.mark.capability("CI workflow", kind="static")
def test_no_branch_but_main_gets_a_secret(text: str, jobs: dict[str, Any]) -> None:
    """A secret of the repository is there for every workflow of every branch, so it is one of an environment."""
    on = yaml.safe_load(text)[True]
    for job in jobs.values():
        if re.search(r"\bsecrets\.(?!GITHUB_TOKEN)", json.dumps(job)):
            assert job["environment"] in LIMITED
            assert "pull_request" not in on or job["if"].startswith("github.event_name == 'push'")


@pytest.mark.capability("delivery by digest", kind="static")
def test_who_signs_runs_no_code_of_a_dependency() -> None:
    """The certificate names the workflow: in that of the signer no other job may ask for a token."""
    text = WORKFLOWS["sign"][0].read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    assert job["if"] == "github.ref == 'refs/heads/main'", "else a branch may call main's signer with its own image"
    assert not [
        step for step in job["steps"] if "checkout@" in step.get("uses", "") or "setup-" in step.get("uses", "")
    ]
    assert not [step for step in job["steps"] if RUNS_CODE.search(step.get("run", ""))]
    others = [path.read_text(encoding="utf-8") for name, (path, _) in WORKFLOWS.items() if name != "sign"]
    assert not [other for other in others if "cosign sign" in other or "docker push" in other or "attest-" in other]
    writers = [job for other in others for job in yaml.safe_load(other)["jobs"].values() if "packages" in str(job)]
    assert [job.get("uses") for job in writers if job["permissions"]["packages"] == "write"] == [
        "./.github/workflows/sign.yml"
    ]


def test_who_verifies_wants_that_signer() -> None:
    production = WORKFLOWS["production"][0].read_text(encoding="utf-8")
    policy = next(TEMPLATE.glob("*/*k8s*/cluster/signed-images.yaml.jinja")).read_text(encoding="utf-8")
    assert production.count("/.github/workflows/sign.yml@refs/heads/${{ github.base_ref }}") == 1
    assert policy.count("/.github/workflows/sign.yml@refs/heads/main\n") == 1


def test_a_step_of_a_delivery_has_a_token_or_runs_code() -> None:
    """A token that may write to main is not in the environment of a dependency."""
    jobs = yaml.safe_load(WORKFLOWS["deliver"][0].read_text(encoding="utf-8"))["jobs"]
    with_token = [step for job in jobs.values() for step in steps(job) if "GH_TOKEN" in step.get("env", {})]
    assert len(with_token) == 8
    assert not [step for step in with_token if RUNS_CODE.search(step["run"])]


@pytest.mark.capability("delivery by digest", kind="static")
def test_a_required_check_always_ends() -> None:
    """GitHub leaves the checks of a workflow pending that a filter of paths kept from starting."""
    workflow = yaml.safe_load(WORKFLOWS["production"][0].read_text(encoding="utf-8"))
    assert workflow[True] == {"pull_request": None}
    assert workflow["jobs"]["verify"]["if"] == "needs.changes.outputs.production == 'true'"
    assert workflow["jobs"]["approve"]["needs"] == "verify"


def test_scripts_get_values_by_environment(jobs: dict[str, Any]) -> None:
    assert not [step for job in jobs.values() for step in steps(job) if "${{" in step.get("run", "")]


def test_the_oldest_python_is_found(tmp_path: Path) -> None:
    """The jobs read it with grep from the `requires-python` that the template writes, or that a person made of it."""
    texts = [
        WORKFLOWS[name][0].read_text(encoding="utf-8")
        for name in ("generated", "materialize", "monitor", "retrain", "security")
    ]
    every = [step for text in texts for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    scripts = {step["run"] for step in every if "UV_PYTHON=$python" in step.get("run", "")}
    assert len(scripts) == 1
    command = re.search(r"\$\((.*)\)", scripts.pop())
    assert command
    for written, expected in {
        'requires-python = ">=3.12,<3.14"': "3.12",
        'requires-python="==3.11.*"': "3.11",
        'requires-python = ">= 3.13.2"': "3.13",
    }.items():
        (tmp_path / "pyproject.toml").write_text(f"[project]\n{written}\n")
        done = subprocess.run(["bash", "-c", command[1]], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603, S607
        assert done.stdout == f"{expected}\n"


def test_dependabot_keeps_actions_and_packages_fresh() -> None:
    updates = yaml.safe_load((ROOT / "template/.github/dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert {entry["package-ecosystem"] for entry in updates} == {"github-actions", "uv"}
    assert all(entry["schedule"]["interval"] == "weekly" and entry["groups"] for entry in updates)
