"""The alert rules: unit-tested by promtool, and an alert that travels from the monitor to a webhook by real servers."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.rendered_project import ROOT, Project
from support.services.alertmanager import RULES, TOOLS, alerting, until
from support.services.monitored_project import monitor
from support.services.servers import free_port


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def rendered(files_of: Callable[..., Path]) -> Project:
    """A project that is only rendered."""
    return Project(files_of(maturity="intermediate"), {"PATH": "/usr/bin:/bin"})


def test_the_configuration_is_what_the_tools_accept(rendered: Project) -> None:
    assert "SUCCESS: 19 rules found" in rendered.run("promtool", "check", "rules", "--lint-fatal", RULES).stdout
    rendered.run("promtool", "check", "config", "deploy/prometheus/prometheus.yml")
    rendered.run("amtool", "check-config", "deploy/prometheus/alertmanager.yml")


def unit_tests(rendered: Project, folder: Path, rules: Path) -> str:
    """Runs the unit tests on some rules; returns what promtool says."""
    asked = yaml.safe_load((ROOT / "tests/data/alerts.yml").read_text(encoding="utf-8"))
    (folder / "alerts.yml").write_text(yaml.safe_dump({"rule_files": [str(rules)], **asked}), encoding="utf-8")
    done = rendered.run("promtool", "test", "rules", str(folder / "alerts.yml"), check=False)
    return done.stdout + done.stderr


@pytest.mark.capability("alerts")
def test_each_alert_fires_when_it_must_and_else_is_silent(rendered: Project, tmp_path: Path) -> None:
    said = unit_tests(rendered, tmp_path, rendered.path / RULES)
    assert "SUCCESS" in said, said


def test_each_alert_is_tested_both_ways_and_documented(rendered: Project) -> None:
    names = {
        rule["alert"]
        for group in yaml.safe_load(rendered.read(RULES))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    cases = yaml.safe_load((ROOT / "tests/data/alerts.yml").read_text(encoding="utf-8"))["tests"]
    asked = [case for test in cases for case in test["alert_rule_test"]]
    assert names == {case["alertname"] for case in asked if "exp_alerts" in case}
    assert names == {case["alertname"] for case in asked if "exp_alerts" not in case}
    runbook = rendered.read("docs/runbook-monitoring.md")
    assert all(f"`{name}`" in runbook for name in names)


def test_rules_that_are_blunted_fail_their_tests(rendered: Project, tmp_path: Path) -> None:
    blunted = {
        "ErrorBudgetBurnsFast": ("14.4 * 0.001", "144 * 0.001"),
        "LatencyHigh": ("> 0.25", "> 2.5"),
        "Drift": ('kind="drift"} > 0', 'kind="drift"} > 5'),
        "NoTraffic": ("or vector(0)", "or vector(1)"),
        "ModelStale": ("90 * 86400", "900 * 86400"),
    }
    text = rendered.read(RULES)
    for old, new in blunted.values():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "blunt.yml").write_text(text, encoding="utf-8")
    said = unit_tests(rendered, tmp_path, tmp_path / "blunt.yml")
    assert set(re.findall(r"alertname: (\w+),", said)) == set(blunted)


@pytest.mark.capability("alerts")
@pytest.mark.e2e
def test_drift_travels_from_the_monitor_to_the_webhook(watched: Project, tmp_path: Path) -> None:
    with alerting(watched, tmp_path) as (gateway, arrived):
        assert monitor(watched, "stable-100", PUSHGATEWAY_URL=gateway).code == 0
        assert monitor(watched, "covariate", PUSHGATEWAY_URL=gateway).code == 10
        told = until(arrived, "Drift", "firing")
    wanted = {"alertname": "Drift", "kind": "drift", "model": "churn-model", "severity": "ticket"}
    assert wanted.items() <= told["labels"].items()
    assert "churn-model have moved away" in told["annotations"]["summary"]


@pytest.mark.e2e
def test_a_gateway_that_does_not_answer_is_said_and_hides_no_drift(watched: Project) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    said = monitor(watched, "stable-100", PUSHGATEWAY_URL=nowhere)
    assert (said.code, f"refused: the Pushgateway at {nowhere} took no metrics" in said.sentence) == (1, True)
    said = monitor(watched, "covariate", PUSHGATEWAY_URL=nowhere)
    assert (said.code, "took no metrics" in said.sentence, "drift: " in said.sentence) == (10, True, True)
