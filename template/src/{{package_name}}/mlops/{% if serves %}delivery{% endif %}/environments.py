"""Where the image of an environment stands: in its overlay for Kubernetes, else in `deploy/<environment>.env`."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ..core.atomic import write
from ..core.errors import Refusal, UsageError

NAMES = ("staging", "production")
OVERLAYS = Path("deploy/k8s/overlays")
SERVICE = "service"  # what the manifests call the image
NOTHING = "0" * 64  # stands in an overlay before the first delivery
PATTERN = re.compile(r"(?P<name>[a-z0-9][a-z0-9.:/_-]*)@sha256:(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True)
class Image:
    """An image by digest: `name` with its registry, `digest` as 64 hexadecimal digits."""

    name: str
    digest: str

    def __str__(self) -> str:
        """Returns it as a registry takes it."""
        return f"{self.name}@sha256:{self.digest}"


def parse(text: str) -> Image:
    """Reads `NAME@sha256:DIGEST`.

    Raises:
        UsageError: It is something else, such as a tag, which may mean another image tomorrow.
    """
    found = PATTERN.fullmatch(text)
    if found is None or found["digest"] == NOTHING:
        raise UsageError(
            f"{text!r} is no image by digest: write NAME@sha256: and 64 hexadecimal digits, as the push printed it."
        )
    return Image(**found.groupdict())


def path(environment: str) -> Path:
    """Returns the file that says which image an environment runs."""
    overlay = OVERLAYS / environment / "image/kustomization.yaml"
    return overlay if overlay.exists() else Path(f"deploy/{environment}.env")


def _entry(document: Any, where: Path) -> Any:
    found = [image for image in (document or {}).get("images", []) if image.get("name") == SERVICE]
    if not found:
        raise Refusal(f"{where} names no image {SERVICE}: restore it from git, or deliver to another environment.")
    return found[0]


def read(environment: str) -> Image | None:
    """Returns the image of an environment, or None before the first delivery.

    Raises:
        Refusal: The file says something else than an image by digest.
    """
    where = path(environment)
    text = where.read_text(encoding="utf-8") if where.exists() else ""
    if where.suffix == ".env":
        found = re.search(r"(?m)^IMAGE=(.*)$", text)
        return parse(found[1]) if found else None
    entry = _entry(YAML().load(text), where)
    said = f"{entry.get('newName', SERVICE)}@{entry.get('digest', '')}"
    return None if said.endswith(NOTHING) else parse(said)


def put(environment: str, image: Image) -> Path:
    """Writes the image of an environment, and leaves all else in the file as it is; returns the file."""
    where = path(environment)
    if where.suffix == ".env":
        former = where.read_text(encoding="utf-8").splitlines(keepends=True) if where.exists() else []
        others = [line for line in former if not line.startswith("IMAGE=")]
        write(where, "".join([f"IMAGE={image}\n", *others]))
        return where
    yaml, out = YAML(), io.StringIO()
    yaml.width = 1000
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(where.read_text(encoding="utf-8"))
    _entry(document, where).update({"newName": image.name, "digest": f"sha256:{image.digest}"})
    yaml.dump(document, out)
    write(where, out.getvalue())
    return where
