"""Terraform as the tests run it: the real provider from a mirror on this machine; moto stands in for AWS."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.platforms.provider_mirror import PLACES, mirror
from support.rendered_project import PATIENCE
from support.services.servers import free_port, serving

INSTALLATION = """disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
"""
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}


@dataclass(frozen=True)
class Terraform:
    """A root module, and Terraform in it."""

    path: Path
    environment: dict[str, str] = field(repr=False)

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs Terraform; a failure shows what it said."""
        done = subprocess.run(  # noqa: S603
            ["terraform", f"-chdir={self.path}", *arguments],  # noqa: S607
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        if check and done.returncode:
            pytest.fail(f"terraform {' '.join(arguments)} exited with {done.returncode}\n{said(done)[-6000:]}")
        return done

    def json(self, *arguments: str) -> Any:
        """Runs Terraform, and returns what it says as JSON."""
        return json.loads(self(*arguments).stdout)

    def copy(self, path: Path) -> "Terraform":
        """Copies the files of the root module, without what Terraform keeps beside them."""
        shutil.copytree(self.path, path, ignore=shutil.ignore_patterns(".terraform*"))
        return Terraform(path, self.environment)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Returns what Terraform said, in one line and without its frames."""
    return " ".join(re.sub(r"[│╷╵]|\x1b\[[0-9;]*m", " ", done.stdout + done.stderr).split())


@pytest.fixture(scope="session")
def terraform_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What Terraform needs in its environment to take the provider from the mirror."""
    found = mirror()
    if not shutil.which("terraform") or found is None:
        pytest.skip(f"needs terraform and a mirror of its provider below one of {', '.join(PLACES)}")
    configuration = tmp_path_factory.mktemp("terraform") / "terraformrc"
    configuration.write_text(INSTALLATION.format(mirror=found), encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TF_", "AWS_"))}
    return {
        **kept,
        **KEYS,
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }


@pytest.fixture(scope="session")
def aws(terraform_environment: dict[str, str], files_of: Callable[..., Path]) -> Terraform:
    """The root module of AWS in a rendered project. Read it, never change it: copy it."""
    project = files_of(maturity="intermediate", cloud="aws")
    return Terraform(project / "deploy/terraform/aws", terraform_environment)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server that stands in for AWS; what a client needs in its environment."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    settings = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with serving(command, port, tmp_path_factory.mktemp("moto") / "log", {**os.environ, **settings}):
        yield {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
