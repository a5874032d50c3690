"""The compose files: legal, closed by default, and what they start really asks for a key or a password."""

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rendered_project import ROOT, Project
from support.services.compose_stack import PASSWORD, VALUES, status_of_post
from support.services.containers import Podman
from support.services.servers import free_port
from support.services.servers import serving as process

pytestmark = [pytest.mark.xdist_group("image")]
PROGRAMS = Path(sys.executable).parent


@pytest.fixture(scope="module", params=[{"monitoring": True}, {"feature_store": True}, {}], ids=str)
def deploy(request: pytest.FixtureRequest, files_of: Callable[..., Path]) -> Path:
    """The folder `deploy` of a project with and without monitoring, and with a feature store."""
    return files_of(**{"maturity": "custom", "serving": True, "monitoring": False, **request.param}) / "deploy"


def compose(deploy: Path, *arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Runs podman-compose with all compose files of a folder."""
    files = [word for path in sorted(deploy.glob("compose*.yaml"), reverse=True) for word in ("--file", str(path))]
    hidden = {*VALUES, "API_KEYS_FILE", "PORT", "PREDICTIONS", "FEATURE_STORE_REDIS"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | values
    command = [PROGRAMS / "podman-compose", *files, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def configured(deploy: Path) -> dict[str, Any]:
    """What podman-compose reads."""
    done = compose(deploy, "config", **VALUES)
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout)["services"])


@pytest.mark.capability("compose", kind="static")
def test_they_follow_the_specification(deploy: Path, tmp_path: Path) -> None:
    check = [PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*check, *deploy.glob("compose*.yaml")], check=True)  # noqa: S603
    wrong = tmp_path / "compose.yaml"
    wrong.write_text("services: {service: {read_onley: true}}", encoding="utf-8")
    assert subprocess.run([*check, wrong], check=False, stdout=subprocess.DEVNULL).returncode == 1  # noqa: S603


def test_every_container_is_closed_and_versioned(deploy: Path) -> None:
    services = configured(deploy)
    monitored = {"alertmanager", "grafana", "prometheus", "pushgateway"}
    assert set(services) == {"mlflow", "service"} | (
        monitored if (deploy / "compose.monitoring.yaml").exists() else set()
    )
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), name
        assert "build" in service or re.search(r":v?\d+(\.\d+)*$", service["image"]), name


def test_what_they_mount_is_there(deploy: Path) -> None:
    for name, service in configured(deploy).items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (deploy / source).exists(), f"{name} mounts {source}"


def test_the_service_is_told_where_its_features_are(deploy: Path) -> None:
    stores = (deploy.parent / "feature_repo").exists()
    for given in ({"FEATURE_STORE_REDIS": "redis:6379"}, {}):
        done = compose(deploy, "config", **VALUES, **given)
        told = yaml.safe_load(done.stdout)["services"]["service"]["environment"]
        assert told.get("FEATURE_STORE_REDIS") == (given.get("FEATURE_STORE_REDIS", "") if stores else None)


def test_no_password_has_a_default(files_of: Callable[..., Path]) -> None:
    """With all files that a project can have: others have fewer of the same."""
    deploy = files_of(maturity="custom", serving=True, monitoring=True, feature_store=True) / "deploy"
    assert len(list(deploy.glob("compose*.yaml"))) == len(list((ROOT / "template").glob("*deploy*/*compose*.yaml*")))
    for name in VALUES:
        for values in ({key: value for key, value in VALUES.items() if key != name}, VALUES | {name: ""}):
            done = compose(deploy, "config", **values)
            assert done.returncode != 0, name
            assert f"required variable {name} is missing a value" in done.stderr


@pytest.mark.capability("compose")
@pytest.mark.e2e
def test_the_service_starts(podman: Podman, image: str, served: Project, tmp_path: Path) -> None:
    secret, line = served.stage("mlops.serving.security.api_keys", "create", "--name", "test").stdout.splitlines()[1::2]
    keys, port = tmp_path / "api-keys", str(free_port())
    keys.write_text(line, encoding="utf-8")
    values = VALUES | podman.environment | {"IMAGE": image, "API_KEYS_FILE": str(keys), "PORT": port}
    row = json.loads(served.read("models/served/bundle.json"))["example"]
    try:
        started = compose(served.path / "deploy", "up", "--detach", "service", **values)
        assert started.returncode == 0, started.stderr
        url = f"http://127.0.0.1:{port}/predict"
        until = ["curl", "--silent", "--fail", "--retry", "60", "--retry-all-errors", "--retry-delay", "1"]
        subprocess.run([*until, f"http://127.0.0.1:{port}/health/ready"], check=True)  # noqa: S603
        assert status_of_post(url, row, {"X-API-Key": secret}) == 200
        assert status_of_post(url, row, {}) == 401
    finally:
        compose(served.path / "deploy", "down", "--volumes", **values)


@pytest.mark.capability("MLflow server")
@pytest.mark.e2e
def test_the_mlflow_server_asks_for_a_password(served: Project, tmp_path: Path) -> None:
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", served.environment)
    recipe, port = project.read("deploy/mlflow.Dockerfile").replace("\\\n", ""), free_port()
    program, *arguments = json.loads(re.findall(r"^ENTRYPOINT (.+)$", recipe, re.M)[0])
    arguments[arguments.index("--host") + 1], arguments[arguments.index("--port") + 1] = "127.0.0.1", str(port)
    command = [f"{project.environment['UV_PROJECT_ENVIRONMENT']}/bin/{program}", *arguments]
    environment = project.environment | dict(re.findall(r"\b(MLFLOW_\w+)=(\S+)", recipe))
    for name in ("MLFLOW_FLASK_SERVER_SECRET_KEY", "MLFLOW_AUTH_ADMIN_PASSWORD"):
        lacking = environment | VALUES | {name: ""}
        done = Project(tmp_path, lacking).run(*command, check=False)
        assert done.returncode != 0
        assert name in done.stderr
    with process(["env", f"--chdir={tmp_path}", *command], port, tmp_path / "log", environment | VALUES):
        server = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "MLFLOW_TRACKING_USERNAME": "admin"}
        url = f"{server['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/experiments/search"
        basic = {"Authorization": f"Basic {b64encode(f'admin:{PASSWORD}'.encode()).decode()}"}
        assert status_of_post(url, {"max_results": 1}, {}) == 401
        assert status_of_post(url, {"max_results": 1}, basic) == 200
        assert status_of_post(url, {"max_results": 1}, basic | {"Host": "elsewhere.example"}) == 403
        project.make("restore", **server, MLFLOW_TRACKING_PASSWORD=PASSWORD)
        project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")
        refused = project.make("run", check=False, **server, MLFLOW_TRACKING_PASSWORD="wrong")  # noqa: S106
        assert refused.returncode != 0
        assert "can't be used" in refused.stderr
        project.make("run", **server, MLFLOW_TRACKING_PASSWORD=PASSWORD)
        project.make("promote", "WHY=learns more slowly", **server, MLFLOW_TRACKING_PASSWORD=PASSWORD)
        project.make("export", **server, MLFLOW_TRACKING_PASSWORD=PASSWORD)
    exported = json.loads(project.read("models/served/bundle.json"))
    assert exported["model_hash"] == json.loads(project.read("models/registration.json"))["model_hash"]
    assert exported["model_hash"] != json.loads(served.read("models/served/bundle.json"))["model_hash"]
