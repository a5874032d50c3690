"""Buckets of three clouds on this machine: moto, Azurite, gcp-storage-emulator; what a client needs to reach them."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from support.services.servers import free_port, serving

GOOGLE = Path(__file__).parent / "google_buckets.py"
EMULATOR = ("uv", "tool", "run", "--from", "gcp-storage-emulator==2026.7.19", "python")
AZURITE = "azurite@3.35.0"  # the newest one that Node.js 20 runs
ACCOUNT, SECRET = "teststore", base64.b64encode(bytes(range(32))).decode()
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
# Where the projects' environment lacks what reads the buckets of the two other clouds.
WITH = ("--with", "dvc[gs,azure]>=3.67,<4")
MAKE = """
import sys, fsspec
for url in sys.argv[1:]:
    filesystem, path = fsspec.core.url_to_fs(url)
    if not filesystem.exists(path):
        filesystem.mkdir(path)
"""


@dataclass(frozen=True)
class Bucket:
    """A bucket, and what a client needs in its environment."""

    url: str
    environment: dict[str, str]


@contextmanager
def amazon(folder: Path, port: int) -> Iterator[dict[str, str]]:
    """Runs moto; yields what a client needs."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving(command, port, folder / "moto.log", dict(os.environ)):
        yield KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}


@contextmanager
def azure(folder: Path, program: Path) -> Iterator[dict[str, str]]:
    """Runs Azurite, which checks signatures; yields what a client needs."""
    port = free_port()
    command = [
        "node",
        program,
        "--blobPort",
        str(port),
        "--location",
        folder / "data",
        "--skipApiVersionCheck",
        "--silent",
    ]
    with serving(command, port, folder / "azurite.log", os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{SECRET}"}):
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={SECRET};BlobEndpoint={endpoint};"
        named = {"ACCOUNT_NAME": ACCOUNT, "ACCOUNT_KEY": SECRET, "ENDPOINT": endpoint, "CONNECTION_STRING": connection}
        yield {f"AZURE_STORAGE_{name}": value for name, value in named.items()}


@contextmanager
def google(folder: Path, bucket: str) -> Iterator[dict[str, str]]:
    """Runs the emulator with a bucket; yields what a client needs."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    account = {
        "gcs_base_url": address,
        "disable_oauth": True,
        "client_email": "",
        "private_key": "",
        "private_key_id": "",
    }
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    with serving([*EMULATOR, GOOGLE, str(port), bucket], port, folder / "google.log", dict(os.environ)):
        # gcsfs asks for the kind of a bucket by gRPC with TLS, which the emulator does not have, and waits a minute.
        found = {"GOOGLE_SERVICE_ACCOUNT": str(folder / "account.json"), "STORAGE_EMULATOR_HOST": address}
        yield found | {"GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}


def missing_tools() -> list[str]:
    """Returns which of the tools that the servers need are not installed."""
    return [tool for tool in ("npm", "node", "uv") if not shutil.which(tool)]


def _installed(folder: Path) -> Path:
    """Returns the program of Azurite; the worker that comes first installs it."""
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            beside = folder.with_suffix(".part")
            install = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--maxsockets=40"]
            subprocess.run([*install, "--prefix", beside, AZURITE], check=True, capture_output=True)  # noqa: S603
            beside.rename(folder)
    return folder / "node_modules/azurite/dist/src/blob/main.js"


@pytest.fixture(scope="session", autouse=True)
def azurite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Future[Path] | None:
    """The program of Azurite, where a test wants it: fetched from the beginning, for the registry may take minutes."""
    if not any("clouds" in getattr(item, "fixturenames", ()) for item in request.session.items) or missing_tools():
        return None
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return ThreadPoolExecutor(1).submit(_installed, shared / "azurite")


@pytest.fixture(scope="session")
def clouds(azurite: Future[Path] | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bucket]]:
    """A server of each cloud, by the name of the cloud. Their buckets are made by who uses them, but Google's."""
    if azurite is None:
        pytest.skip(f"buckets of three clouds: install {', '.join(missing_tools())}")
    folder = tmp_path_factory.mktemp("buckets")
    with ExitStack() as stack:
        yield {
            "aws": Bucket("s3://predictions", stack.enter_context(amazon(folder, free_port()))),
            "gcp": Bucket("gs://predictions", stack.enter_context(google(folder, "predictions"))),
            "azure": Bucket(
                f"abfss://predictions@{ACCOUNT}.dfs.core.windows.net",
                stack.enter_context(azure(folder, azurite.result())),
            ),
        }
