"""Before the model: rows that only name an entity get their features from the online store."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter, Histogram
from pydantic_core import from_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..serving.api.service import Service
from ..serving.model.bundle import Column
from ..serving.model.problem import Problem
from ..serving.model.request import IN_THREAD
from . import encoding
from .entity import held, moment, named
from .online import Found, Read, Unreachable
from .settings import Features

DAY = 86_400
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1)


def parsed(body: bytes) -> tuple[list[Any], bool]:
    """Returns the rows of a body, and whether it is a list; the model says what is wrong with one that is none."""
    try:
        said = from_json(body)
    except ValueError:
        return [], False
    return (said, True) if isinstance(said, list) else ([said], False)


class Lookup:
    """Completes rows: an ASGI application before another one."""

    def __init__(self, app: ASGIApp, service: Service, read: Read, features: Features) -> None:
        """Reads with `read`, and does as `features` says with what is absent or stale."""
        self.app, self.service, self.read, self.features = app, service, read, features
        self.entity = named(service)
        self.times = [column.name for column in service.model.bundle.columns if "event_time" in column.roles]
        kept = service.telemetry.registry
        self.reads = Counter("feature_store_reads", "Entities read, by what was found", ["result"], registry=kept)
        for result in ("fresh", "stale", "absent"):
            self.reads.labels(result)
        self.seconds = Histogram("feature_store_read_seconds", "Time to read", buckets=BUCKETS, registry=kept)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Completes the body of one request, and hands it on."""
        told: dict[bytes, str] = {}
        try:
            body = scope["state"]["body"]
            rows, batch = await asyncio.to_thread(parsed, body) if len(body) > IN_THREAD else parsed(body)
            places = self._asking(rows)
            if places and len(rows) <= self.service.serve.max_rows:
                told = await asyncio.to_thread(self._complete, rows, places)
                scope["state"]["body"] = json.dumps(rows if batch else rows[0]).encode()
        except Problem as problem:
            await problem(scope, receive, send)
            return

        async def saying(message: Message) -> None:
            if told and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((name, text.encode()) for name, text in told.items())]
            await send(message)

        await self.app(scope, receive, saying)

    def _asking(self, rows: list[Any]) -> list[int]:
        """Returns the places of the rows that name an entity and have no feature of their own."""
        name, kind = self.entity.name, str if self.entity.kind == "text" else int
        known = {column.name for column in self.service.model.bundle.features}
        return [
            place
            for place, row in enumerate(rows)
            if isinstance(row, dict)
            and type(row.get(name)) is kind
            and known.isdisjoint(row)
            and len(str(row[name])) <= self.service.serve.max_text
        ]

    def _complete(self, rows: list[Any], places: Sequence[int]) -> dict[bytes, str]:
        """Adds features to the rows at those places; returns headers that name the rows which are not as fresh ones."""
        name, start = self.entity.name, time.perf_counter()
        try:
            found = self.read([encoding.entity_key(name, rows[place][name]) for place in places])
        except (Unreachable, OverflowError, ValueError) as error:
            raise Problem(
                503, "the feature store does not answer: send full rows, or try again.", headers={"Retry-After": "1"}
            ) from error
        self.seconds.observe(time.perf_counter() - start)
        oldest = time.time() - self.features.ttl_days * DAY
        states = ["absent" if each is None else "stale" if each.known < oldest else "fresh" for each in found]
        for state in states:
            self.reads.labels(state).inc()
        self._refuse([place for place, state in zip(places, states, strict=True) if state == "absent"], "absent")
        self._refuse([place for place, state in zip(places, states, strict=True) if state == "stale"], "stale")
        headers: dict[bytes, list[str]] = {}
        columns = held(self.service)
        for place, each, state in zip(places, found, states, strict=True):
            defaulted = state == "absent" or (state == "stale" and self.features.stale == "default")
            rows[place] = self._values(None if defaulted else each, columns) | rows[place]
            if state != "fresh":
                headers.setdefault(b"x-features-default" if defaulted else b"x-features-stale", []).append(str(place))
        return {name: ",".join(numbers) for name, numbers in headers.items()}

    def _values(self, found: Found | None, columns: list[Column]) -> dict[str, Any]:
        """Returns what the store holds of a row, defaults where there is nothing; times as the service reads them."""
        if found is None:
            return {column.name: self.features.defaults.get(column.name) for column in columns}
        values = {name: moment(round(found.known * 10**6)) for name in self.times} | found.values
        for column in columns:
            if column.kind == "time" and values[column.name] is not None:
                values[column.name] = moment(values[column.name])
        return values

    def _refuse(self, places: list[int], state: str) -> None:
        """Refuses rows whose features are absent or stale, if that is the policy.

        Raises:
            Problem: There are such rows.
        """
        policy = self.features.absent if state == "absent" else self.features.stale
        if not places or policy != "refuse":
            return
        message = (
            "the feature store has no features of this entity: send the full row, or materialize them"
            if state == "absent"
            else f"its features are older than {self.features.ttl_days:g} days: materialize newer ones"
        )
        errors = [{"row": place, "field": self.entity.name, "message": message} for place in places[:20]]
        more = f", and {len(places) - 1} more rows" if places[1:] else ""
        status = 422 if state == "absent" else 503
        raise Problem(status, f"{self.entity.name} of row {places[0]}: {message}{more}.", errors)
