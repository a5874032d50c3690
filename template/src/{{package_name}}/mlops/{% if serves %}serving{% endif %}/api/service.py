"""The service's state: the model that answers, its metrics and its prediction log."""

from pathlib import Path

from ...core.errors import Refusal
from ..model import answer
from ..model.problem import Problem
from ..model.settings import Serve
from ..observability.prediction_log import PredictionLog
from ..observability.telemetry import Telemetry


class Service:
    """The model that answers, and all that is told of its answers."""

    def __init__(self, folder: Path, serve: Serve, predictions: Path | None, bucket: str | None = None) -> None:
        """Loads the model; without a folder for predictions there is no log of them, without a bucket it stays."""
        self.folder, self.serve = folder, serve
        self.model = answer.load(folder, serve)
        self.telemetry = Telemetry(self.model.facts["problem"], serve.price_per_hour)
        self.telemetry.model(self.model)
        sent = (bucket, str(serve.prediction_log_bytes)) if bucket else ()
        self.log = (
            PredictionLog(predictions, serve.prediction_log_seconds, self.telemetry, *sent) if predictions else None
        )
        if self.log:
            self.telemetry.oldest_row.set_function(lambda: self.log.oldest if self.log else 0.0)
        self.draining = False

    def ready(self) -> dict[str, str]:
        """Returns what is said of a service to which requests should come.

        Raises:
            Problem: They should go elsewhere.
        """
        if self.draining:
            raise Problem(503, "the service is stopping: ask another one.", headers={"Retry-After": "1"})
        said = {"status": "ready", "model_version": self.model.version}
        if self.log and self.log.late:
            said["prediction_log"] = f"rows have waited {self.log.oldest:.0f} s; the service's log says why."
            if self.serve.prediction_log_required:
                raise Problem(503, f"prediction log: {said['prediction_log']}", headers={"Retry-After": "10"})
        return said

    def reload(self) -> None:
        """Loads the bundle anew; one that is refused, or is of another problem, leaves the old model in place."""
        try:
            model = answer.load(self.folder, self.serve)
        except Refusal as refusal:
            raise Problem(409, f"version {self.model.version} stays: {refusal}") from None
        for fact in ("target", "problem"):
            if model.facts[fact] != self.model.facts[fact]:
                raise Problem(409, f"version {self.model.version} stays: the new model has another {fact}; restart.")
        self.model = model
        self.telemetry.model(model)
