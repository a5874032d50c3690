"""The job for KubeRay: what Kubernetes knows of it is valid, and it asks for what the project has."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.capability("more than one machine", kind="static")


@pytest.fixture(scope="module")
def rendered(files_of: Callable[..., Path]) -> Path:
    """A project with Ray, only rendered."""
    return files_of(maturity="intermediate", scale="ray")


@pytest.fixture(scope="module")
def job(rendered: Path) -> dict[str, Any]:
    """The manifest."""
    return yaml.safe_load((rendered / "deploy/ray/job.yaml").read_text(encoding="utf-8"))


def pods(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the pods of the head and of the workers, as Kubernetes knows pods."""
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    names = ("head", *(group["groupName"] for group in cluster["workerGroupSpecs"]))
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": group["template"]["spec"]}
        for name, group in zip(names, groups, strict=True)
    ]


def valid(found: list[dict[str, Any]], path: Path) -> subprocess.CompletedProcess[str]:
    """Holds pods against the schema of Kubernetes."""
    path.write_text(yaml.safe_dump_all(found), encoding="utf-8")
    command = ["uvx", "kubernetes-validate==1.37.0", "--strict", "-k", "1.36", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_pods_keep_the_schema_of_kubernetes(job: dict[str, Any], tmp_path: Path) -> None:
    done = valid(pods(job), tmp_path / "pods.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = pods(job)
    wrong[0]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    done = valid(wrong, tmp_path / "wrong.yaml")
    assert done.returncode == 1
    assert "imagePullPolice" in done.stdout + done.stderr


def test_head_and_workers_are_of_one_image_and_not_root(job: dict[str, Any]) -> None:
    containers = [pod["spec"]["containers"][0] for pod in pods(job)]
    assert {container["image"] for container in containers} == {"IMAGE"}
    for pod, container in zip(pods(job), containers, strict=True):
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert {mount["name"] for mount in container["volumeMounts"]} == {
            volume["name"] for volume in pod["spec"]["volumes"]
        }
        assert {variable["name"]: variable["value"] for variable in container["env"]}["RAY_USAGE_STATS_ENABLED"] == "0"


def test_the_job_is_what_the_project_has(job: dict[str, Any], rendered: Path) -> None:
    cluster = job["spec"]["rayClusterSpec"]
    (pinned,) = re.findall(r'"ray\[default\]>=(\d+\.\d+),', (rendered / "pyproject.toml").read_text(encoding="utf-8"))
    assert cluster["rayVersion"].startswith(f"{pinned}.")
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in cluster["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        assert container["resources"]["requests"]["cpu"] == group["rayStartParams"]["num-cpus"]
    python, flag, module, verb, *folders = job["spec"]["entrypoint"].split()
    assert (python, flag, module) == ("python", "-m", "churn_model.mlops.scale")
    assert (rendered / "src/churn_model/mlops/scale" / f"{verb}.py").exists()
    assert all(folder.startswith("/data/") for folder in folders)
    for copied in re.findall(r"^COPY (?!--)(.+) \S+$", (rendered / "deploy/ray/Dockerfile").read_text(), re.MULTILINE):
        assert all((rendered / name).exists() or name == "uv.lock" for name in copied.split())


def test_one_machine_has_none_of_it(files_of: Callable[..., Path]) -> None:
    single = files_of(maturity="intermediate")
    assert not list(single.rglob("*scale*"))
    assert not list(single.rglob("ray"))
    for name in ("pyproject.toml", "params.yaml", "README.md"):
        text = (single / name).read_text(encoding="utf-8").replace("autoscale", "")
        assert "scale" not in text.replace("(scale)", ""), name  # the directions of import name every room
