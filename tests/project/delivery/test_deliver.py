"""The generated `deliver.yml` and `production.yml`, executed by act: built once, delivered by digest, or stopped.

GitHub's repository is a bare one on this machine; `gh`, scanner and signatures are stand-ins. Pipeline, gates, image,
container, git and the registry, Debian's docker-registry, are real.
"""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from support.platforms.delivery_workflow import PRODUCTION, STAGING, Deliverer, image, published
from support.rendered_project import Project
from support.services.containers import Podman
from support.template_origin import git

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image")]

CHAIN = "deploy/deliveries.jsonl"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json,application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project, GitHub and the machine are."""
    return tmp_path_factory.mktemp("delivery")


@pytest.fixture(scope="module")
def project(served: Project, home: Path) -> Project:
    """A copy of the project on GitHub."""
    return published(served, home)


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
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        assert answer.headers["Docker-Content-Digest"] == digest
    assert set(git(hosted, "diff", "--name-only", "main^", "main").split()) == {STAGING, CHAIN}
    assert git(hosted, "log", "-1", "--format=%an: %s", "main") == f"github-actions[bot]: Deliver {digest} to staging\n"
    assert git(hosted, "rev-parse", "main^") == git(machine.project.path, "rev-parse", "main")
    (entry,) = (json.loads(line) for line in git(hosted, "show", f"main:{CHAIN}").splitlines())
    assert (entry["environment"], entry["image"]) == ("staging", found)
    assert entry["evaluated"] == git(machine.project.path, "rev-parse", "main").strip()
    left = {name: (machine.left / name).read_text().strip() for name in ("scanned", "signed")}
    assert left["scanned"].startswith("churn-model:1-")
    assert left["signed"] == found
    by_cosign = (machine.left / "cosign").read_text()
    assert "attest --yes --type cyclonedx --predicate" in by_cosign
    assert "attest --yes --type slsaprovenance1 --predicate" in by_cosign
    assert not (machine.left / "attested").exists(), "a private repository has no attestations of GitHub's"


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
    assert any("environments/production" in call for call in proposed.called())


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
        "from churn_model.mlops.core.paths import DELIVERIES; from churn_model.mlops.governance import audit_log; "
        f"name = open('{PRODUCTION}').read().strip().removeprefix('IMAGE=').split('@')[0]; "
        f"image = name + '@sha256:' + 'a' * 64; open('{PRODUCTION}', 'w').write('IMAGE=' + image + chr(10)); "
        "audit_log.append('deliver', 'churn-model', '1', 'I say so', path=DELIVERIES, environment='production', "
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


def promoted(machine: Deliverer, hosted: Path, podman: Podman, registry: str) -> list[dict[str, str]]:
    """Pushes the project to GitHub's repository, lets the workflow promote, and returns the log that is there then."""
    git(machine.project.path, "push", "--quiet", str(hosted), "main")
    text, green = machine.delivered("push", "promote", podman=podman, registry=registry)
    assert green, text[-4000:]
    git(machine.project.path, "pull", "--quiet", str(hosted), "main")
    return [json.loads(line) for line in git(hosted, "show", "main:audit.jsonl").splitlines()]


@pytest.mark.capability("delivery by digest")
def test_a_merge_promotes_its_model_and_never_one_that_was_rolled_back(
    hosted: Path, delivery: tuple[Deliverer, str, bool], podman: Podman, registry: str
) -> None:
    machine, _, _ = delivery
    machine.workflow, project = ".github/workflows/deliver.yml", machine.project
    git(project.path, "switch", "--quiet", "--force", "main")
    git(project.path, "fetch", "--quiet", str(hosted), "main")
    git(project.path, "reset", "--quiet", "--hard", "FETCH_HEAD")
    mine = Project(
        project.path, project.environment | {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    )
    mine.run("uv", "run", "dvc", "pull", "--quiet")
    mine.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 60}")
    assert "champion is version 1" in mine.make("run").stdout
    mine.run("uv", "run", "dvc", "push", "--quiet")
    git(project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "fewer trees")
    merged = git(project.path, "rev-parse", "main").strip()

    first, second = promoted(machine, hosted, podman, registry)
    assert (first["version"], second["action"], second["version"]) == ("1", "promote", "2")
    assert second["why"] == f"merged as {merged[:12]}"
    assert (
        git(hosted, "log", "-1", "--format=%an: %s", "main") == f"github-actions[bot]: Promote the model of {merged}\n"
    )
    assert git(hosted, "diff", "--name-only", "main^", "main").split() == ["audit.jsonl"]

    mine.make("rollback", "WHY=complaints")
    git(project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "roll back")
    assert [entry["action"] for entry in promoted(machine, hosted, podman, registry)] == [
        "promote",
        "promote",
        "rollback",
    ]
