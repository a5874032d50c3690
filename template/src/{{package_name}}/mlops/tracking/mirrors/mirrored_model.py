"""What another registry is told of a model: its hashes, its measures, and its image by digest."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from ...core.errors import Refusal, UsageError
from ...core.paths import DELIVERIES
from ...governance import audit_log, champions
from ...governance.audit_log import Entry

IMAGE = "MIRROR_IMAGE"
FACTS = ("model_hash", "data_hash", "git_commit", "git_dirty", "threshold")
MOST_MEASURES = 30
BY_DIGEST = re.compile(r"(?P<repository>\S+)@sha256:(?P<digest>[0-9a-f]{64})")
WIDTH = 63  # of a label of Google's
Known = Iterable[tuple[str, dict[str, str]]]  # address and facts of the versions that a registry has, the newest last


@dataclass(frozen=True)
class Mirrored:
    """A version of the model.

    Attributes:
        facts: As the registry of MLflow has them as tags, and the version there.
        measures: Those of its evaluation.
        delivered: The image that the newest delivery of this model brought; empty before.
        named: The image that a person named, now or when the model was first mirrored; empty where nobody did.
    """

    facts: dict[str, str]
    measures: dict[str, str]
    delivered: str
    named: str

    def found(self, known: Known) -> str | None:
        """Returns the address of the newest version of this model; of a delivered one, with the delivered image."""
        wanted = {"model_hash": self.facts["model_hash"]}
        if self.delivered:
            wanted["image_digest"] = self.delivered.rpartition(":")[2]
        short = {key: text[:WIDTH] for key, text in wanted.items()}
        same = [at for at, facts in known if short == {key: facts.get(key, "")[:WIDTH] for key in short}]
        return same[-1] if same else None

    def image(self, repository: str | None) -> tuple[str, str]:
        """Returns the address of the image, and its digest.

        Args:
            repository: Where the registry finds the image; None where it was delivered.

        Raises:
            Refusal: No image of this model is known.
            UsageError: The one that is named is not named by digest.
        """
        named = self.delivered or self.named
        if not named:
            raise Refusal(
                f"no image of model {self.facts['model_hash'][:12]} is known: deliver it, or name the image that holds "
                f"it, {IMAGE}=NAME@sha256:DIGEST"
            )
        parts = BY_DIGEST.fullmatch(named)
        if parts is None:
            raise UsageError(f"{named!r} is no image by digest: write NAME@sha256: and 64 hexadecimal digits")
        return f"{repository or parts['repository']}@sha256:{parts['digest']}", parts["digest"]


def delivered(model_hash: str) -> str:
    """Returns the image that the newest delivery of a model brought, or nothing."""
    images = [one["image"] for one in audit_log.entries(DELIVERIES) if one.get("model_hash") == model_hash]
    return str(images[-1]) if images else ""


def named(model_hash: str) -> str:
    """Returns the image that `MIRROR_IMAGE` names, else the one that the log has of a model, or nothing."""
    chain = audit_log.entries()
    of_model = {one["hash"] for one in chain if one.get("model_hash") == model_hash}
    images = [one["image"] for one in chain if one.get("of") in of_model and one.get("image")]
    return os.environ.get(IMAGE, "") or str(images[-1] if images else "")


def described(client: MlflowClient, version: ModelVersion, entry: Entry | None) -> Mirrored:
    """Returns what is told of a version of MLflow's registry.

    Args:
        client: Of that registry.
        version: The version.
        entry: The one that made it champion; None for a challenger.
    """
    facts = {key: str(version.tags[key]) for key in FACTS if version.tags.get(key)} | {"version": str(version.version)}
    try:
        measured = client.get_run(version.run_id).data.metrics if version.run_id else {}
    except MlflowException:  # the run is deleted
        measured = {}
    overall = sorted(key for key in measured if "." not in key)[:MOST_MEASURES]
    measures = {key: f"{measured[key]:.6g}" for key in overall}
    if entry is not None:
        said = champions.facts(audit_log.entries(), entry)
        facts |= {"threshold": said["threshold"]} if "threshold" in said else {}
        measures |= {said["metric"]: said["value"]} if "value" in said else {}
    return Mirrored(facts, measures, delivered(facts["model_hash"]), named(facts["model_hash"]))
