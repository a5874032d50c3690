"""Answers requests as `serve` does, and rows that only name an entity with features of the online store.

`python -m <package>.feature_store.serve --port 8000`; a full row is answered as before, whatever the store does.
"""

import copy
import gc
import logging
import os
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from ..serve import __main__ as serving
from ..serve import app, keys, logs
from ..serve import settings as serve_settings
from ..serve.guard import Guard
from ..serve.keys import Key
from ..serve.service import Service
from ..serve.telemetry import Observer
from ..stage import Refusal, run
from . import online, settings
from .lookup import Lookup, held

log = logging.getLogger(__name__)


def document(found: dict[str, Any], entity: str, kind: str) -> dict[str, Any]:
    """Returns the OpenAPI document with the rows that only name an entity."""
    made = copy.deepcopy(found)
    typed = {"type": "string" if kind == "text" else "integer"}
    made["components"]["schemas"]["Entity"] = {"type": "object", "required": [entity], "properties": {entity: typed}}
    body = made["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    row = {"anyOf": [{"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Entity"}]}
    body["anyOf"] = [row, {**body["anyOf"][1], "items": row}]
    return made


def build(service: Service, accepted: tuple[Key, ...] | None) -> Observer:
    """Returns the whole application, as `serve.app.build` does, with the look-up before `/predict`.

    Raises:
        Refusal: The feature store is not as the service can use it.
    """
    features = settings.load()
    others, names = app.routes(service), [column.name for column in held(service)]
    predict = Lookup(app.Predict(service), service, online.reader(names), features)
    demand_defaults(service, features)
    plain = others.openapi
    others.openapi = lambda: document(plain(), predict.entity.name, predict.entity.kind)  # type: ignore[method-assign]

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["path"] == "/predict" and scope["method"] == "POST"
        await (predict if asked else others)(scope, receive, send)

    return Observer(Guard(routed, service.serve, accepted), service.telemetry, lambda: service.draining)


def demand_defaults(service: Service, features: settings.Features) -> None:
    """Sees to it that defaults are there where they may be needed.

    Raises:
        Refusal: A feature that may not be missing has none.
    """
    if "default" not in (features.absent, features.stale):
        return
    without = [c.name for c in service.model.bundle.features if not c.nullable and c.name not in features.defaults]
    if without:
        raise Refusal(f"params.yaml, features.defaults: {', '.join(without)} may not be missing, so needs a value.")


def main() -> None:
    """Answers requests with the exported champion and the features of the online store."""
    asked = serving.arguments()
    level = (os.environ.get("SERVE_LOG_LEVEL") or "INFO").upper()
    if level not in logs.LEVELS:
        raise Refusal(f"SERVE_LOG_LEVEL is {level}: set it to one of {', '.join(logs.LEVELS)}.")
    logs.configure(level)
    serve, accepted = serve_settings.load(), keys.load()
    service = Service(serve_settings.model_folder(), serve, serve_settings.prediction_log(serve))
    if accepted is None:
        log.warning("SERVE_AUTH is off: whoever reaches this port may ask everything; use it for development only")
    config = uvicorn.Config(
        build(service, accepted),
        host=asked.host,
        port=asked.port,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,  # as `serve` does, and for its reasons
        timeout_graceful_shutdown=30,
    )
    gc.freeze()
    facts = {name: service.model.facts[name] for name in ("model", "version", "model_hash", "path")}
    logs.say(log, logging.INFO, "serving", host=asked.host, port=asked.port, **facts)
    serving.Server(config, service, asked.drain).run()


if __name__ == "__main__":
    run(main)
