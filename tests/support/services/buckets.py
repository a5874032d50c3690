"""Buckets of three clouds on this machine: moto, Azurite, gcp-storage-emulator; what a client needs to reach them."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.services.servers import free_port, serving

GOOGLE = Path(__file__).parent / "google_buckets.py"
EMULATOR = ("uv", "tool", "run", "--from", "gcp-storage-emulator==2026.7.19", "python")
AZURITE = "azurite@3.35.0"  # the newest one that Node.js 20 runs
ACCOUNT, SECRET = "teststore", base64.b64encode(bytes(32)).decode()
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
# Where the projects' environment lacks what reads the buckets of the two other clouds.
WITH = ("--with", "dvc[gs,azure]>=3.67,<4")
MAKE = """
import sys, fsspec
for url in sys.argv[1:]:
    filesystem, path = fsspec.core.url_to_fs(url)
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
def azure(folder: Path) -> Iterator[dict[str, str]]:
    """Runs Azurite, which checks signatures; yields what a client needs."""
    install = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, AZURITE]
    subprocess.run(install, check=True, capture_output=True)  # noqa: S603
    port = free_port()
    program = folder / "node_modules/azurite/dist/src/blob/main.js"
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
        yield {"GOOGLE_SERVICE_ACCOUNT": str(folder / "account.json"), "STORAGE_EMULATOR_HOST": address}


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bucket]]:
    """A server of each cloud, by the name of the cloud. Their buckets are made by who uses them, but Google's."""
    if missing := [tool for tool in ("npm", "node", "uv") if not shutil.which(tool)]:
        pytest.skip(f"buckets of three clouds: install {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("buckets")
    with ExitStack() as stack:
        yield {
            "aws": Bucket("s3://predictions", stack.enter_context(amazon(folder, free_port()))),
            "gcp": Bucket("gs://predictions", stack.enter_context(google(folder, "predictions"))),
            "azure": Bucket(f"abfss://predictions@{ACCOUNT}.dfs.core.windows.net", stack.enter_context(azure(folder))),
        }
