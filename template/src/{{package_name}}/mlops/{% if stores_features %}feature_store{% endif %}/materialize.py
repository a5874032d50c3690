"""Brings the newest features of every entity into the online store: `make materialize`. Repeating it is safe."""

import argparse
import json
import logging
from datetime import UTC, datetime

from redis import RedisError

from ..core.errors import Refusal, UsageError
from ..core.paths import REGISTRATION
from ..core.runner import run
from ..core.untrusted_text import reason
from ..governance import audit_log, champions
from . import definitions, history, settings
from . import store as feast

BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
log = logging.getLogger(__name__)


def until(text: str) -> datetime:
    """Reads a time; one without an offset is UTC."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def main() -> None:
    """Applies what the contract says, and fills the online store."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--until", type=until, default=None, help="features that happened later are not served; now")
    args = parser.parse_args()
    online = settings.stores()["online_store"]["type"]
    if missing := settings.unset():
        raise UsageError(f"{settings.CONFIG} needs {missing}: set it in the environment, such as host:6379 for Redis.")
    entity, source, view = feast.defined()
    if feast.on_files(source):
        history.build()
    if not REGISTRATION.exists():
        raise UsageError(f"there is no {REGISTRATION}: `make run` registers a model, `uv run dvc pull` gets it.")
    said = json.loads(REGISTRATION.read_text(encoding="utf-8"))
    number = champions.next_number(audit_log.entries(), said["model"], said["model_hash"])
    service = definitions.service(view, said["model"], str(number))
    store = feast.connect()
    store.apply([entity, source, view, service])
    try:
        store.materialize(BEGINNING, args.until or datetime.now(UTC), feature_views=[view.name])
    except RedisError as error:
        raise Refusal(
            f"the online store does not answer ({reason(error)}): see online_store in {settings.CONFIG}."
        ) from error
    log.info("materialized %s for %s into %s", view.name, service.name, online)


if __name__ == "__main__":
    run(main)
