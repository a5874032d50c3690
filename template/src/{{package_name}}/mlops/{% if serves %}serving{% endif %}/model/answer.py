"""The model as the service uses it: a body goes in, the bytes of the answer come out."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np

from . import bundle
from .bundle import Bundle
from .problem import Problem
from .request import Reader
from .row_model import Row
from .settings import Serve


@dataclass(slots=True)
class Prediction:
    """Rows that were answered: for the prediction log and the metrics.

    Attributes:
        model: The model that answered.
        request_id: Of the request.
        time: When, UTC.
        rows: As they were asked.
        labels: The decided label of each row, as text; empty for a regression.
        values: Probability of the positive class, or of the label, or the value; shape (rows,).
        probabilities: Of all classes, shape (rows, classes); None unless there are more than two.
        unknown: A feature's name for each category that the model does not know.
        seconds: That the work took.
    """

    model: "Model"
    request_id: str
    time: datetime
    rows: list[Row]
    labels: list[str]
    values: np.ndarray
    probabilities: np.ndarray | None
    unknown: list[str]
    seconds: float


class Model:
    """A bundle that is ready to answer."""

    def __init__(self, found: Bundle, serve: Serve) -> None:
        """Prepares what does not change from request to request."""
        facts = found.facts
        self.bundle, self.facts = found, facts
        self.reader = Reader(found.columns, serve, facts.get("time_format"))
        self.max_rows = serve.max_rows
        self.version: str = str(facts["version"])
        self._texts = [str(label) for label in facts["classes"]]
        self._labels = [json.dumps(label) for label in facts["classes"]]
        self._keys = [json.dumps(text) for text in self._texts]
        self._version = json.dumps(self.version)

    def answer(self, body: bytes, request_id: str) -> tuple[bytes, Prediction]:
        """Answers one row, or a list of rows.

        Raises:
            Invalid: The body is not what the contract says.
            Problem: The values lie so far outside that the model has no finite answer.
        """
        start = perf_counter()
        rows, batch = self.reader.read(body)
        codes, unknown = self.reader.encode(rows)
        predicted = self.bundle.predict(codes)
        if not np.isfinite(predicted).all():
            raise Problem(422, "the values lie so far outside of what the model has seen that it has no finite answer.")
        labels, values, probabilities, texts = self._decide(predicted)
        text = '{"predictions":[{' + "},{".join(texts) + "}]" if batch else "{" + texts[0]
        content = f'{text},"model_version":{self._version},"request_id":"{request_id}"}}'.encode()
        now = datetime.now(UTC).replace(tzinfo=None)
        seconds = perf_counter() - start
        return content, Prediction(self, request_id, now, rows, labels, values, probabilities, unknown, seconds)

    def _decide(self, predicted: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray | None, list[str]]:
        """Returns labels, values, probabilities where there are more than two, and each answer's members as JSON."""
        if predicted.ndim == 1:
            return [], predicted, None, [f'"value":{value!r}' for value in predicted.tolist()]
        if predicted.shape[1] == 2:
            values = predicted[:, 1]
            chances = values.tolist()
            decided = [int(chance >= self.facts["threshold"]) for chance in chances]
            texts = [
                f'"label":{self._labels[number]},"probability":{chance!r}'
                for number, chance in zip(decided, chances, strict=True)
            ]
            return [self._texts[number] for number in decided], values, None, texts
        decided = predicted.argmax(axis=1).tolist()
        values = predicted.max(axis=1)
        texts = []
        for number, value, each in zip(decided, values.tolist(), predicted.tolist(), strict=True):
            members = ",".join(f"{key}:{chance!r}" for key, chance in zip(self._keys, each, strict=True))
            texts.append(f'"label":{self._labels[number]},"probability":{value!r},"probabilities":{{{members}}}')
        return [self._texts[number] for number in decided], values, predicted, texts


def load(folder: Path, serve: Serve) -> Model:
    """Loads and checks the bundle, and answers its example once.

    Raises:
        Refusal: As `bundle.load`.
    """
    model = Model(bundle.load(folder), serve)
    model.answer(json.dumps(model.facts["example"]).encode(), "start")
    return model
