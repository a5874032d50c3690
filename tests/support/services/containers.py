"""Containers of the tests: base images made here, images built by `make image`, containers on 127.0.0.1.

No registry is asked: the base is made of Debian's packages and stands in for the one that the Dockerfile names, so
sizes are measured above it. Podman has a store of its own that is removed with the session.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from release.template import Template
from support.rendered_project import Project
from support.services.servers import free_port

TOOLS = ("podman", "buildah", "runc", "mmdebstrap", "iptables")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "copier-mlops"
PACKAGES = "ca-certificates,python3.11,python3.11-venv"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
USER = 10001
READY = 60  # seconds
# Limits can't be raised inside a sandbox, and crun fails on hybrid control groups.
ENGINE = """[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
runtime = "runc"
events_logger = "file"
cgroup_manager = "cgroupfs"
"""
STORE = """[storage]
driver = "overlay"
graphroot = "{folder}/store"
runroot = "{folder}/run"
"""
BASE = """FROM scratch
ADD rootfs.tar /
COPY authorities.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s python3.11 /usr/bin/python
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
"""
UV = "FROM scratch\nCOPY uv /\n"


@dataclass(frozen=True)
class Container:
    """A running container, and the port of 127.0.0.1 where it answers."""

    name: str
    port: int
    podman: "Podman" = field(repr=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def state(self) -> dict[str, Any]:
        """What podman knows about it."""
        return dict(json.loads(self.podman("inspect", self.name).stdout)[0])

    def log(self) -> str:
        """What it printed."""
        done = self.podman("logs", self.name)
        return done.stdout + done.stderr

    def ask(self, path: str, body: Any = None, key: str = "", request_id: str = "") -> tuple[int, Any]:
        """Asks it; returns status and answer."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        headers |= {"X-Request-ID": request_id} if request_id else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def until_ready(self) -> None:
        """Waits until it answers; fails with its log where it ends before."""
        deadline = time.monotonic() + READY
        while time.monotonic() < deadline and self.state()["State"]["Running"]:
            try:
                if self.ask("/health/ready")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        pytest.fail(f"the container did not get ready:\n{self.log()[-3000:]}")

    def stop(self, seconds: int = 30) -> int:
        """Sends SIGTERM, waits, and returns the exit code."""
        self.podman("stop", "--time", str(seconds), self.name)
        return int(self.state()["State"]["ExitCode"])


@dataclass(frozen=True)
class Podman:
    """Podman with a store of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What podman needs in its environment, and `make image` with it."""
        return {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs podman; a failure shows what it said."""
        environment = os.environ | self.environment
        done = subprocess.run(  # noqa: S603
            ["podman", *arguments],  # noqa: S607
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"podman {' '.join(arguments)} exited with {done.returncode}\n{done.stderr[-4000:]}")
        return done

    def built(self, tag: str, recipe: str, **files: Path) -> None:
        """Builds an image of a recipe and of the files that it copies."""
        with tempfile.TemporaryDirectory() as context:
            (Path(context) / "Dockerfile").write_text(recipe, encoding="utf-8")
            for name, path in files.items():
                shutil.copy(path, Path(context) / name.replace("__", "."))
            self("build", "--network", "host", "--format", "docker", "--tag", tag, context)

    def size(self, tag: str) -> int:
        """Returns the bytes of an image with all its layers."""
        return int(json.loads(self("image", "inspect", tag).stdout)[0]["Size"])

    def build(self, project: Project) -> str:
        """Runs `make image` in a project, and returns the tag that it printed."""
        done = project.make("image", "CONTAINER=podman", "BUILD=--network host", **self.environment)
        return done.stdout.split()[-1]

    @contextmanager
    def run(
        self,
        tag: str,
        *options: str,
        predictions: Path | None = None,
        inside: int = 8000,
        arguments: tuple[str, ...] = (),
        **values: str,
    ) -> Iterator[Container]:
        """Runs an image as compose.yaml does, read-only and with no capability, until the block ends.

        Args:
            tag: The image.
            options: Further ones of `podman run`.
            predictions: Folder for the prediction log; without it, a volume that ends with the container.
            inside: The port of the container.
            arguments: Of the container, after those of its entry point.
            values: The environment of the container.
        """
        port = free_port()
        if predictions:
            predictions.mkdir(parents=True, exist_ok=True)
            os.chown(predictions, USER, USER)
        volume = f"{predictions}:/app/data/predictions" if predictions else "/app/data/predictions"
        hardened = ["--read-only", "--read-only-tmpfs=false", "--cap-drop", "ALL", "--pids-limit", "200"]
        hardened += ["--security-opt", "no-new-privileges", "--memory", "256m"]
        given = [word for name, value in values.items() for word in ("--env", f"{name}={value}")]
        where = ["--publish", f"127.0.0.1:{port}:{inside}", "--volume", volume]
        name = self("run", "--detach", *hardened, *where, *given, *options, tag, *arguments).stdout.strip()
        try:
            yield Container(name, port, self)
        finally:
            self.remove(name)

    def remove(self, name: str) -> None:
        """Stops and removes a container, or `--all`, if need be again: podman waits 5 s for what it killed.

        On a busy machine that is not always enough: https://github.com/containers/podman/issues/17142.
        """
        for last in (False, False, True):
            if self("rm", "--force", "--volumes", "--time", "2", name, check=last).returncode == 0:
                return


def rootfs() -> Path:
    """Returns the archive of the base's files; makes it once a user, of the machine's own Debian mirror."""
    path = CACHE / "base-bookworm-python3.11.tar"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{os.getpid()}-{path.name}")
        sources = Path("/etc/apt/sources.list.d/debian.sources")
        text = sources.read_text(encoding="utf-8") if sources.exists() else ""
        mirror = re.findall(r"^URIs:\s*(\S+/debian/?)$", text, re.M)[:1]
        command = [
            "mmdebstrap",
            "--variant=minbase",
            "--mode=root",
            f"--include={PACKAGES}",
            "bookworm",
            beside,
            *mirror,
        ]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
        beside.rename(path)
    return path


def named(text: str) -> list[str]:
    """Returns the images that a Dockerfile begins with, as if its arguments had their defaults."""
    defaults = dict(re.findall(r"^ARG (\w+)=(.+)$", text, re.M))
    found = re.findall(r"^FROM (\S+)", text, re.M)
    return [re.sub(r"\$\{(\w+)\}", lambda name: defaults[name[1]], image) for image in found]


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """Podman with an empty store, which the end of the session removes."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing or os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip(f"images are built as root on Linux, with {', '.join(missing or TOOLS)}")
    folder = Path(tempfile.mkdtemp(prefix="podman"))  # not below pytest's: the path of a socket has a limit
    (folder / "containers.conf").write_text(ENGINE, encoding="utf-8")
    (folder / "storage.conf").write_text(STORE.format(folder=folder), encoding="utf-8")
    podman = Podman(folder)
    try:
        yield podman
    finally:
        podman.remove("--all")
        podman("rmi", "--all", "--force")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def base_image(podman: Podman, in_memory: Template) -> str:
    """The images that a Dockerfile begins with, made here; returns the tag of the one that containers run on."""
    uv, base, *_ = named(in_memory.rendering({"maturity": "intermediate"}).text("deploy/Dockerfile"))
    found = shutil.which("uv")
    assert found
    podman.built(uv, UV, uv=Path(found))
    podman.built(base, BASE, rootfs__tar=rootfs(), authorities__crt=AUTHORITIES)
    return base


@pytest.fixture(scope="session")
def image(podman: Podman, base_image: str, served: Project) -> str:
    """The image of that project's service, by its tag."""
    assert base_image
    return podman.build(served)
