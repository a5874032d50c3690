"""Vertex AI's Model Registry: the aliases `champion` and `challenger` of a model's versions, hashes as their labels.

Credentials are Google's own: GOOGLE_APPLICATION_CREDENTIALS, gcloud's login, a service account, a workload identity.
Source: Google's discovery document aiplatform v1 of 2026-11-06; of aliases, which are unique in a model and move to the
version that they are set on, https://cloud.google.com/vertex-ai/docs/model-registry/model-alias, read on 2026-11-30.
"""

import os
import re
import time
from typing import Any

from ...core.errors import Refusal, UsageError
from ...core.params import Register
from ..versions import CHALLENGER, CHAMPION
from .mirrored_model import WIDTH, Mirrored

ENDPOINT = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"  # gcloud's own variable
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ENTRY, DEFAULT = "audit_entry", "default"
TIMEOUT, PATIENCE = 30, 900  # seconds: of a call, of an upload, for which Google copies the image
ROUTES = {"predictRoute": "/vertex/predict", "healthRoute": "/vertex/health"}


class Registry:
    """A model and its versions, as they are when this is made.

    Attributes:
        model: Its resource name; its id is the name of the model, in the characters that Google allows.
    """

    def __init__(self, name: str, settings: Register) -> None:
        """Reads the model's versions; an absent model has none.

        Raises:
            UsageError: The library is not installed, or no project is known.
            Refusal: Google refuses the call.
        """
        try:
            import google.auth
            from google.auth.transport.requests import AuthorizedSession
        except ModuleNotFoundError:
            raise UsageError(
                "Vertex AI needs google-auth, which is not installed: `uv add --group gcp google-auth requests`"
            ) from None
        credentials, project = google.auth.default(scopes=[SCOPE])
        project, self._where = settings.vertex.project or project, settings.vertex
        if not project:
            raise UsageError("the credentials name no project: add `vertex: {project: ...}` to register in params.yaml")
        self._session: Any = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        self._base = os.environ.get(ENDPOINT) or f"https://{self._where.location}-aiplatform.googleapis.com/"
        self._parent, self._name = f"projects/{project}/locations/{self._where.location}", name
        self._id = re.sub("[^a-z0-9_-]", "-", re.sub("^(?=[0-9-])", "model-", name.lower()))[:WIDTH]
        self.model = f"{self._parent}/models/{self._id}"
        self._versions = self._listed()

    def _call(self, method: str, path: str, body: Any = None, *, absent: bool = False, **query: str) -> dict[str, Any]:
        """Returns what Google answers; nothing where what is asked for does not exist, if that is `absent`.

        Raises:
            Refusal: It refuses the call.
        """
        url = f"{self._base.rstrip('/')}/v1/{path}"
        answer = self._session.request(method, url, json=body, params=query, timeout=TIMEOUT)
        if answer.status_code == 404 and absent:
            return {}
        if not answer.ok:
            raise Refusal(f"{answer.status_code} of {path}: {answer.text[:500]}")
        said: dict[str, Any] = answer.json()
        return said

    def _listed(self) -> list[dict[str, Any]]:
        """Returns the versions, the oldest first."""
        found, token = list[dict[str, Any]](), ""
        while True:
            query = {"pageToken": token} if token else {}
            page = self._call("GET", f"{self.model}:listVersions", absent=True, pageSize="100", **query)
            found, token = found + page.get("models", []), page.get("nextPageToken", "")
            if not token:
                return sorted(found, key=lambda one: int(one["versionId"]))

    def _at(self, version: dict[str, Any]) -> str:
        return f"{self.model}@{version['versionId']}"

    def _with(self, alias: str) -> dict[str, dict[str, Any]]:
        return {self._at(one): one for one in self._versions if alias in one.get("versionAliases", [])}

    def champions(self) -> dict[str, str]:
        """Returns the version with the alias, with the entry that made it champion."""
        return {at: one.get("labels", {}).get(ENTRY, "") for at, one in self._with(CHAMPION).items()}

    @staticmethod
    def _told(model: Mirrored) -> str:
        return ", ".join(f"{key} {text}" for key, text in (model.facts | model.measures).items())

    def _put(self, model: Mirrored) -> str:
        """Returns the version of a model; uploads it where it is absent."""
        address = model.found([(self._at(one), one.get("labels", {})) for one in self._versions])
        if address is not None:
            return address
        image, digest = model.image(self._where.repository)
        labels = {key: text for key, text in model.facts.items() if re.fullmatch("[a-z0-9_-]+", text)}
        version = {
            "displayName": self._name,
            "versionDescription": self._told(model),
            "labels": {key: text[:WIDTH] for key, text in (labels | {"image_digest": digest}).items()},
            "containerSpec": {"imageUri": image, "env": [{"name": "SERVE_PLATFORM", "value": "vertex"}], **ROUTES},
        }
        place = {"parentModel": self.model} if self._versions else {"modelId": self._id}
        made = self._done(self._call("POST", f"{self._parent}/models:upload", {"model": version, **place}))
        self._versions = self._listed()
        return f"{self.model}@{made['modelVersionId']}"

    def _done(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Waits for an operation, and returns its response."""
        until = time.monotonic() + PATIENCE
        while not operation.get("done"):
            if time.monotonic() > until:
                raise Refusal(f"{operation['name']} is not done after {PATIENCE} s")
            time.sleep(1)
            operation = self._call("GET", operation["name"])
        if "error" in operation:
            raise Refusal(f"{operation['name']} failed: {operation['error'].get('message', '')}")
        return dict(operation["response"])

    def _alias(self, address: str, *aliases: str) -> None:
        self._call("POST", f"{address}:mergeVersionAliases", {"versionAliases": aliases})
        self._versions = self._listed()

    def show_champion(self, model: Mirrored, entry: str, why: str) -> str:
        """Gives the champion's version its alias, the default's too, and the entry as a label; returns its name."""
        address = self._put(model)
        if self.champions().get(address) != entry[:WIDTH]:
            version = next(one for one in self._versions if self._at(one) == address)
            labels = version.get("labels", {}) | {ENTRY: entry[:WIDTH]}
            changed = {"labels": labels, "versionDescription": f"{self._told(model)}, champion: {why}"}
            self._call("PATCH", address, {"name": address, **changed}, updateMask=",".join(changed))
            self._alias(address, CHAMPION, DEFAULT)
        return address

    def show_challenger(self, model: Mirrored | None) -> str:
        """Gives the challenger's version its alias, or takes it away where nothing waits; returns its name."""
        address = self._put(model) if model else ""
        if address and address not in self._with(CHALLENGER):
            self._alias(address, CHALLENGER)
        for other in self._with(CHALLENGER):
            if other != address:
                self._alias(other, f"-{CHALLENGER}")
        return address
