"""Reads features from the online store that Feast filled, SQLite or Redis, without Feast."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ..core.errors import UsageError
from . import encoding, settings

PATIENCE = 1.0  # seconds
log = logging.getLogger(__name__)


class Unreachable(Exception):  # noqa: N818 - the store's state, not an error of the program
    """The online store does not answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """The features of an entity; `known` is their event time, seconds since 1970."""

    values: dict[str, Any]
    known: float


Read = Callable[[Sequence[bytes]], list[Found | None]]


def sqlite(project: str, path: str, names: list[str]) -> Read:
    """Returns a function that reads entities from Feast's SQLite file, opened at the first read, read-only."""
    table = f"{project}_{settings.VIEW}".replace('"', '""')
    wanted = set(names)
    query = f'SELECT feature_name, value, event_ts FROM "{table}" WHERE entity_key = ?'  # noqa: S608 - quoted
    held: list[sqlite3.Connection] = []
    lock = Lock()

    def one(key: bytes) -> Found | None:
        rows = held[0].execute(query, (key,)).fetchall()
        values = {name: encoding.value(raw) for name, raw, _ in rows if name in wanted}
        return Found(values, float(rows[0][2])) if len(values) == len(wanted) else None

    def read(keys: Sequence[bytes]) -> list[Found | None]:
        with lock:
            try:
                if not held:
                    uri = f"file:{settings.REPOSITORY / path}?mode=ro"
                    held.append(sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False))
                return [one(key) for key in keys]
            except sqlite3.Error as error:
                raise Unreachable(str(error)) from error

    return read


def redis(project: str, address: str, names: list[str]) -> Read:
    """Returns a function that reads entities from Feast's hashes in Redis.

    Args:
        project: Of Feast.
        address: As Feast has it: `host:port`, then options such as `,password=...,ssl=true`.
        names: Of the features.
    """
    import mmh3
    from redis import Redis, RedisError

    place, *options = address.split(",")
    host, _, port = place.partition(":")
    given: dict[str, Any] = {key: text for key, _, text in (option.partition("=") for option in options)}
    given |= {"ssl": given["ssl"].lower() == "true"} if "ssl" in given else {}
    client: Any = Redis(
        host=host, port=int(port or 6379), socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, **given
    )
    fields = [mmh3.hash(f"{settings.VIEW}:{name}", signed=False).to_bytes(4, "little") for name in names]
    fields.append(f"_ts:{settings.VIEW}".encode())

    def one(raw: list[bytes | None]) -> Found | None:
        *values, known = raw
        if known is None or None in values:
            return None
        found = (encoding.value(value) for value in values if value is not None)
        return Found(dict(zip(names, found, strict=True)), encoding.seconds(known))

    def read(keys: Sequence[bytes]) -> list[Found | None]:
        pipeline = client.pipeline(transaction=False)
        for key in keys:
            pipeline.hmget(key + project.encode(), fields)
        try:
            return [one(raw) for raw in pipeline.execute()]
        except RedisError as error:
            raise Unreachable(str(error)) from error

    return read


def nowhere(missing: str) -> Read:
    """Returns a function for an online store whose address is not known."""

    def read(keys: Sequence[bytes]) -> list[Found | None]:
        raise Unreachable(f"{missing} is not set")

    return read


def reader(names: list[str]) -> Read:
    """Returns the function that reads from the online store that `feature_repo/feature_store.yaml` names.

    Raises:
        UsageError: It is neither SQLite nor Redis.
    """
    said = settings.stores()
    online = said["online_store"]
    if missing := settings.unset():
        log.warning("%s needs %s, which is not set: only full rows are answered", settings.CONFIG, missing)
        return nowhere(missing)
    if online["type"] == "sqlite":
        return sqlite(said["project"], online["path"], names)
    if online["type"] == "redis":
        return redis(said["project"], online["connection_string"], names)
    raise UsageError(
        f"{settings.CONFIG}: the service reads from sqlite or redis, not from {online['type']}: choose one."
    )
