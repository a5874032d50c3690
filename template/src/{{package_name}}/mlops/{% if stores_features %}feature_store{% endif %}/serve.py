"""Answers requests as `serve` does, and rows that only name an entity with features of the online store.

`python -m <package>.mlops.feature_store.serve --port 8000`; a full row is answered as before, whatever the store does.
"""

import copy
from typing import Any

from ..core.errors import UsageError
from ..core.runner import run
from ..serving import __main__ as serving
from ..serving.api import app
from ..serving.api.service import Service
from ..serving.observability.observer import Observer
from ..serving.platforms.platform import Platform
from ..serving.security.api_keys import Keys
from . import online, settings
from .entity import held
from .lookup import Lookup


def document(found: dict[str, Any], entity: str, kind: str) -> dict[str, Any]:
    """Returns the OpenAPI document with the rows that only name an entity."""
    made = copy.deepcopy(found)
    typed = {"type": "string" if kind == "text" else "integer"}
    made["components"]["schemas"]["Entity"] = {"type": "object", "required": [entity], "properties": {entity: typed}}
    body = made["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    row = {"anyOf": [{"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Entity"}]}
    body["anyOf"] = [row, {**body["anyOf"][1], "items": row}]
    return made


def build(service: Service, accepted: Keys, platform: Platform | None = None) -> Observer:
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
    return app.assembled(others, predict, service, accepted, platform)


def demand_defaults(service: Service, features: settings.Features) -> None:
    """Sees to it that defaults are there where they may be needed.

    Raises:
        UsageError: A feature that may not be missing has none.
    """
    if "default" not in (features.absent, features.stale):
        return
    without = [c.name for c in service.model.bundle.features if not c.nullable and c.name not in features.defaults]
    if without:
        raise UsageError(f"params.yaml, features.defaults: {', '.join(without)} may not be missing, so needs a value.")


def main() -> None:
    """Answers requests with the exported champion and the features of the online store."""
    serving.run_server(build)


if __name__ == "__main__":
    run(main)
