"""A task of ECS on Fargate, run by podman from the task definition that Terraform made.

As ECS does it: a volume at a path that the image declares has the mode that it has there, else it is root's with 0755;
secrets are read when the container starts; the task definition's health check counts, not the image's.
Source: ECS developer guide, bind mounts and health checks, as in tests/data/facts.yaml.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.services.containers import Podman


class Task:
    """A running container of a task."""

    def __init__(self, podman: Podman, name: str, check: dict[str, Any] | None) -> None:
        """Remembers the container and the check of the task definition."""
        self.podman, self.name, self.check = podman, name, check

    def log(self) -> str:
        """What it printed."""
        done = self.podman("logs", self.name)
        return done.stdout + done.stderr

    def running(self) -> bool:
        """Whether it has not ended."""
        return bool(json.loads(self.podman("inspect", self.name).stdout)[0]["State"]["Running"])

    def unhealthy(self) -> str:
        """Runs the health check as often as ECS does before it replaces a task.

        Returns:
            What it said, if it failed each time; else nothing.
        """
        if self.check is None:
            return ""
        command = self.check["command"]
        assert command[0] == "CMD"
        for _ in range(self.check["retries"]):
            done = self.podman("exec", self.name, *command[1:], check=False)
            if done.returncode == 0:
                return ""
        return done.stdout + done.stderr


def placed(podman: Podman, image: str, path: str, folder: Path) -> list[str]:
    """Returns the options of a volume at a path, with the owner and the mode that ECS gives it."""
    declared = json.loads(podman("image", "inspect", image).stdout)[0]["Config"].get("Volumes") or {}
    if path in declared:
        return ["--volume", path]  # podman copies owner, mode and content from the image
    (folder / "volume").mkdir(mode=0o755)
    return ["--volume", f"{folder}/volume:{path}"]


@contextmanager
def started(
    podman: Podman, definition: dict[str, Any], image: str, folder: Path, secrets: dict[str, str], **instead: str
) -> Iterator[Task]:
    """Starts the container of a task definition, until the block ends.

    Args:
        podman: Where it runs, in the network of this machine.
        definition: The task definition, as Terraform keeps it.
        image: What stands in for the image that it names.
        folder: An empty folder.
        secrets: The value of each secret, by the address that the definition has for it.
        instead: Settings that differ on this machine: addresses of AWS, and its port.
    """
    (container,) = json.loads(definition["container_definitions"])
    values = {one["name"]: one["value"] for one in container["environment"]}
    values |= {one["name"]: secrets[one["valueFrom"]] for one in container["secrets"]} | instead
    options = ["--network", "host", "--memory", f"{definition['memory']}m", "--no-healthcheck"]
    if container.get("readonlyRootFilesystem"):
        options += ["--read-only", "--read-only-tmpfs=false"]
    for point in container["mountPoints"]:
        assert not point.get("readOnly")
        options += placed(podman, image, point["containerPath"], folder)
    options += [word for name, value in values.items() for word in ("--env", f"{name}={value}")]
    name = podman("run", "--detach", *options, image).stdout.strip()
    try:
        yield Task(podman, name, container.get("healthCheck"))
    finally:
        podman.remove(name)
