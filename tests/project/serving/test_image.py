"""The image of the service: built by `make image`, run with no more rights than it needs, or refusing to start."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.further_packages import WithPackages
from support.rendered_project import Project
from support.services.containers import USER, Container, Podman
from support.services.pipeline_answers import pipeline_answers

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image")]
MOST, MOST_SLOW = 150_000_000, 700_000_000  # bytes above the base
# What stands in the file system of an image.
LISTED = """
import json, os
found = [os.path.join(folder, name) for folder, _, names in os.walk("/app") for name in names]
print(json.dumps([sorted(os.listdir("/app")), found]))
"""


@pytest.fixture(scope="module")
def key(served: Project) -> dict[str, str]:
    """An API key: `secret` and `line`."""
    said = served.stage("mlops.serving.security.api_keys", "create", "--name", "test").stdout.splitlines()
    return {"secret": said[1], "line": said[3]}


@pytest.fixture(scope="module")
def running(podman: Podman, image: str, key: dict[str, str]) -> Iterator[Container]:
    """The container of the finished project, ready."""
    with podman.run(image, SERVE_API_KEYS=key["line"]) as container:
        container.until_ready()
        yield container


@pytest.mark.capability("image of the service")
def test_it_answers_as_the_pipeline_does(running: Container, served: Project, key: dict[str, str]) -> None:
    rows, expected = pipeline_answers(served)
    status, answer = running.ask("/predict", rows, key["secret"])
    assert status == 200, answer
    assert [each["probability"] for each in answer["predictions"]] == pytest.approx(expected, abs=1e-9)
    assert [each["label"] for each in answer["predictions"]] == [value >= 0.5 for value in expected]
    assert running.ask("/predict", rows)[0] == 401


@pytest.mark.capability("image of the service")
def test_it_has_no_rights(running: Container) -> None:
    podman, name = running.podman, running.name
    status = podman("exec", name, "cat", "/proc/1/status").stdout
    assert [line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")] == [[str(USER)] * 4]
    assert {line.split()[1] for line in status.splitlines() if line.startswith("Cap")} == {"0" * 16}
    assert "NoNewPrivs:\t1" in status
    for path in ("/app/x", "/tmp/x", "/app/models/served/x", "/x"):  # noqa: S108
        assert podman("exec", name, "touch", path, check=False).returncode != 0, path
    podman("exec", name, "touch", "/app/data/predictions/x")


def test_the_health_check_sees_whether_it_answers(running: Container, podman: Podman, image: str) -> None:
    podman("healthcheck", "run", running.name)
    assert running.state()["State"]["Health"]["Status"] == "healthy"
    with podman.run(image, "--entrypoint", '["sleep", "60"]') as asleep:
        assert podman("healthcheck", "run", asleep.name, check=False).returncode == 1


@pytest.mark.capability("SageMaker's container contract")
def test_as_sagemaker_starts_it_it_listens_there(podman: Podman, image: str, served: Project) -> None:
    rows, expected = pipeline_answers(served)
    with podman.run(image, inside=8080, arguments=("serve",), SERVE_PLATFORM="sagemaker") as container:
        container.until_ready()
        status, answer = container.ask("/invocations", rows)
        assert status == 200, answer
        assert [each["probability"] for each in answer["predictions"]] == pytest.approx(expected, abs=1e-9)
        assert container.ask("/predict", rows)[0] == 401
        podman("healthcheck", "run", container.name)
    with podman.run(image, arguments=("serve",)) as container:
        assert podman("wait", container.name).stdout.strip() == "2"
        assert "set SERVE_PLATFORM=sagemaker" in container.log()


def test_the_labels_say_what_is_inside(podman: Podman, image: str, served: Project) -> None:
    registration = json.loads(served.read("models/registration.json"))
    commit = served.run("git", "rev-parse", "HEAD").stdout.strip()
    labels = json.loads(podman("image", "inspect", image).stdout)[0]["Labels"]
    expected = {
        "org.opencontainers.image.title": "churn-model",
        "org.opencontainers.image.version": "1",
        "org.opencontainers.image.revision": commit,
        "model.version": "1",
        "model.hash": registration["model_hash"],
        "com.amazonaws.sagemaker.capabilities.accept-bind-to-port": "true",
    }
    assert expected.items() <= labels.items()
    assert image.endswith(f"churn-model:1-{commit[:12]}")


def test_it_is_small(podman: Podman, base_image: str, image: str) -> None:
    assert podman.size(image) - podman.size(base_image) <= MOST


def test_nothing_is_inside_that_does_not_belong_there(
    podman: Podman, base_image: str, image: str, served: Project, tmp_path: Path
) -> None:
    top, files = json.loads(podman("run", "--rm", "--entrypoint", "python", image, "-c", LISTED).stdout)
    assert top == [".venv", "data", "models", "params.yaml", "src"]
    own = [name for name in files if "/.venv/" not in name]
    assert {Path(name).suffix for name in own} <= {".py", ".pyc", ".typed", ".json", ".npz", ".yaml"}
    packages = {name.split("/site-packages/")[1].split("/")[0] for name in files if "/site-packages/" in name}
    assert not packages & {"pandas", "pyarrow", "sklearn", "scipy", "skops", "mlflow", "dvc", "pip"}
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    for name in (".env", "deploy/.env", "deploy/api-keys", "data/secret", "src/.env", "models/other"):
        (tmp_path / "p" / name).write_text("SECRET", encoding="utf-8")
    (tmp_path / "all").write_text(f"FROM {base_image}\nCOPY . /context\n", encoding="utf-8")
    context = ["--network", "host", "--file", str(tmp_path / "all"), "--tag", "all", str(tmp_path / "p")]
    podman("build", "--format", "docker", *context)
    sent = podman("run", "--rm", "all", "find", "/context", "-type", "f", "-printf", "%P\n").stdout.split()
    assert {name.split("/")[0] for name in sent} == {"models", "params.yaml", "pyproject.toml", "src", "uv.lock"}
    assert not [name for name in sent if "SECRET" in name or name.endswith((".env", ".pyc")) or "other" in name]


def test_a_stop_loses_nothing(podman: Podman, image: str, served: Project, key: dict[str, str], tmp_path: Path) -> None:
    row = json.loads(served.read("models/served/bundle.json"))["example"]
    with podman.run(image, predictions=tmp_path / "predictions", SERVE_API_KEYS=key["line"]) as container:
        container.until_ready()
        answers = [container.ask("/predict", row, key["secret"]) for _ in range(20)]
        assert container.stop() == 0, container.log()
    assert {status for status, _ in answers} == {200}
    files = list((tmp_path / "predictions").rglob("*.parquet"))
    logged = [name for path in files for name in pq.read_table(path)["_request_id"].to_pylist()]
    assert sorted(logged) == sorted(answer["request_id"] for _, answer in answers)


@pytest.mark.parametrize("name", ["model.npz", "bundle.json"])
def test_a_tampered_model_is_not_served(
    name: str, podman: Podman, image: str, served: Project, key: dict[str, str], tmp_path: Path
) -> None:
    content = bytearray((served.path / "models/served" / name).read_bytes())
    where = content.index(b'"threshold": 0.5') + 14 if name == "bundle.json" else len(content) // 2
    content[where : where + 1] = b"9" if name == "bundle.json" else bytes([content[where] ^ 1])
    (tmp_path / "changed").write_bytes(content)
    podman.built("tampered", f"FROM {image}\nCOPY changed /app/models/served/{name}\n", changed=tmp_path / "changed")
    with podman.run("tampered", SERVE_API_KEYS=key["line"]) as container:
        assert podman("wait", container.name).stdout.strip() == "1"
        refused = container.log()
        assert "refused" in refused
        assert f"models/served/{name} is not" in refused


def test_without_keys_it_does_not_start(podman: Podman, image: str) -> None:
    with podman.run(image) as container:
        assert podman("wait", container.name).stdout.strip() == "2"
        assert "SERVE_API_KEYS" in container.log()


def test_an_image_of_a_changed_model_is_not_built(served: Project, tmp_path: Path) -> None:
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", served.environment)
    with (project.path / "models/served/model.npz").open("ab") as stream:
        stream.write(b"x")
    done = project.stage("mlops.serving.image", "podman", check=False)
    assert done.returncode == 1
    assert "is not the model that was recorded" in done.stderr


@pytest.mark.capability("image of a model that is not compiled")
def test_a_model_that_can_not_be_compiled_gets_the_packages_it_needs(
    podman: Podman,
    base_image: str,
    served: Project,
    key: dict[str, str],
    with_packages: WithPackages,
    tmp_path: Path,
) -> None:
    project = with_packages(served, tmp_path / "p", "lightgbm", "lightgbm")
    project.edit("params.yaml", "family: hist_gradient_boosting ", "family: lightgbm ")
    project.make("run")
    project.make("promote", "WHY=lightgbm")
    project.commit("lightgbm")
    project.make("export")
    tag = podman.build(project)
    rows, expected = pipeline_answers(project)
    with podman.run(tag, SERVE_API_KEYS=key["line"]) as container:
        container.until_ready()
        assert container.ask("/model", key=key["secret"])[1]["path"] == "pipeline"
        status, answer = container.ask("/predict", rows, key["secret"])
    assert status == 200, answer
    assert [each["probability"] for each in answer["predictions"]] == pytest.approx(expected, abs=1e-9)
    assert MOST < podman.size(tag) - podman.size(base_image) <= MOST_SLOW


@pytest.mark.capability("image of the service", kind="static")
def test_hadolint_finds_nothing(served: Project, tmp_path: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    recipes = sorted(served.path.glob("deploy/*Dockerfile"))
    assert len(recipes) == 2
    subprocess.run([hadolint, *recipes], check=True)  # noqa: S603
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp && pip install numpy\n", encoding="utf-8")
    assert subprocess.run([hadolint, tmp_path / "Dockerfile"], check=False, stdout=subprocess.DEVNULL).returncode == 1  # noqa: S603
