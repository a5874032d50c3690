"""The canary: real versions of the service behind nginx, judged by the AnalysisTemplates on a real Prometheus."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.platforms.canary_analysis import asked, measured, roll_out, seconds, switch_over
from support.platforms.cluster import KEY, NAMESPACE, PACE, Cluster, clustered
from support.platforms.kustomize_overlays import blue_green, named
from support.platforms.weighted_balancer import Balancer, asking
from support.rendered_project import ROOT, Project, render

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("canary"), pytest.mark.capability("canary by analysis")]
ENOUGH = 50  # answers
# Fault of the new version -> the one metric that has to see it.
FAULTS = {
    "none": None,
    "failing": "error-rate",
    "slow": "latency-p99",
    "unsure": "prediction-shift",
    "alarmist": "champion-decisions",
    "refusing": "champion-refusals",
}
ADAPTER = next((ROOT / "template").glob("*deploy*/*k8s*/cluster/adapter-values.yaml"))


@pytest.fixture(scope="module")
def cluster(served: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A stable version that answers, and a Prometheus that scrapes it and whatever comes beside it."""
    missing = [tool for tool in ("nginx", "prometheus") if not shutil.which(tool, path="/usr/sbin:/usr/bin")]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    rendered = render(tmp_path_factory.mktemp("kubernetes") / "p", maturity="advanced")
    with clustered(served, rendered, tmp_path_factory.mktemp("cluster"), *FAULTS) as made, made.version("stable"):
        yield made


def after(traffic: Any, since: float) -> list[Any]:
    """Waits for enough answers to requests that were sent from a moment on; returns all answers."""
    patience = time.monotonic() + 120
    while time.monotonic() < patience and sum(answer.sent >= since for answer in list(traffic.answers)) <= ENOUGH:
        time.sleep(0.2)
    return list(traffic.answers)


def answered_by(balancer: Balancer, answers: list[Any], since: float) -> set[str]:
    """Returns who answered the requests that were sent from a moment on; there must be enough of them."""
    late = [answer.version for answer in answers if answer.sent >= since]
    assert len(late) > ENOUGH, balancer
    return set(late)


@pytest.mark.parametrize(("fault", "metric"), FAULTS.items())
def test_a_version_gets_the_traffic_or_loses_it(fault: str, metric: str | None, cluster: Cluster) -> None:
    metrics = cluster.metrics(fault)
    interval = max(seconds(each["interval"]) for each in metrics)
    with (
        cluster.version(fault, fault),
        cluster.balancing(fault) as balancer,
        asking(balancer.port, cluster.rows, KEY) as traffic,
    ):
        verdict = roll_out(cluster.rollout, metrics, balancer.weigh, PACE)
        decided = time.monotonic()
        answers = after(traffic, decided + interval)
    before = [answer.version for answer in answers if answer.sent < decided]
    assert "canary" in before, "the new version never answered"
    if metric is None:
        assert verdict.state == "promoted", verdict
        assert all(count["successful"] > 5 for count in verdict.counts.values()), verdict
        assert answered_by(balancer, answers, decided + interval) == {"canary"}
    else:
        first = cluster.rollout["spec"]["strategy"]["canary"]["steps"][0]["setWeight"]
        assert (verdict.state, verdict.by, verdict.weight) == ("aborted", {metric}, first), verdict
        assert before.count("canary") < 0.15 * len(before)
        assert answered_by(balancer, answers, decided + interval) == {"stable"}


def test_blue_green_takes_the_traffic_back(cluster: Cluster, tmp_path: Path) -> None:
    found = blue_green(cluster.rendered, "production", tmp_path)
    analysis = named(found, "Rollout", "service")["spec"]["strategy"]["blueGreen"]["postPromotionAnalysis"]
    metrics = cluster.arranged(found, analysis, "failing")
    with (
        cluster.version("failing", "failing"),
        cluster.balancing("failing") as balancer,
        asking(balancer.port, cluster.rows, KEY) as traffic,
    ):
        verdict = switch_over(metrics, balancer.weigh)
        decided = time.monotonic()
        answers = after(traffic, decided + 1)
    assert (verdict.state, verdict.by) == ("aborted", {"error-rate"}), verdict
    before = [answer.version for answer in answers if answer.sent < decided]
    assert before.count("canary") > 0.8 * len(before)
    assert answered_by(balancer, answers, decided + 1) == {"stable"}


def test_a_version_that_nobody_asks_is_neither_good_nor_bad(cluster: Cluster) -> None:
    outcomes = {metric["name"]: measured(metric) for metric in cluster.metrics("nobody")}
    # A regression has no decisions, so that metric alone can't tell; the others make the rollout wait.
    assert outcomes.pop("champion-decisions") == "successful"
    assert set(outcomes) == {metric for metric in FAULTS.values() if metric} - {"champion-decisions"}
    assert set(outcomes.values()) == {"inconclusive"}


def test_the_autoscalers_signal_is_what_is_in_flight(cluster: Cluster) -> None:
    (rule,) = yaml.safe_load(ADAPTER.read_text(encoding="utf-8"))["rules"]["custom"]
    scaler = named(cluster.manifests, "HorizontalPodAutoscaler", "service")["spec"]
    assert scaler["metrics"][0]["pods"]["metric"]["name"] == rule["name"]["as"]
    query = rule["metricsQuery"].replace("<<.Series>>", rule["name"]["matches"].strip("^$"))
    query = query.replace("<<.LabelMatchers>>", f'namespace="{NAMESPACE}"').replace("<<.GroupBy>>", "pod")
    metric = {"provider": {"prometheus": {"address": cluster.prometheus, "query": query}}}
    found = asked(metric)
    assert len(found) >= 1
    assert 0 < max(found) < 8
