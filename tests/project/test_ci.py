"""The generated `ci.yml`, executed by act on this machine: green on the default project, red on what must not merge.

Actions that need GitHub are replaced by the small ones of `tests/actions`; what the jobs run is real.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, STAGES, Project

pytestmark = pytest.mark.e2e

ACT = Path(sys.executable).with_name("act")
WORKFLOW = ".github/workflows/ci.yml"
GH = """#!/bin/sh
printf '%s\\n' "$*" > "$STAND_IN_ARTIFACTS/gh-arguments"
while [ $# -gt 1 ]; do
  [ "$1" = --body-file ] && cp "$2" "$STAND_IN_ARTIFACTS/gh-body"
  shift
done
"""


def stand_ins(project: Project) -> list[str]:
    """Returns act's options that replace each action of the workflow; checkout is act's own."""
    used = set(re.findall(r"uses: ([\w-]+/([\w-]+)@[0-9a-f]{40})", project.read(WORKFLOW)))
    folders = {action: ROOT / "tests/actions" / name for action, name in used if name != "checkout"}
    assert all(folder.is_dir() for folder in folders.values())
    return [f"--local-repository={action}={folder}" for action, folder in folders.items()]


class Runner:
    """A machine that runs the jobs of one project."""

    def __init__(self, project: Project, home: Path) -> None:
        """Sets it up.

        Args:
            project: Has its base branch `main` checked out and committed.
            home: Folder for what act and the stand-ins leave.
        """
        self.project, self.home, self.left = project, home, home / "left"
        (home / "bin").mkdir(parents=True)
        self.left.mkdir()
        (home / "bin/gh").write_text(GH)
        (home / "bin/gh").chmod(0o755)
        project.run("git", "update-ref", "refs/remotes/origin/main", "main")
        project.run("git", "remote", "add", "origin", "https://github.com/ada/churn-model.git")

    def branch(self, name: str, **changes: str) -> None:
        """Commits a change of `params.yaml` on a new branch: `old="..."`, `new="..."`, in turn."""
        self.project.run("git", "switch", "--quiet", "--create", name)
        for old, new in zip(list(changes.values())[::2], list(changes.values())[1::2], strict=True):
            self.project.edit("params.yaml", old, new)
        self.project.commit(name)

    def act(self, event: str, *jobs: str, cached: bool = False) -> subprocess.CompletedProcess[str]:
        """Runs the workflow for an event.

        Args:
            event: As GitHub calls it.
            jobs: Only these and what they need; all by default.
            cached: Whether the cache action finds what the project's own runs left in DVC's cache.
        """
        repository = {"full_name": "ada/churn-model", "name": "churn-model", "owner": {"login": "ada"}}
        head = self.project.run("git", "rev-parse", "HEAD").stdout.strip()
        pull = {
            "number": 7,
            "base": {"ref": "main", "repo": repository},
            "head": {"ref": "work", "sha": head, "repo": repository},
        }
        payload = {"repository": repository, "ref": "refs/heads/main", "after": head}
        if event == "pull_request":
            payload = {"repository": repository, "number": 7, "action": "opened", "pull_request": pull}
        (self.home / "event.json").write_text(json.dumps(payload))
        environment = self.project.environment | {
            "PATH": f"{self.home / 'bin'}{os.pathsep}{self.project.environment['PATH']}",
            "STAND_IN_ARTIFACTS": str(self.left),
            "STAND_IN_CACHE": str(self.project.path / ".dvc/cache") if cached else "",
            "UV_OFFLINE": "1",
        }
        passed = {key: text for key, text in environment.items() if "\n" not in text}
        (self.home / "env").write_text("".join(f"{key}={json.dumps(text)}\n" for key, text in passed.items()))
        options = [
            "--platform=ubuntu-latest=-self-hosted",
            "--action-offline-mode",
            f"--action-cache-path={self.home / 'act'}",
            "--no-cache-server",
            "--concurrent-jobs=1",
            f"--env-file={self.home / 'env'}",
            f"--eventpath={self.home / 'event.json'}",
            "--secret=GITHUB_TOKEN=stand-in",
            f"--workflows={WORKFLOW}",
            *stand_ins(self.project),
            *(f"--job={job}" for job in jobs),
        ]
        return self.project.run(str(ACT), event, *options, check=False)


@pytest.fixture
def runner(project: Project, tmp_path: Path) -> Runner:
    """A runner for a copy of the finished default project."""
    return Runner(project, tmp_path / "runner")


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Returns what the jobs printed, without colours and act's prefixes, in one line."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout + done.stderr)
    return " ".join(re.sub(r"(?m)^\[[^\]]*\]\s*\|?", "", plain).split())


def succeeded(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Returns the jobs that act calls successful."""
    return set(re.findall(r"\[ci/(\w+)\s*\] .*Job succeeded", done.stdout))


def test_a_push_is_green(runner: Runner) -> None:
    done = runner.act("push")
    assert done.returncode == 0, said(done)[-4000:]
    assert succeeded(done) == {"check", "test", "pipeline"}
    text = said(done)
    assert re.search(r"mypy\.+Passed", text)
    assert re.search(r"\d+ passed", text)
    assert "MODEL_CARD.md is up to date" in text
    assert "registered churn-model version 1" in text
    assert not (runner.left / "gh-body").exists()


def test_broken_data_are_refused(runner: Runner) -> None:
    runner.branch("broken", old="drift: none", new="drift: quality")
    done = runner.act("pull_request", "pipeline", cached=True)
    text = said(done)
    assert done.returncode != 0, text[-4000:]
    assert re.search(r"refused: .* in \d+ of \d+ expectations", text), text[-4000:]
    assert re.findall(r"Running stage '(\w+)'", text) == ["ingest", "validate"]


def test_a_good_change_is_compared_and_commented_on(runner: Runner) -> None:
    runner.branch("better", old="hyperparameters: {}", new="hyperparameters: {learning_rate: 0.08}")
    done = runner.act("pull_request", "comment")
    text = said(done)
    assert done.returncode == 0, text[-4000:]
    assert succeeded(done) == {"pipeline", "comment"}
    ran = re.findall(r"Running stage '(\w+)'", text)
    assert tuple(ran[: len(STAGES)]) == STAGES, "the champion is trained again"
    assert "train" in ran[len(STAGES) :]
    assert "ingest" not in ran[len(STAGES) :], "the rows of the base branch are those of the pull request"
    assert "CHAMPION_REV=origin/main" in text
    alone, compared = map(int, re.findall(r"all (\d+) gates passed", text))
    assert compared == alone + 1, "the champion is one gate more"
    comment = (runner.left / "gh-body").read_text()
    assert re.search(r"\| metrics\.json\s*\| roc_auc\s*\| 0\.8\d*\s*\| 0\.8\d*\s*\| -?0\.\d+", comment), comment
    assert re.search(r"\| params\.yaml\s*\| train\.hyperparameters\.learning_rate\s*\| -\s*\| 0\.08", comment), comment
    arguments = (runner.left / "gh-arguments").read_text()
    assert arguments.startswith("pr comment 7 --repo ada/churn-model --edit-last --create-if-none --body-file ")


def test_a_worse_model_is_refused(runner: Runner) -> None:
    runner.branch(
        "worse",
        old="hyperparameters: {}",
        new="hyperparameters: {max_iter: 2, max_leaf_nodes: 3}",
        old_minimum="minimum: {roc_auc: 0.80}",
        new_minimum="minimum: {}",
    )
    done = runner.act("pull_request", "pipeline", cached=True)
    text = said(done)
    assert done.returncode != 0, text[-4000:]
    assert re.findall(r"Running stage '(\w+)'", text) == ["train", "evaluate"], "the champion came from the cache"
    assert re.search(r"refused: .* gates champion: roc_auc differs from champion origin/main's by -0\.\d+", text), text
