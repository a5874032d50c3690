"""The generated `deliver.yml` and `production.yml`, executed by act: built once, delivered by digest, or stopped.

GitHub's repository is a bare one on this machine; `gh`, scanner and signatures are stand-ins. Pipeline, gates, image,
container, git and the registry, Debian's docker-registry, are real.
"""

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import URL, Runner, said
from conftest import Project
from containers import Podman
from servers import free_port
from updating import git

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image")]

STAGING, PRODUCTION, CHAIN = "deploy/staging.env", "deploy/production.env", "deploy/deliveries.jsonl"
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
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json,application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on this machine, by its address."""
    found = shutil.which("docker-registry")
    if not found:
        pytest.skip("images are pushed to Debian's docker-registry: install it")
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    (folder / "config.yml").write_text(REGISTRY.format(folder=folder / "data", port=port), encoding="utf-8")
    command = [found, "serve", folder / "config.yml"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:  # noqa: S603
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and running.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            running.terminate()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project, GitHub and the machine are."""
    return tmp_path_factory.mktemp("delivery")


@pytest.fixture(scope="module")
def project(served: Project, home: Path) -> Project:
    """A copy of the project on GitHub, its results in a remote of DVC; what it pushes arrives in `hosted.git`."""
    shutil.copytree(served.path, home / "p", symlinks=True)
    git(home, "init", "--quiet", "--bare", "hosted.git")
    elsewhere = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{home / 'hosted.git'}.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    nobody = {key: text for key, text in served.environment.items() if not key.startswith(("GIT_AUTHOR", "GIT_COMM"))}
    mine = Project(home / "p", served.environment)
    mine.edit(".dvc/config", "../../dvc-storage", str(home / "storage"))
    mine.run("uv", "run", "dvc", "push")
    mine.commit("the remote")
    mine.run("git", "branch", "--force", "--move", "main")
    for left in ("models", "reports", "data", "mlflow.db", "mlruns", ".dvc/cache"):  # as a clone has nothing
        path = mine.path / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return Project(mine.path, nobody | elsewhere)


class Deliverer(Runner):
    """A runner with docker, a registry, and GitHub's repository at its newest."""

    def delivered(self, event: str, *jobs: str, podman: Podman, registry: str, **values: str) -> tuple[str, bool]:
        """Runs the workflow; returns what was said, and whether it was green."""
        (self.home / "bin/docker").write_text(DOCKER, encoding="utf-8")
        (self.home / "bin/docker").chmod(0o755)
        values = {**podman.environment, "STAND_IN_VULNERABLE": "", **values}
        done = self.act(event, *jobs, variables={"IMAGE_REPOSITORY": f"{registry}/ada/churn-model"}, **values)
        return said(done), done.returncode == 0


@pytest.fixture(scope="module")
def delivery(
    project: Project, home: Path, podman: Podman, base_image: str, registry: str
) -> tuple[Deliverer, str, bool]:
    """What came of a push to main: the machine, what was said, and whether it was green."""
    assert base_image
    git(project.path, "push", "--quiet", str(home / "hosted.git"), "main")
    machine = Deliverer(project, home / "runner", "deliver.yml")
    return machine, *machine.delivered("push", podman=podman, registry=registry)


@pytest.fixture
def hosted(delivery: tuple[Deliverer, str, bool], home: Path) -> Path:
    """The repository that stands in for GitHub's, after the delivery."""
    assert delivery[2], delivery[1][-6000:]
    return home / "hosted.git"


def image(hosted: Path, branch: str = "main", name: str = STAGING) -> str:
    """Returns the image of an environment."""
    return git(hosted, "show", f"{branch}:{name}").removeprefix("IMAGE=").strip()


@pytest.mark.capability("delivery by digest")
def test_one_digest_goes_from_the_commit_to_staging(
    hosted: Path, delivery: tuple[Deliverer, str, bool], registry: str
) -> None:
    machine, _, _ = delivery
    found = image(hosted)
    name, digest = found.split("@")
    assert name == f"{registry}/ada/churn-model"
    request = urllib.request.Request(
        f"http://{registry}/v2/ada/churn-model/manifests/{digest}", headers={"Accept": MANIFEST}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.headers["Docker-Content-Digest"] == digest
    assert set(git(hosted, "diff", "--name-only", "main^", "main").split()) == {STAGING, CHAIN}
    assert git(hosted, "log", "-1", "--format=%an: %s", "main") == f"github-actions[bot]: Deliver {digest} to staging\n"
    assert git(hosted, "rev-parse", "main^") == git(machine.project.path, "rev-parse", "main")
    (entry,) = (json.loads(line) for line in git(hosted, "show", f"main:{CHAIN}").splitlines())
    assert (entry["environment"], entry["image"]) == ("staging", found)
    assert entry["evaluated"] == git(machine.project.path, "rev-parse", "main").strip()
    left = {name: (machine.left / name).read_text().strip() for name in ("scanned", "signed", "attested")}
    assert left["scanned"].startswith("churn-model:1-")
    assert left["signed"] == left["attested"] == found
    assert "attest --yes --type cyclonedx --predicate" in (machine.left / "cosign").read_text()


def test_production_is_offered_the_same_digest(hosted: Path, delivery: tuple[Deliverer, str, bool]) -> None:
    machine, text, _ = delivery
    assert image(hosted, "deliver-production", PRODUCTION) == image(hosted)
    assert set(git(hosted, "diff", "--name-only", "main", "deliver-production").split()) == {PRODUCTION, CHAIN}
    assert any(call.startswith("pr create --base main --head deliver-production") for call in machine.called())
    assert image(hosted) in (machine.left / "gh-body").read_text()
    assert "serves model" in text
    assert "smoke" not in text.split("Job succeeded")[-1]


@pytest.fixture
def proposed(hosted: Path, delivery: tuple[Deliverer, str, bool]) -> Deliverer:
    """The machine of the pull request for production, its branch checked out."""
    machine = delivery[0]
    machine.workflow = ".github/workflows/production.yml"
    git(machine.project.path, "fetch", "--quiet", str(hosted), "deliver-production")
    git(machine.project.path, "switch", "--quiet", "--force-create", "deliver-production", "FETCH_HEAD")
    return machine


def test_the_pull_request_is_verified_before_it_is_approved(proposed: Deliverer, podman: Podman, registry: str) -> None:
    text, green = proposed.delivered("pull_request", podman=podman, registry=registry)
    assert green, text[-4000:]
    assert "production: 127.0.0.1" in text
    assert "Approved by a reviewer" in text


def unsigned(machine: Deliverer) -> None:
    """Nobody signed anything."""
    (machine.left / "signed").write_text("")


def tampered(machine: Deliverer) -> None:
    """Somebody wrote another digest into the file."""
    path = machine.project.path / PRODUCTION
    path.write_text(re.sub("sha256:.{8}", "sha256:" + "0" * 8, path.read_text()))
    git(machine.project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "by hand")


def unapproved(machine: Deliverer) -> None:
    """Somebody wrote an entry for production of a digest that staging never had."""
    code = (
        "from churn_model import audit; from churn_model.paths import DELIVERIES; "
        f"name = open('{PRODUCTION}').read().strip().removeprefix('IMAGE=').split('@')[0]; "
        f"image = name + '@sha256:' + 'a' * 64; open('{PRODUCTION}', 'w').write('IMAGE=' + image + chr(10)); "
        "audit.append('deliver', 'churn-model', '1', 'I say so', path=DELIVERIES, environment='production', "
        "image=image, model_hash='x', evaluated='x')"
    )
    machine.project.run("uv", "run", "python", "-c", code)
    git(machine.project.path, "add", "--all", "deploy")
    git(machine.project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "by hand")


@pytest.mark.capability("delivery by digest")
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (unsigned, "no signatures found"),
        (tampered, "does not know: it was written by hand"),
        (unapproved, "was never delivered to staging, so production may not have it"),
    ],
)
def test_another_digest_does_not_come_to_production(
    spoil: object, sentence: str, proposed: Deliverer, podman: Podman, registry: str
) -> None:
    signed = (proposed.left / "signed").read_text()
    spoil(proposed)  # type: ignore[operator]
    text, green = proposed.delivered("pull_request", podman=podman, registry=registry)
    (proposed.left / "signed").write_text(signed)
    assert not green
    assert sentence in text
    assert "Approved by a reviewer" not in text


def test_what_has_a_vulnerability_or_was_not_evaluated_is_not_pushed(
    hosted: Path, delivery: tuple[Deliverer, str, bool], podman: Podman, registry: str
) -> None:
    machine, _, _ = delivery
    machine.workflow, project = ".github/workflows/deliver.yml", machine.project
    git(project.path, "switch", "--quiet", "--force", "main")
    (machine.left / "signed").write_text("")
    for spoil, sentence in (("critical", "CVE-1"), ("stale", "dvc.lock, metrics.json differ from commit")):
        if spoil == "stale":
            project.edit("params.yaml", "threshold: 0.5", "threshold: 0.4")
            git(project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "not evaluated")
        vulnerable = {"STAND_IN_VULNERABLE": "CVE-1"} if spoil == "critical" else {}
        text, green = machine.delivered("push", "image", podman=podman, registry=registry, **vulnerable)
        assert not green
        assert sentence in text, text[-3000:]
        assert (machine.left / "signed").read_text() == ""
