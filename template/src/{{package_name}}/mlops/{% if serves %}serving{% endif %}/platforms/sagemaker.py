"""SageMaker's hosting contract: `GET /ping`, `POST /invocations`, port 8080, the argument `serve`.

Of AWS's documentation, in copies read on 2026-11-30:

- The container is started as `IMAGE serve`; `/ping` says by 200 and an empty body, within 2 s, that it takes requests;
  `/invocations` may take 60 s; headers that SageMaker adds must do no harm: "Custom Inference Code with Hosting
  Services", docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
- `text/csv` has the values of the features in their order: "Common data formats for inference", .../cdf-inference.html
- In an inference pipeline the port is that of `SAGEMAKER_BIND_TO_PORT`: .../inference-pipeline-real-time.html
- Callers are authenticated by Signature Version 4; of the answer's headers they get X-Amzn-SageMaker-Custom-Attributes:
  API Reference, "InvokeEndpoint", docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html

`header=present` of `text/csv` is RFC 4180's.
"""

from collections.abc import Callable, Mapping

from ...core.errors import UsageError
from ..model.answer import Model
from ..model.problem import Problem
from . import csv_rows
from .platform import CSV, JSON, Headers, Lines, Platform, media_type, port_of

PORT = 8080
ANSWERS = {JSON: JSON, "application/*": JSON, "*/*": JSON, CSV: CSV, "text/*": CSV}


def to_rows(body: bytes, headers: Headers, model: Model) -> bytes:
    """Returns a body of JSON as it is, one of CSV as a list of rows."""
    kind, parameters = media_type(headers.get(b"content-type", b""))
    return csv_rows.read(body, model, header=parameters.get("header") == "present") if kind == CSV else body


def _weight(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _accepted(header: bytes) -> tuple[str, dict[str, str]]:
    """Returns the media type of the answer, and the parameters that it was asked for with.

    Raises:
        Problem: None of what is accepted can be answered.
    """
    given = [media_type(part) for part in header.split(b",") if part.strip()] or [("*/*", {})]
    wanted = [each for each in given if each[0] in ANSWERS and _weight(each[1]) > 0]
    if not wanted:
        raise Problem(406, f"the answer can be {JSON} or {CSV}: send one of them as Accept.")
    kind, parameters = max(wanted, key=lambda each: _weight(each[1]))
    return ANSWERS[kind], parameters


def to_answer(headers: Headers) -> Callable[[bytes, str], tuple[bytes, Lines]]:
    """Returns what makes JSON or CSV of an answer, as Accept says; the request id is in a header that callers get."""
    kind, parameters = _accepted(headers.get(b"accept", b""))
    header = parameters.get("header") == "present"

    def answer(content: bytes, request_id: str) -> tuple[bytes, Lines]:
        body = csv_rows.written(content, header=header) if kind == CSV else content
        told = (b"x-amzn-sagemaker-custom-attributes", f"request_id={request_id}".encode())
        return body, [(b"content-type", kind.encode()), told]

    return answer


def platform(environment: Mapping[str, str]) -> Platform:
    """Returns SageMaker; `SAGEMAKER_BIND_TO_PORT` is the port of a container in an inference pipeline.

    Raises:
        UsageError: It is no port.
    """
    said = environment.get("SAGEMAKER_BIND_TO_PORT") or str(PORT)
    port = port_of(said)
    if port is None:
        raise UsageError(f"SAGEMAKER_BIND_TO_PORT is {said!r}: it must be a port.")
    return Platform("sagemaker", port, "/ping", "/invocations", (JSON, CSV), to_rows, to_answer)
