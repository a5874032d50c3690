"""The service as a process on SageMaker and on Vertex AI: asked as they ask, without a key, and closed elsewhere.

The platforms themselves are not reached: their documents say how they ask.
"""

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from support.rendered_project import Project
from support.services.http_client import Service, keys, python
from support.services.pipeline_answers import pipeline_answers
from support.services.servers import START, free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("service")]
BOTH = "/v1/endpoints/7/deployedModels/8:predict"  # Vertex AI's default, of health and predictions
CLOSED = ("/predict", "/model")
# What SageMaker adds to a request, and what its client passes on.
ADDED = {"X_Amzn_SageMaker_Custom_Attributes": "trace=1", "X_Amzn_SageMaker_Target_Variant": "blue"}


@contextmanager
def running(project: Project, folder: Path, port: int, *arguments: str, **environment: str) -> Iterator[Service]:
    """Runs the service with the image's arguments, until the block ends; it has to take its port from the platform."""
    log, predictions = folder / "service.log", folder / "predictions"
    given = project.environment | {"SERVE_PREDICTION_LOG": str(predictions)} | environment
    command: list[str | Path] = [python(project), "-m", f"{project.package}.mlops.serving", "--host", "127.0.0.1"]
    with serving([*command, "--port", "8000", *arguments], port, log, given, project.path) as process:
        yield Service(port, process, log, predictions, {})


def healthy(service: Service, path: str) -> None:
    """Waits until a health check is answered by 200 and an empty body."""
    start = time.monotonic()
    while (found := service.ask(path, key=None))[0] != 200:
        assert time.monotonic() - start < START
        time.sleep(0.2)
    assert found[2] == ""


def logged(folder: Path) -> list[str]:
    """Returns the request id of each row in the prediction log."""
    table = pyarrow.dataset.dataset(folder, format="parquet").to_table(columns=["_request_id"])
    return sorted(table["_request_id"].to_pylist())


@pytest.mark.capability("SageMaker's container contract")
def test_on_sagemaker_it_answers_without_a_key(served: Project, tmp_path: Path) -> None:
    rows, expected = pipeline_answers(served)
    facts = json.loads(served.read("models/served/bundle.json"))
    names = [column["name"] for column in facts["columns"] if column["feature"]]
    text = io.StringIO()
    csv.writer(text).writerows([["" if row[name] is None else row[name] for name in names] for row in rows])
    port = free_port()
    given = {"SERVE_PLATFORM": "sagemaker", "SAGEMAKER_BIND_TO_PORT": str(port)}
    with running(served, tmp_path, port, "serve", **given) as service:
        healthy(service, "/ping")
        status, headers, answer = service.ask("/invocations", rows, key=None, **ADDED)
        assert status == 200, answer
        assert [each["probability"] for each in answer["predictions"]] == pytest.approx(expected, abs=1e-9)
        assert headers["x-amzn-sagemaker-custom-attributes"] == f"request_id={answer['request_id']}"
        asked = {"Content_Type": "text/csv", "Accept": "text/csv"}
        status, headers, said = service.ask("/invocations", text.getvalue().encode(), key=None, **asked)
        assert (status, headers["content-type"]) == (200, "text/csv"), said
        assert [float(line.split(",")[1]) for line in said.splitlines()] == pytest.approx(expected, abs=1e-9)
        status, _, refusal = service.ask("/invocations", [*rows[:1], {**rows[1], "age": 17}], key=None)
        assert (status, refusal["detail"]) == (422, "age of row 1: Input should be greater than or equal to 18.")
        assert service.ask("/invocations", b"x", key=None, Content_Type="application/x-npy")[0] == 415
        assert {service.ask(path, key=None, method="POST")[0] for path in CLOSED} == {401}
        assert service.measured("http_requests_total")['{method="POST",path="/invocations",status="200"}'] == 2
        service.process.terminate()
        assert service.process.wait(60) == 0
    ids = [answer["request_id"], headers["x-request-id"]]
    assert logged(service.predictions) == sorted(name for name in ids for _ in rows)


@pytest.mark.capability("Vertex AI's container contract")
def test_on_vertex_ai_it_answers_without_a_key(served: Project, tmp_path: Path) -> None:
    rows, expected = pipeline_answers(served)
    port = free_port()
    given = {"AIP_HTTP_PORT": str(port), "AIP_HEALTH_ROUTE": BOTH, "AIP_PREDICT_ROUTE": BOTH}
    with running(served, tmp_path, port, SERVE_PLATFORM="vertex", **given) as service:
        healthy(service, BOTH)
        status, _, answer = service.ask(BOTH, {"instances": rows, "parameters": None}, key=None)
        assert status == 200, answer
        assert [each["probability"] for each in answer["predictions"]] == pytest.approx(expected, abs=1e-9)
        wrong = {"instances": [{**rows[0], "age": 17}]}
        status, _, refusal = service.ask(BOTH, wrong, key=None)
        assert (status, refusal["detail"]) == (422, "age of row 0: Input should be greater than or equal to 18.")
        assert service.ask(BOTH, b"1", key=None, Content_Type="text/csv")[0] == 415
        assert service.ask(BOTH, {"instances": rows * 30}, key=None)[0] == 413
        assert {service.ask(path, key=None, method="POST")[0] for path in (*CLOSED, "/invocations")} == {401}
        service.process.terminate()
        assert service.process.wait(60) == 0
    assert logged(service.predictions) == [answer["metadata"]["request_id"]] * len(rows)


def test_elsewhere_the_routes_are_not_there(served: Project, tmp_path: Path) -> None:
    """The variables of the platform alone open nothing, and the setting alone ends the process with a sentence."""
    made, port = keys(served), free_port()
    variables = {"AIP_HTTP_PORT": str(port), "AIP_HEALTH_ROUTE": BOTH, "AIP_PREDICT_ROUTE": BOTH}
    given = variables | {"SERVE_API_KEYS": made[1]}
    with running(served, tmp_path, port, "--port", str(port), **given) as service:
        answers: list[Any] = [service.ask(path, key=made[0]["admin"], method="POST") for path in ("/invocations", BOTH)]
        answers += [service.ask(path, key=made[0]["admin"]) for path in ("/ping", BOTH)]
        assert {status for status, *_ in answers} == {404}
        assert "the routes of Vertex AI stay closed" in service.log.read_text(encoding="utf-8")
    command = [str(python(served)), "-m", f"{served.package}.mlops.serving"]
    for platform in ("sagemaker", "vertex"):
        done = served.run(*command, check=False, SERVE_PLATFORM=platform, SERVE_API_KEYS=made[1])
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "remove SERVE_PLATFORM" in done.stderr
