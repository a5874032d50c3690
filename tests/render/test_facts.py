"""Facts of others: the file has all that the template uses, and `make facts` refuses what it must."""

import copy
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import facts
import pytest
import yaml
from support.rendered_project import ROOT

pytestmark = pytest.mark.capability("pinned actions", kind="static")

FACTS = yaml.safe_load(facts.FACTS.read_text(encoding="utf-8"))
TODAY = max(fact["date"] for entries in FACTS.values() for fact in entries.values())
OLD = "977bb373ede98d70efbf0b7b13af9c3d6651dc60"  # no commit of the action; two versions of the template pinned it


def wrong(known: dict[str, Any], today: date = TODAY, root: Path = ROOT) -> list[str]:
    """What is wrong, but for the network."""
    return [*facts.dated(known, today), *facts.actions(known, root, today), *facts.infrastructure(known, root, today)]


def changed(kind: str, name: str, **values: Any) -> dict[str, Any]:
    """The facts with other values in one of them."""
    known = copy.deepcopy(FACTS)
    known[kind][name] |= values
    return known


def test_all_that_is_used_was_looked_up() -> None:
    assert wrong(FACTS) == []
    assert {name for name, _, _ in facts.pins(ROOT)} == set(FACTS["actions"])
    assert all(fact["source"] for entries in FACTS.values() for fact in entries.values())


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (changed("actions", "actions/attest-build-provenance", value=OLD), "is not in facts.yaml: look the commit up"),
        (changed("actions", "actions/checkout", version="v6.0.1"), "# v6.0.2 is not in facts.yaml"),
        (changed("actions", "anchore/sbom-action", runtime="node20"), "node20 of anchore/sbom-action ended on 2026-09"),
        (changed("actions", "anchore/sbom-action", runtime="node28"), "runs on node28, which facts.yaml does not know"),
        (changed("kubernetes", "amazon-eks", value="1.33"), "Kubernetes 1.36 is not in facts.yaml"),
        (changed("kubernetes", "amazon-eks", until=date(2026, 7, 29)), "standard support of Kubernetes 1.36 ended on"),
        (changed("providers", "hashicorp/aws", value=5), "hashicorp/aws is admitted below 7.0, facts.yaml has major 5"),
        (
            changed("identities", "ids", date=date(2026, 8, 30)),
            "identities: ids was looked up on 2026-08-30, more than",
        ),
    ],
)
def test_what_is_unknown_ended_or_old_is_refused(known: dict[str, Any], sentence: str) -> None:
    assert any(sentence in line for line in wrong(known)), wrong(known)


def test_a_tag_is_compared_with_its_source(caplog: pytest.LogCaptureFixture) -> None:
    commits = {name: fact["value"] for name, fact in FACTS["actions"].items()}
    assert list(facts.compared(FACTS, True, lambda name, _: commits[name])) == []
    attest = "actions/attest-build-provenance"
    false = changed("actions", attest, value=OLD)
    assert list(facts.compared(false, False, lambda name, _: commits[name])) == [
        f"actions: {attest} v4.1.0 is {commits[attest]}, not {OLD}."
    ]
    assert "is no tag, not" in next(facts.compared(FACTS, False, lambda *_: ""))
    assert list(facts.compared(FACTS, False, lambda *_: None)) == []
    assert f"not checked: {attest}" in caplog.text
    assert len(list(facts.compared(FACTS, True, lambda *_: None))) == len(commits)


def test_the_commit_of_an_annotated_tag_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = f"{'1' * 40}\trefs/tags/v1\n{'2' * 40}\trefs/tags/v1^{{}}\n"
    monkeypatch.setattr(subprocess, "run", lambda *a, **_: subprocess.CompletedProcess(a, 0, listed, ""))
    assert facts.tag("o/n", "v1") == "2" * 40
    monkeypatch.setattr(subprocess, "run", lambda *a, **_: subprocess.CompletedProcess(a, 0, "", ""))
    assert facts.tag("o/n", "v1") == ""


def test_ci_compares_with_the_source() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert re.search(r"- run: make facts ARGS=--online$", workflow, re.M)
