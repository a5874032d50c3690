"""A second run of a commit: its image has other bytes, and the registry does not let a tag move."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.workflow_files import WORKFLOWS

pytestmark = pytest.mark.capability("delivery by digest")

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/churn-model-staging/service"
# A registry whose tags do not move, as ECR with IMMUTABLE: a folder with a file for each tag.
DOCKER = """#!/bin/sh -e
case "$1" in
  login) cat >> "$REGISTRY/login"; echo " $2" >> "$REGISTRY/login" ;;
  load) ;;
  manifest) test -e "$REGISTRY/${3##*:}" ;;
  tag) cp "$RUNNER_TEMP/built/image.tar" "$RUNNER_TEMP/local" ;;
  push) if [ -e "$REGISTRY/${2##*:}" ]; then echo "tag invalid: cannot be overwritten" >&2; exit 1; fi
        cp "$RUNNER_TEMP/local" "$REGISTRY/${2##*:}"
        echo "${2##*:}: digest: sha256:$(sha256sum < "$RUNNER_TEMP/local" | cut -d ' ' -f 1) size: 1" ;;
esac
"""
AWS = '#!/bin/sh\nprintf %s "$*"\n'
# Cosign, whose signatures are tags that do not move either.
COSIGN = """#!/bin/sh
for image in "$@"; do :; done
kind=${1#verify}; kind=${kind#-}; what=${kind:-sign}
case "$1" in verify*) grep -qx "${what%ation} $image" "$REGISTRY/signed"; exit ;; esac
if grep -qx "$1 $image" "$REGISTRY/signed"; then echo "tag invalid: cannot be overwritten" >&2; exit 1; fi
echo "$1 $image" >> "$REGISTRY/signed"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with docker, aws and cosign, and the registry."""
    (tmp_path / "bin").mkdir()
    for name, text in {"docker": DOCKER, "aws": AWS, "cosign": COSIGN}.items():
        (tmp_path / "bin" / name).write_text(text, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry/signed").touch()
    return tmp_path


def ran(machine: Path, image: bytes, run: int, attempt: int) -> dict[str, str]:
    """Runs the steps of the signer that push and sign; returns what the first gives."""
    jobs: dict[str, Any] = yaml.safe_load(WORKFLOWS["sign"][0].read_text(encoding="utf-8"))["jobs"]
    scripts = {step["name"]: step["run"] for step in jobs["push"]["steps"] if "run" in step}
    (machine / "temp/built").mkdir(parents=True, exist_ok=True)
    (machine / "temp/built/image.tar").write_bytes(image)
    output = machine / "output"
    output.write_text("", encoding="utf-8")
    environment = {
        "PATH": f"{machine}/bin:{os.environ['PATH']}",
        "RUNNER_TEMP": str(machine / "temp"),
        "REGISTRY": str(machine / "registry"),
        "REPOSITORY": REPOSITORY,
        "TAG": "churn-model:1-abc",
        "TOKEN": "",
        "SIGNER": "https://github.com/o/r/.github/workflows/sign.yml@refs/heads/main",
        "GITHUB_RUN_ID": str(run),
        "GITHUB_RUN_ATTEMPT": str(attempt),
        "GITHUB_OUTPUT": str(output),
    }
    said: dict[str, str] = {}
    for name in ("Push", "Signature"):
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", scripts[name]]
        done = subprocess.run(command, env=environment | said, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr
        said |= {"IMAGE": dict(line.split("=", 1) for line in output.read_text().splitlines())["image"]}
    return said


def test_a_second_run_is_pushed_beside_the_first_and_each_is_signed_once(machine: Path) -> None:
    first = ran(machine, b"first", run=1, attempt=1)
    second = ran(machine, b"second", run=1, attempt=2)
    again = ran(machine, b"second", run=2, attempt=1)  # the same bytes: only the job that pushes ran again
    assert first["IMAGE"] != second["IMAGE"]
    assert second == again
    registry = machine / "registry"
    tags = {path.name: path.read_bytes() for path in registry.iterdir() if path.name not in ("login", "signed")}
    assert tags == {"1-abc": b"first", "1-abc-1-2": b"second", "1-abc-2-1": b"second"}
    signed = (registry / "signed").read_text().split("\n")
    assert signed == [f"{what} {one['IMAGE']}" for one in (first, second) for what in ("sign", "attest")] + [""]


def test_it_logs_in_with_the_role_of_the_cloud(machine: Path) -> None:
    ran(machine, b"first", run=1, attempt=1)
    host = REPOSITORY.partition("/")[0]
    assert (machine / "registry/login").read_text() == f"ecr get-login-password {host}\n"
