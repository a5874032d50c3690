"""A version of the real service with a fault: `python version.py PACKAGE FAULT --port 8000`; `none` is no fault.

The faults are in what the service does, never in what it measures: its own metrics have to show them.
"""

import asyncio
import dataclasses
import itertools
import sys
from importlib import import_module

PACKAGE, FAULT = sys.argv[1:3]
app = import_module(f"{PACKAGE}.mlops.serving.api.app")
problem = import_module(f"{PACKAGE}.mlops.serving.model.problem")
build, numbers = app.build, itertools.count()


def around(answer):
    """Returns the application between guard and model, slow, failing or refusing."""

    async def answering(scope, receive, send):
        if scope["path"] == "/predict":
            number = next(numbers)
            if FAULT == "slow":
                await asyncio.sleep(1)
            if FAULT == "failing" and number % 2:
                raise RuntimeError("a bug")
            if FAULT == "refusing" and number % 2:
                raise problem.Problem(422, "the contract has changed.")
        await answer(scope, receive, send)

    return answering


def faulty(service, *more):
    """Builds the service, with the fault."""
    model = service.model
    if FAULT == "unsure":  # the same labels, of probabilities that say little
        threshold, predict = model.facts["threshold"], model.bundle.predict
        model.bundle = dataclasses.replace(
            model.bundle, predict=lambda codes: threshold + (predict(codes) - threshold) * 0.1
        )
    if FAULT == "alarmist":  # the same probabilities, other labels
        model.facts["threshold"] = 0.01
    observer = build(service, *more)
    observer.app.app = around(observer.app.app)
    return observer


app.build = faulty
sys.argv = [PACKAGE, *sys.argv[3:]]
import_module(f"{PACKAGE}.mlops.core.runner").run(import_module(f"{PACKAGE}.mlops.serving.__main__").main)
