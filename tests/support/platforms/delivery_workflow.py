"""A machine that delivers: `deliver.yml` and `production.yml` by act, a registry, and a repository like GitHub's."""

import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.platforms.act_runner import URL, Runner, said
from support.rendered_project import Project
from support.services.containers import Podman
from support.services.servers import free_port
from support.template_origin import git

STAGING, PRODUCTION = "deploy/staging.env", "deploy/production.env"
REGISTRY = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
# Podman speaks to registries by TLS, and does not say which digest it pushed; both else as docker does.
DOCKER = """#!/bin/sh
case "$1" in
  push) podman push --quiet --tls-verify=false --digestfile "$RUNNER_TEMP/digest" "$2"
        echo "latest: digest: $(cat "$RUNNER_TEMP/digest") size: 1" ;;
  pull) shift; exec podman pull --tls-verify=false "$@" ;;
  build) shift; exec podman build --format docker --network host "$@" ;;
  *) exec podman "$@" ;;
esac
"""


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on this machine, by its address."""
    found = shutil.which("docker-registry")
    if not found:
        pytest.skip("images are pushed to Debian's docker-registry: install it")
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    (folder / "config.yml").write_text(REGISTRY.format(folder=folder / "data", port=port), encoding="utf-8")
    command = [found, "serve", folder / "config.yml"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:  # noqa: S603
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and running.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=60).close()
                break
            except OSError:
                time.sleep(0.1)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            running.terminate()


def connected(source: Project, home: Path) -> Project:
    """Copies a project to `home/p`, its results in a remote of DVC; what it pushes to GitHub is in `hosted.git`."""
    shutil.copytree(source.path, home / "p", symlinks=True)
    git(home, "init", "--quiet", "--bare", "hosted.git")
    elsewhere = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{home / 'hosted.git'}.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    nobody = {key: text for key, text in source.environment.items() if not key.startswith(("GIT_AUTHOR", "GIT_COMM"))}
    mine = Project(home / "p", source.environment)
    mine.edit(".dvc/config", "../../dvc-storage", str(home / "storage"))
    mine.run("uv", "run", "dvc", "push")
    mine.commit("the remote")
    return Project(mine.path, nobody | elsewhere)


def published(source: Project, home: Path) -> Project:
    """Copies a project as `connected`, to have what a clone has: no results, its branch called main."""
    mine = connected(source, home)
    mine.run("git", "branch", "--force", "--move", "main")
    for left in ("models", "reports", "data", "mlflow.db", "mlruns", ".dvc/cache"):
        path = mine.path / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return mine


class Deliverer(Runner):
    """A runner with docker, a registry, and GitHub's repository at its newest."""

    def delivered(self, event: str, *jobs: str, podman: Podman, registry: str, **values: str) -> tuple[str, bool]:
        """Runs the workflow; returns what was said, and whether it was green."""
        (self.home / "bin/docker").write_text(DOCKER, encoding="utf-8")
        (self.home / "bin/docker").chmod(0o755)
        values = {**podman.environment, "STAND_IN_VULNERABLE": "", **values}
        done = self.act(event, *jobs, variables={"IMAGE_REPOSITORY": f"{registry}/ada/churn-model"}, **values)
        return said(done), done.returncode == 0


def image(hosted: Path, branch: str = "main", name: str = STAGING) -> str:
    """Returns the image of an environment."""
    return git(hosted, "show", f"{branch}:{name}").removeprefix("IMAGE=").strip()
