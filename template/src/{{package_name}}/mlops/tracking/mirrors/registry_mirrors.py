"""Repeats in other registries who is champion and who is challenger: MLflow and the audit log decide, these show it.

Each call brings a mirror to what the log says now, so that what one missed is repeated by the next. An entry of the
log says of each mirror whether it was written, or is pending. A mirror stops and takes back nothing.
"""

import logging
import os
from collections.abc import Callable
from functools import partial

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from ...core import lineage, params
from ...core.errors import Refusal
from ...core.paths import AUDIT
from ...core.untrusted_text import reason
from ...governance import audit_log
from ...governance.audit_log import Entry
from .. import audited, versions
from . import sagemaker, vertex
from .mirrored_model import WIDTH, delivered, described, named

Registry = type[sagemaker.Registry] | type[vertex.Registry]
REGISTRIES: dict[str, Registry] = {"sagemaker": sagemaker.Registry, "vertex": vertex.Registry}
MIRROR, WRITTEN, PENDING = "mirror", "written", "pending"
REPEATED = "the next `make promote`, `make rollback` or `make restore` repeats it"
log = logging.getLogger(__name__)


def _is_ours(shown: dict[str, str], chain: list[Entry]) -> None:
    """Makes sure that a registry shows as champion only what this log knows.

    Raises:
        Refusal: The log of another clone or project made it champion, or somebody did it there.
    """
    known = {entry["hash"][:WIDTH] for entry in chain}
    for address, entry in shown.items():
        if entry[:WIDTH] not in known:
            raise Refusal(
                f"its champion is {address}, made so by {f'entry {entry[:12]}' if entry else 'no entry'} of {AUDIT}: "
                "`git pull` if another clone promoted it, else take its approval or alias back there"
            )


def _record(client: MlflowClient, entry: Entry, mirror: str, address: str | None) -> None:
    """Writes into the log under which address a mirror has an entry's model, or that this is pending; once."""
    name, state = entry["model"], PENDING if address is None else WRITTEN
    image = delivered(entry["model_hash"]) or named(entry["model_hash"])
    facts = {"mirror": mirror, "state": state, "address": address or "", "image": image, "of": entry["hash"]}
    with audit_log.locked(AUDIT):
        said = [one for one in audit_log.entries() if (one.get("mirror"), one.get("of")) == (mirror, entry["hash"])]
        newest = said[-1] if said else {}
        same = ("state", "address") if state == WRITTEN else ("state", "image")
        if all(newest.get(key) == facts[key] for key in same) or (newest.get("state"), state) == (WRITTEN, PENDING):
            return
        audited.opened(client, name)
        why = f"{mirror} has it as champion" if state == WRITTEN else f"{mirror} did not take it: {REPEATED}"
        audited.remember(client, name, audit_log.add(MIRROR, name, entry["version"], why, path=AUDIT, **facts))


def _address(mirror: str, what: str, write: Callable[[], str]) -> str | None:
    """Returns what writing returned, or None after saying why it failed: whatever it is, the promotion stands."""
    try:
        return write()
    except Exception as error:
        log.warning("%s: %s is pending there (%s): %s", mirror, what, reason(error), REPEATED)
        log.debug("%s", mirror, exc_info=True)
        return None


def _show(mirror: str, client: MlflowClient, entry: Entry) -> str:
    """Lets a mirror show the champion that an entry made; returns its address there."""
    chain, name = audit_log.entries(), entry["model"]
    version = versions.by_hash(client, name, entry["model_hash"])
    if version is None:
        raise Refusal("MLflow's registry lacks it")
    registry = REGISTRIES[mirror](name, params.load().register_)
    _is_ours(registry.champions(), chain)
    address = registry.show_champion(described(client, version, entry), entry["hash"], entry["why"])
    log.info("%s shows version %s as champion: %s", mirror, entry["version"], address)
    return address


def _wait(mirror: str, client: MlflowClient, name: str, version: ModelVersion | None) -> str:
    """Lets a mirror show the challenger, or that there is none; returns its address there."""
    registry = REGISTRIES[mirror](name, params.load().register_)
    return registry.show_challenger(described(client, version, None) if version else None)


def follow(client: MlflowClient, name: str) -> list[str]:
    """Lets all registries that `register.mirrors` names show champion and challenger.

    Args:
        client: Of MLflow's registry, which follows the audit log already.
        name: Of the model.

    Returns:
        Those in which something is pending.
    """
    mirrors, pending = params.load().register_.mirrors, set[str]()
    if not mirrors or os.environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return []  # a pull request only tries what may become of it
    entry, waiting = audit_log.chosen(audit_log.entries(), name), versions.by_alias(client, name, versions.CHALLENGER)
    if entry and waiting and waiting.tags.get("model_hash") == entry["model_hash"]:
        waiting = None
    for mirror in dict.fromkeys(mirrors):
        if entry:
            address = _address(mirror, f"version {entry['version']}", partial(_show, mirror, client, entry))
            _record(client, entry, mirror, address)
            if address is None:
                pending.add(mirror)
                continue
        if _address(mirror, "the challenger", partial(_wait, mirror, client, name, waiting)) is None:
            pending.add(mirror)
    return sorted(pending)


def repeat(client: MlflowClient, name: str) -> None:
    """Writes what is pending, after `make restore`; in a job and on a branch that lacks entries, nothing.

    Raises:
        Refusal: Something is pending still.
    """
    if lineage.in_job() or not audited.is_followed(client, name, audit_log.entries()):
        return
    pending = follow(client, name)
    if pending:
        raise Refusal(f"{' and '.join(pending)} could not be written, see above; MLflow's registry is restored.")
