"""The Prometheus metrics of the service."""

from collections import Counter as Tally
from time import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from ..model.answer import Model, Prediction
from .value_histogram import ValueHistogram

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SHARES = tuple(step / 20 for step in range(1, 21))
DECADES = tuple(step * 10.0**power for power in range(-3, 7) for step in (1, 3))


class Telemetry:
    """The metrics of one service, in a registry of its own."""

    def __init__(self, problem: str, price_per_hour: float | None) -> None:
        """Declares the metrics; without a price there is none of cost."""
        self.registry = kept = CollectorRegistry()
        ProcessCollector(registry=kept)
        values = SHARES if problem != "regression" else (*(-bound for bound in reversed(DECADES)), 0.0, *DECADES)
        self.requests = Counter("http_requests", "Requests answered", ["method", "path", "status"], registry=kept)
        self.durations = Histogram(
            "http_request_duration_seconds", "Time to answer", ["path"], buckets=SECONDS, registry=kept
        )
        self.in_progress = Gauge("http_requests_in_progress", "Requests that are being answered", registry=kept)
        self.predictions = Counter("model_predictions", "Rows answered, by label", ["label"], registry=kept)
        text = "Probability of the positive class or of the label, or the value"
        self.values = ValueHistogram("model_prediction_value", text, values, kept)
        self.out_of_range = Counter(
            "model_feature_out_of_range",
            "Values outside the contract: refused, or unknown categories",
            ["feature"],
            registry=kept,
        )
        self.info = Gauge(
            "model_info",
            "The model that answers",
            ["model", "version", "model_hash", "data_hash", "git_commit", "path"],
            registry=kept,
        )
        self.loaded = Gauge("model_loaded_timestamp_seconds", "When the model was loaded", registry=kept)
        self.trained = Gauge("model_trained_timestamp_seconds", "When the model was trained", registry=kept)
        self.dropped_rows = Counter("prediction_log_dropped_rows", "Rows lost to the prediction log", registry=kept)
        self.logged_rows = Counter("prediction_log_rows", "Rows written to the prediction log", registry=kept)
        self.oldest_row = Gauge("prediction_log_oldest_row_seconds", "Age of the oldest row that waits", registry=kept)
        self.sent_files = Counter("prediction_log_sent_files", "Files that the bucket has", registry=kept)
        self.waiting_files = Gauge("prediction_log_waiting_files", "Files that wait for the bucket", registry=kept)
        self.oldest_file = Gauge("prediction_log_oldest_file_seconds", "Age of the oldest of them", registry=kept)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}  # looked up once
        self._labels: dict[str, Counter] = {}
        self._seconds = self._rows = 0.0
        self.running = 0  # as a number of its own it needs no lock
        self.in_progress.set_function(lambda: self.running)
        if price_per_hour is not None:
            cost = Gauge("model_cost_per_thousand_predictions", "Busy time at serve.price_per_hour", registry=kept)
            cost.set_function(lambda: self._seconds / max(self._rows, 1) * 1000 * price_per_hour / 3600)

    def shown(self) -> bytes:
        """Returns the metrics as Prometheus reads them."""
        return generate_latest(self.registry)

    def model(self, model: Model) -> None:
        """Says which model answers from now on."""
        facts = model.facts
        self._labels = {label: self.predictions.labels(label) for label in map(str, facts["classes"])}
        self.info.clear()
        names = ("model", "model_hash", "data_hash", "git_commit", "path")
        self.info.labels(version=model.version, **{name: str(facts[name]) for name in names}).set(1)
        self.loaded.set(time())
        self.trained.set(facts["created"])

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request; the path is that of the matched route, or "other"."""
        known = (method if method in METHODS else "other", path, status)
        child = self._children.get(known)
        if child is None:
            child = self._children[known] = self.requests.labels(*map(str, known)), self.durations.labels(known[1])
        child[0].inc()
        child[1].observe(seconds)

    def predicted(self, made: Prediction) -> None:
        """Counts rows that were answered."""
        self._seconds += made.seconds
        self._rows += len(made.rows)
        one = len(made.labels) == 1  # a tally takes ten times as long
        for label, number in ({made.labels[0]: 1} if one else Tally(made.labels)).items():
            self._labels[label].inc(number)
        self.values.observe(made.values)
        for feature in made.unknown:
            self.out_of_range.labels(feature).inc()
