"""Steps of the workflows that no other test starts, run as GitHub's runner does, with a small `gh` and `cosign`."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.template_origin import git
from support.workflow_files import WORKFLOWS

# Answers with the file that the test wrote, through the real jq, as `gh` does; without one it fails as at a 404.
GH = """#!/bin/sh
[ "$1 $2 $3" = "api repos/ada/churn-model/environments/production --jq" ] || exit 9
[ -f answer.json ] || { echo "gh: Not Found (HTTP 404)" >&2; exit 1; }
exec jq --raw-output "$4" answer.json
"""
COSIGN = """#!/bin/sh
echo "$*" >> called
"""
# Neither cache nor remote has a model: `python` fails, `dvc` does not.
UV = """#!/bin/sh
[ "$2" = dvc ]
"""
# `make run` trains a model of other bytes than those of dvc.lock, `make promote` says so in the log.
MAKE = """#!/bin/sh
echo "$1 $2" >> "$RUNNER_TEMP/made"
if [ "$1" = run ]; then echo other > dvc.lock; else echo promoted >> audit.jsonl; fi
"""
REVIEWER = {"type": "User", "reviewer": {"id": 5}}


def step(workflow: str, job: str, name: str) -> dict[str, Any]:
    """Returns a step of a workflow."""
    jobs = yaml.safe_load(WORKFLOWS[workflow][0].read_text(encoding="utf-8"))["jobs"]
    return next(one for one in jobs[job]["steps"] if one.get("name") == name)


def run(folder: Path, script: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Runs a script as `shell: bash` does, in a folder with the stand-ins."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, text in (("gh", GH), ("cosign", COSIGN)):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    own = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(folder)} | values
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.capability("delivery by digest")
@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        ([{"type": "required_reviewers", "reviewers": [REVIEWER]}], True),
        ([], False),  # a plan without reviewers, or nobody set them up
        ([{"type": "branch_policy"}, {"type": "wait_timer", "wait_timer": 5}], False),
        ([{"type": "required_reviewers", "reviewers": []}], False),
        (None, False),  # there is no such environment, or GitHub does not answer
    ],
)
def test_nobody_asked_is_not_approved(tmp_path: Path, rules: list[dict[str, Any]] | None, passes: bool) -> None:
    if rules is not None:
        (tmp_path / "answer.json").write_text(json.dumps({"name": "production", "protection_rules": rules}))
    done = run(
        tmp_path, step("production", "approve", "A person was asked")["run"], GITHUB_REPOSITORY="ada/churn-model"
    )
    assert (done.returncode == 0) is passes, done.stderr
    assert ("nobody approved this: run make doctor" in done.stdout) == (rules is not None and not passes)


@pytest.mark.capability("delivery by digest")
@pytest.mark.parametrize("says", ["", "null", "[]", "1.0", "\x1b[32m1\x1b[m", "0\n0"])
def test_what_is_no_number_is_not_approved(tmp_path: Path, says: str) -> None:
    script = step("production", "approve", "A person was asked")["run"]
    done = run(tmp_path, f'gh() {{ printf "%s" "$SAYS"; }}\n{script}', GITHUB_REPOSITORY="ada/churn-model", SAYS=says)
    assert done.returncode == 1
    assert "nobody approved this" in done.stdout


@pytest.mark.capability("delivery by digest")
def test_provenance_is_attested_on_every_plan(tmp_path: Path) -> None:
    """By cosign, as SLSA wants it. GitHub's own attestation fails where the plan has none: it has a condition."""
    found = step("sign", "push", "Provenance")
    assert set(found) == {"name", "env", "run"}, "it depends on nothing"
    image = "ghcr.io/ada/churn-model@sha256:" + "a" * 64
    done = run(
        tmp_path,
        found["run"],
        IMAGE=image,
        RUN="https://github.com/ada/churn-model/actions/runs/7/attempts/1",
        SOURCE="https://github.com/ada/churn-model",
        GITHUB_WORKFLOW_REF="ada/churn-model/.github/workflows/deliver.yml@refs/heads/main",
        GITHUB_REF="refs/heads/main",
        GITHUB_SHA="b" * 40,
        GITHUB_EVENT_NAME="push",
        GITHUB_REPOSITORY="ada/churn-model",
    )
    assert done.returncode == 0, done.stderr
    predicate = tmp_path / "provenance.json"
    called = (tmp_path / "called").read_text()
    assert called == f"attest --yes --type slsaprovenance1 --predicate {predicate} {image}\n"
    made = json.loads(predicate.read_text())
    assert made["buildDefinition"] == {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {
            "workflow": {
                "ref": "refs/heads/main",
                "repository": "https://github.com/ada/churn-model",
                "path": ".github/workflows/deliver.yml",
            }
        },
        "internalParameters": {"github": {"event_name": "push"}},
        "resolvedDependencies": [
            {"uri": "git+https://github.com/ada/churn-model@refs/heads/main", "digest": {"gitCommit": "b" * 40}}
        ],
    }
    assert made["runDetails"]["builder"] == {
        "id": "https://github.com/ada/churn-model/.github/workflows/sign.yml@refs/heads/main"
    }
    assert step("sign", "push", "Provenance at GitHub")["if"] == (
        "github.event.repository.visibility == 'public' || vars.GITHUB_ATTESTATIONS == 'true'"
    )


@pytest.mark.capability("CI workflow")
def test_a_base_model_that_was_trained_again_is_the_champion(tmp_path: Path) -> None:
    """The log that is compared with names the model that this machine trained, for it has no other."""
    (tmp_path / "bin").mkdir()
    for name, text in (("uv", UV), ("make", MAKE)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    for name, text in (("dvc.lock", "base\n"), ("audit.jsonl", "first\n"), ("params.yaml", "    require: true\n")):
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", "dvc.lock", "audit.jsonl", "params.yaml")
    git(tmp_path, "commit", "--quiet", "--message", "base")
    found = step("generated", "pipeline", "The champion is the base branch's")
    done = run(tmp_path, found["run"], BASE="main", GITHUB_ENV=str(tmp_path / "env"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made").read_text() == "run \npromote WHY=trained again\n"
    revision = (tmp_path / "env").read_text().strip().removeprefix("CHAMPION_REV=")
    assert git(tmp_path, "show", f"{revision}:dvc.lock", f"{revision}:audit.jsonl") == "other\nfirst\npromoted\n"
    assert git(tmp_path, "rev-parse", f"{revision}^") == git(tmp_path, "rev-parse", "main")


@pytest.mark.capability("CI workflow")
def test_the_server_gets_the_champion_of_the_log() -> None:
    found = step("generated", "register", "The server has the champion of the audit log")
    assert found["run"] == "make restore"
    assert found["if"] == "hashFiles('audit.jsonl') != ''"
    before = step("generated", "register", "make run")
    assert {name: found["env"][name] for name in before["env"] if name.startswith("MLFLOW")} == found["env"]


@pytest.mark.parametrize("name", ["deliver", "retrain", "update"])
def test_the_token_of_the_app_is_made_right_before_it_is_used(name: str) -> None:
    """No step in between runs code, and the token may do no more than its step does."""
    jobs = yaml.safe_load(WORKFLOWS[name][0].read_text(encoding="utf-8"))["jobs"]
    pairs = [
        (one, then)
        for job in jobs.values()
        for one, then in zip(job.get("steps", []), job.get("steps", [])[1:], strict=False)
        if "create-github-app-token@" in one.get("uses", "")
    ]
    assert len(pairs) == {"deliver": 3}.get(name, 1)
    for token, used in pairs:
        assert "vars.BOT_CLIENT_ID != ''" in token["if"]
        assert used["env"]["GH_TOKEN"].startswith("${{ steps.bot.outputs.token || ")
        rights = {key for key in token["with"] if key.startswith("permission-")}
        wanted = {"permission-contents"} | ({"permission-pull-requests"} if "gh pr" in used["run"] else set())
        assert rights == wanted | ({"permission-workflows"} if name == "update" else set())
