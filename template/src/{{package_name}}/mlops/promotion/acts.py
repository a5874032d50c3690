"""Promotes the model of the last run, or one that was champion before; after a run only where `params.yaml` says so."""

import logging

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from ... import project
from ..core import lineage, params
from ..core.errors import GateRefused, UsageError
from ..core.paths import AUDIT, REGISTRATION
from ..governance import audit_log, champions
from ..tracking import mlflow_client, projection, registry, versions
from . import candidate

log = logging.getLogger(__name__)


def promote(client: MlflowClient, why: str) -> ModelVersion:
    """Makes the model of the last run the champion, after its gates.

    Raises:
        GateRefused: A gate is closed.
        Refusal: As `registry.promote`.
    """
    said = candidate.described(client, candidate.judge(client))
    return registry.promote(client, said, why, project.contract(), project.trusted())


def promote_again(client: MlflowClient, model_hash: str, why: str) -> ModelVersion:
    """Makes a model the champion that the log or the registry has as one that passed its gates.

    Args:
        client: Of the registry.
        model_hash: Its content hash, or the first digits of it.
        why: The reason.

    Raises:
        UsageError: There is none, or there are several.
        GateRefused: It did not pass its gates.
    """
    name, chain = params.load().register_.model_name, audit_log.entries()
    same = [
        entry
        for entry in chain
        if entry["action"] in audit_log.CHOSEN
        and entry["model"] == name
        and entry.get("model_hash", "").startswith(model_hash)
    ]
    if len({entry["model_hash"] for entry in same}) > 1:
        raise UsageError(f"{model_hash} begins the hash of several models in {AUDIT}: write more of it.")
    if same:
        facts = projection.facts(chain, same[-1])
        kept = (*projection.TAGS, "model", "model_file", "held_out", "training_rows", "metric", "value", "judged")
        said = {key: facts[key] for key in kept if key in facts and key != "git_commit"}
    else:
        version = versions.by_hash(client, name, model_hash)
        if len(versions.hashes(client, name, model_hash)) > 1:
            raise UsageError(f"{model_hash} begins the hash of several models in the registry: write more of it.")
        if version is None:
            raise UsageError(f"neither {AUDIT} nor the registry has a model {model_hash} of {name}.")
        if version.tags.get("gates") != "passed":
            raise GateRefused(f"{name} {version.version} did not pass the gates, so it can't be champion.")
        said = {"model": name} | {key: version.tags[key] for key in projection.TAGS if key in version.tags}
        said.pop("git_commit", None)
    return registry.promote(client, said, why, project.contract(), project.trusted())


def after_run() -> None:
    """Promotes what a run left, where `register.promote` says so, and says what waits otherwise.

    Never in a job of GitHub, which commits no log: the registry would remember an entry that nobody has.

    Raises:
        GateRefused: A gate is closed that was open in the run.
        Refusal: As `registry.promote`, or two branches made a champion each.
    """
    chosen = params.load().register_
    if not REGISTRATION.exists():
        return  # the run was of a single stage
    present = audit_log.chosen(audit_log.entries(), chosen.model_name)
    if present and champions.same(present, candidate.registration()):
        return
    first = present is None and lineage.on_default_branch()
    if not lineage.in_job() and (chosen.promote == "always" or (chosen.promote == "main" and first)):
        promote(mlflow_client.connect(), "passed all gates" if present else "the first model")
        return
    champion = f"champion is version {present['version']}" if present else "there is no champion yet"
    log.info('passed all gates, %s: `make promote WHY="..."` makes it champion', champion)


def after_retraining(client: MlflowClient, why: str) -> None:
    """Promotes a challenger that passed its gates, or lets it wait where `register.promote` is `never`."""
    if params.load().register_.promote != "never":
        promote(client, why)
        return
    said = candidate.described(client, candidate.judge(client))
    registry.challenge(client, said, project.contract(), project.trusted())
