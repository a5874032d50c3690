"""The root modules of all clouds, looked at without making any: form, variables, the provider's schema, checkov."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.expected_files import CLOUDS
from support.platforms.terraform_runner import said
from support.rendered_project import ROOT

pytestmark = pytest.mark.capability("Terraform for Google Cloud and Azure", kind="static")
SCHEMA = ROOT / "tests/support/platforms/provider_schema.py"
# The newest packages that carry the schema of a provider that can't be had here, and an argument to misspell.
PACKAGES = {"gcp": ("google", "16.12.1", "rotation_period"), "azure": ("azurerm", "14.23.1", "min_tls_version")}
CHECKOV = ("uv", "tool", "run", "--from", "checkov>=3.2,<4", "checkov", "--quiet", "--compact", "--skip-download")
# The outputs that every cloud has, for `make connect` and for workflows.
OUTPUTS = {"dvc_remote", "settings", "mlflow_artifacts", "registries", "workflow_roles", "cluster", "endpoint"}


@pytest.fixture(scope="module")
def roots(files_of: Callable[..., Path]) -> Callable[[str], Path]:
    """Returns the root module of a cloud, in a rendered project."""
    found: dict[str, Path] = {}

    def root(cloud: str) -> Path:
        if cloud not in found:
            found[cloud] = files_of(maturity="intermediate", cloud=cloud) / "deploy/terraform" / cloud
        return found[cloud]

    return root


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command, whatever it ends with."""
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_is_formatted(cloud: str, roots: Callable[[str], Path]) -> None:
    if not shutil.which("terraform"):
        pytest.skip("needs terraform")
    done = ran("terraform", "fmt", "-check", "-diff", "-recursive", roots(cloud))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("cloud", CLOUDS)
def test_variables_are_described_typed_and_validated(cloud: str, roots: Callable[[str], Path]) -> None:
    text = (roots(cloud) / "variables.tf").read_text(encoding="utf-8")
    variables = dict(re.findall(r'^variable "(\w+)" {\n(.*?)^}', text, re.M | re.S))
    assert len(variables) > 20
    for name, body in variables.items():
        assert re.search(r'^  description = "[A-Z].*\."$', body, re.M), name
        assert re.search(r"^  type +=", body, re.M), name
        assert "validation {" in body or re.search(r"^  type +=\s+bool$", body, re.M), name


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_building_blocks_are_the_same(cloud: str, roots: Callable[[str], Path]) -> None:
    root = roots(cloud)
    outputs = (root / "outputs.tf").read_text(encoding="utf-8")
    assert set(re.findall(r'^output "(\w+)"', outputs, re.M)) >= OUTPUTS
    for topic in (
        "storage",
        "keys",
        "registry",
        "roles",
        "network",
        "mlflow",
        "cluster",
        "audit",
        "budget",
        "endpoint",
    ):
        assert (root / f"{topic}.tf").exists(), topic
    for environment in ("staging", "production"):
        assert (root / f"{environment}.tfvars").exists()


@pytest.mark.e2e
@pytest.mark.parametrize("cloud", PACKAGES)
def test_the_provider_knows_every_argument(cloud: str, roots: Callable[[str], Path], tmp_path: Path) -> None:
    provider, version, argument = PACKAGES[cloud]
    packages = ["--with", f"cdktf-cdktf-provider-{provider}=={version}", "--with", "python-hcl2>=7,<8"]
    command = ["uv", "run", "--no-project", "--isolated", *packages, "python", SCHEMA]
    done = ran(*command, roots(cloud), provider)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copytree(roots(cloud), tmp_path / "broken")
    for path in (tmp_path / "broken").glob("*.tf"):
        path.write_text(path.read_text(encoding="utf-8").replace(argument, f"{argument}s"), encoding="utf-8")
    broken = ran(*command, tmp_path / "broken", provider)
    assert broken.returncode == 1
    assert f"has {argument}s, which the provider doesn't know" in broken.stdout


@pytest.mark.e2e
def test_checkov_finds_nothing(roots: Callable[[str], Path]) -> None:
    folders = [word for cloud in CLOUDS for word in ("--directory", roots(cloud))]
    done = ran(*CHECKOV, "--framework", "terraform", *folders)
    assert done.returncode == 0, said(done)
    assert re.findall(r"Passed checks: [1-9]\d*, Failed checks: 0", done.stdout)
    assert done.stdout.count("Passed checks: ") == done.stdout.count("Failed checks: 0")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_exception_has_its_reason(cloud: str, roots: Callable[[str], Path]) -> None:
    for path in roots(cloud).glob("*.tf"):
        skips = re.findall(r"checkov:skip=(.*)", path.read_text(encoding="utf-8"))
        assert all(re.fullmatch(r"CKV\w+:\S.*", skip) for skip in skips), path


@pytest.mark.e2e
def test_checkov_finds_what_is_wrong(roots: Callable[[str], Path], tmp_path: Path) -> None:
    text = (roots("aws") / "keys.tf").read_text(encoding="utf-8")
    worse = text.replace("enable_key_rotation     = true", "enable_key_rotation     = false")
    (tmp_path / "keys.tf").write_text(worse, encoding="utf-8")
    done = ran(*CHECKOV, "--framework", "terraform", "--directory", tmp_path)
    assert done.returncode == 1
    assert "CKV_AWS_7" in done.stdout
