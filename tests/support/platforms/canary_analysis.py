"""What Argo Rollouts does with a Rollout and its AnalysisTemplates: steps and measurements, until an end or abort."""

import json
import re
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Manifest = dict[str, Any]
UNITS = {"s": 1, "m": 60, "h": 3600}
CONDITION = re.compile(r"len\(result\) == 1 && result\[0\] (?P<sign><=|>) (?P<limit>[0-9.]+)")
TICK = 0.1  # seconds


def seconds(duration: str) -> float:
    """Returns a duration of Argo's, such as 10m."""
    return float(duration[:-1]) * UNITS[duration[-1]]


def holds(condition: str, result: list[float]) -> bool:
    """Decides a condition. All of ours have one form; another would need the language of Argo's conditions."""
    said = CONDITION.fullmatch(condition)
    assert said, f"this condition has another form: {condition}"
    if len(result) != 1:
        return False
    return result[0] <= float(said["limit"]) if said["sign"] == "<=" else result[0] > float(said["limit"])


def resolved(templates: list[Manifest], given: Mapping[str, str]) -> list[Manifest]:
    """Merges templates and fills in their arguments, as an AnalysisRun does.

    Raises:
        ValueError: Two templates have different values, or there is none: Argo refuses both.
    """
    values: dict[str, str] = {}
    wanted = [argument for template in templates for argument in template["spec"]["args"]]
    for argument in wanted:
        if argument["name"] in values and "value" in argument and values[argument["name"]] != argument["value"]:
            raise ValueError(f"{argument['name']} has two values")
        if "value" in argument:
            values[argument["name"]] = argument["value"]
    values |= given
    missing = {argument["name"] for argument in wanted} - set(values)
    if missing:
        raise ValueError(f"no value for {sorted(missing)}")
    text = json.dumps([metric for template in templates for metric in template["spec"]["metrics"]])
    text = re.sub(r"\{\{ *args\.([a-z-]+) *\}\}", lambda found: values[found[1]], text)
    metrics: list[Manifest] = json.loads(text)
    assert "{{" not in text
    assert len({metric["name"] for metric in metrics}) == len(metrics)
    return metrics


def asked(metric: Manifest) -> list[float]:
    """Asks the Prometheus of a metric."""
    prometheus = metric["provider"]["prometheus"]
    query = urllib.parse.urlencode({"query": prometheus["query"]})
    with urllib.request.urlopen(f"{prometheus['address']}/api/v1/query?{query}", timeout=60) as response:  # noqa: S310
        return [float(sample["value"][1]) for sample in json.load(response)["data"]["result"]]


def measured(metric: Manifest) -> str:
    """Returns `successful`, `failed` or `inconclusive`."""
    result = asked(metric)
    if "failureCondition" in metric and holds(metric["failureCondition"], result):
        return "failed"
    if "successCondition" not in metric or holds(metric["successCondition"], result):
        return "successful"
    return "inconclusive"


@dataclass
class Run:
    """A background analysis: measurements of every metric, counted.

    Attributes:
        metrics: As `resolved` returns them.
        started: When, on the clock of `time.monotonic`.
        counts: Outcomes by metric.
    """

    metrics: list[Manifest]
    started: float
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Plans the first measurements."""
        self.counts = {metric["name"]: Counter() for metric in self.metrics}
        self._due = {metric["name"]: self.started + seconds(metric["initialDelay"]) for metric in self.metrics}

    def measure(self) -> None:
        """Measures what is due."""
        for metric in self.metrics:
            if time.monotonic() >= self._due[metric["name"]]:
                self._due[metric["name"]] = time.monotonic() + seconds(metric["interval"])
                self.counts[metric["name"]][measured(metric)] += 1

    def beyond(self, outcome: str, limit: str) -> set[str]:
        """Returns the metrics that had an outcome more often than is allowed."""
        return {
            metric["name"] for metric in self.metrics if self.counts[metric["name"]][outcome] > metric.get(limit, 0)
        }


@dataclass(frozen=True)
class Verdict:
    """How a rollout ended: `promoted`, `aborted` or `paused`; by which metrics, at which weight, after which counts."""

    state: str
    by: set[str]
    weight: int
    counts: dict[str, Counter[str]]


def roll_out(rollout: Manifest, metrics: list[Manifest], weigh: Callable[[int], None], pace: float) -> Verdict:
    """Takes the steps of a Rollout while its analysis runs; an abort or the end sets the weight.

    Args:
        rollout: Its manifest.
        metrics: Of the background analysis, as `resolved` returns them.
        weigh: Gives the new version so many per cent of the traffic.
        pace: Of a pause, the share that is waited.
    """
    canary, weight, run = rollout["spec"]["strategy"]["canary"], 0, None
    for number, step in enumerate(canary["steps"]):
        if number == canary["analysis"]["startingStep"]:
            run = Run(metrics, time.monotonic())
        if "setWeight" in step:
            weight = step["setWeight"]
            weigh(weight)
            continue
        until = time.monotonic() + seconds(step["pause"]["duration"]) * pace
        while time.monotonic() < until:
            time.sleep(TICK)
            if run:
                run.measure()
                if failed := run.beyond("failed", "failureLimit"):
                    weigh(0)
                    return Verdict("aborted", failed, weight, run.counts)
                if unknown := run.beyond("inconclusive", "inconclusiveLimit"):
                    return Verdict("paused", unknown, weight, run.counts)
    assert run, "the analysis never started"
    weigh(100)
    return Verdict("promoted", set(), 100, run.counts)


def switch_over(metrics: list[Manifest], weigh: Callable[[int], None]) -> Verdict:
    """Gives a new version all the traffic, as blue-green does, and takes it back where the analysis after that fails.

    Args:
        metrics: Of the analysis after the switch, as `resolved` returns them; each is measured `count` times.
        weigh: Gives the new version so many per cent of the traffic.
    """
    weigh(100)
    run = Run(metrics, time.monotonic())
    while any(run.counts[metric["name"]].total() < metric["count"] for metric in metrics):
        time.sleep(TICK)
        run.measure()
        if failed := run.beyond("failed", "failureLimit"):
            weigh(0)
            return Verdict("aborted", failed, 100, run.counts)
    return Verdict("promoted", set(), 100, run.counts)
