"""A machine for generated workflows: act runs their jobs here, small actions and a `gh` stand in for GitHub."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from support.rendered_project import ROOT, Project

ACT = Path(sys.executable).with_name("act")
URL = "https://github.com/ada/churn-model.git"
# Remembers what it was called with, and the text it was given; finds the number that GH_NUMBER says, and a reviewer of
# production.
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$STAND_IN_ARTIFACTS/gh-arguments"
if [ "$2" = list ]; then printf '%s\\n' "$GH_NUMBER"; fi
case "$2" in */environments/production) echo 1 ;; esac
while [ $# -gt 1 ]; do
  [ "$1" = --body-file ] && cp "$2" "$STAND_IN_ARTIFACTS/gh-body"
  shift
done
"""


class Runner:
    """A machine that runs the jobs of one project."""

    def __init__(self, project: Project, home: Path, workflow: str = "ci.yml") -> None:
        """Sets it up.

        Args:
            project: Has its base branch `main` checked out and committed.
            home: Folder for what act and the stand-ins leave.
            workflow: Name of the workflow's file.
        """
        self.project, self.home, self.left = project, home, home / "left"
        self.workflow = f".github/workflows/{workflow}"
        (home / "bin").mkdir(parents=True)
        self.left.mkdir()
        (home / "bin/gh").write_text(GH)
        (home / "bin/gh").chmod(0o755)
        project.run("git", "update-ref", "refs/remotes/origin/main", "main")
        project.run("git", "remote", "add", "origin", URL)

    def branch(self, name: str, **changes: str) -> None:
        """Commits a change of `params.yaml` on a new branch: `old="..."`, `new="..."`, in turn."""
        self.project.run("git", "switch", "--quiet", "--create", name)
        for old, new in zip(list(changes.values())[::2], list(changes.values())[1::2], strict=True):
            self.project.edit("params.yaml", old, new)
        self.project.commit(name)

    def stand_ins(self) -> list[str]:
        """Returns act's options that replace each action of the workflow and those it calls; checkout is act's own."""
        text = self.project.read(self.workflow)
        text += "".join(self.project.read(name) for name in re.findall(r"uses: \./(\S+)", text))
        used = set(re.findall(r"uses: ([\w-]+/([\w-]+)@[0-9a-f]{40})", text))
        folders = {action: ROOT / "tests/data/actions" / name for action, name in used if name != "checkout"}
        assert all(folder.is_dir() for folder in folders.values())
        return [f"--local-repository={action}={folder}" for action, folder in folders.items()]

    def payload(self, event: str) -> dict[str, object]:
        """Returns what GitHub would tell of an event."""
        repository = {"full_name": "ada/churn-model", "name": "churn-model", "owner": {"login": "ada"}}
        repository |= {"private": True, "visibility": "private"}
        head = self.project.run("git", "rev-parse", "HEAD").stdout.strip()
        if event != "pull_request":
            return {"repository": repository, "ref": "refs/heads/main", "after": head}
        pull = {
            "number": 7,
            "base": {"ref": "main", "repo": repository},
            "head": {"ref": "work", "sha": head, "repo": repository},
        }
        return {"repository": repository, "number": 7, "action": "opened", "pull_request": pull}

    def act(
        self,
        event: str,
        *jobs: str,
        cached: bool = False,
        variables: Mapping[str, str] = MappingProxyType({}),
        secrets: Mapping[str, str] = MappingProxyType({}),
        matrix: Mapping[str, str] = MappingProxyType({}),
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Runs the workflow for an event.

        Args:
            event: As GitHub calls it.
            jobs: Only these and what they need; all by default.
            cached: Whether the cache action finds what the project's own runs left in DVC's cache.
            variables: What the repository is told in its settings, as `vars`.
            secrets: Likewise, as `secrets`.
            matrix: Only the jobs of a matrix that have these values.
            environment: Further variables of the jobs.
        """
        (self.home / "event.json").write_text(json.dumps(self.payload(event)))
        values = {
            **self.project.environment,
            "PATH": f"{self.home / 'bin'}{os.pathsep}{self.project.environment['PATH']}",
            "STAND_IN_ARTIFACTS": str(self.left),
            "STAND_IN_CACHE": str(self.project.path / ".dvc/cache") if cached else "",
            "UV_OFFLINE": "1",
            **environment,
        }
        passed = {key: text for key, text in values.items() if "\n" not in text}
        (self.home / "env").write_text("".join(f"{key}={json.dumps(text)}\n" for key, text in passed.items()))
        options = [
            *(f"--platform={label}=-self-hosted" for label in ("ubuntu-latest", "ubuntu-24.04")),
            "--action-offline-mode",
            f"--action-cache-path={self.home / 'act'}",
            "--no-cache-server",
            "--concurrent-jobs=1",
            f"--env-file={self.home / 'env'}",
            f"--eventpath={self.home / 'event.json'}",
            "--secret=GITHUB_TOKEN=stand-in",
            f"--workflows={self.workflow}",
            *self.stand_ins(),
            *(f"--var={name}={text}" for name, text in variables.items()),
            *(f"--secret={name}={text}" for name, text in secrets.items()),
            *(f"--matrix={name}:{text}" for name, text in matrix.items()),
            *(f"--job={job}" for job in jobs),
        ]
        return self.project.run(str(ACT), event, *options, check=False)

    def called(self) -> list[str]:
        """The arguments of each call of `gh`."""
        found = self.left / "gh-arguments"
        return found.read_text(encoding="utf-8").splitlines() if found.exists() else []


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Returns what the jobs printed, without colours and act's prefixes, in one line."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout + done.stderr)
    return " ".join(re.sub(r"(?m)^\[[^\]]*\]\s*\|?", "", plain).split())


def succeeded(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Returns the jobs that act calls successful."""
    return set(re.findall(r"\[[\w-]+/(\w+)\s*\] .*Job succeeded", done.stdout))
