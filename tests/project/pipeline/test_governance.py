"""Governance in the intermediate project: periods are reported, broken chains, secrets and denied licences refused."""

import json
import re
import shutil
from pathlib import Path

import copier
import pytest
from support.platforms.act_runner import Runner, said
from support.rendered_project import ROOT, Project

pytestmark = pytest.mark.e2e
KEY = "AKIA" + "IOSFODNN7QWERTYU"  # in two parts, or our own hook would find it


def audit(project: Project) -> list[dict[str, str]]:
    """The entries of the audit log."""
    return [json.loads(line) for line in project.read("audit.jsonl").splitlines()]


@pytest.mark.capability("audit report")
def test_an_auditor_gets_a_report_unless_a_chain_is_broken(governed: Project) -> None:
    script = f"""
from {governed.package}.mlops.core.paths import DELIVERIES
from {governed.package}.mlops.governance import audit_log
for where in ("staging", "production"):
    audit_log.append("deliver", "churn-model", "1", "merged", path=DELIVERIES, environment=where, digest="sha256:0")
"""
    governed.run("uv", "run", "python", "-c", script)
    assert "deploy/deliveries.jsonl: 2 entries, the chain is intact" in governed.make("audit").stdout
    governed.make("audit-report", "SINCE=2026-01-01", "OUT=reports/audit.md")
    said = governed.read("reports/audit.md")
    assert "`audit.jsonl`: 1 entries, the chain is intact; the registry's entry" in said
    assert "| deliver | 2 |\n| promote | 1 |\n| all | 3 |" in said
    first = audit(governed)[0]
    for fact in (first["actor"], first["git_commit"][:12], first["data_hash"][:12], first["hash"][:12], "sha256:0"):
        shown = f"`{fact}`" if "@" in fact else fact  # an address would become a link
        assert f"{shown} |" in said or f" {shown}" in said
    assert "| all | 0 |" in governed.make("audit-report", "SINCE=2020-01-01", "UNTIL=2020-03-31").stdout
    bad = governed.make("audit-report", "SINCE=01.02.2026", check=False)
    assert bad.returncode != 0
    assert "refused: --since is '01.02.2026', which is no day: write it as 2026-01-31." in bad.stderr

    governed.edit("deploy/deliveries.jsonl", "staging", "nowhere")
    for verb in ("audit", "audit-report"):
        done = governed.make(verb, check=False)
        assert done.returncode != 0
        assert "deploy/deliveries.jsonl, line 1: the entry was changed" in done.stderr


@pytest.mark.capability("audit log")
def test_a_lifted_starter_proves_the_log_that_it_has(project: Project, lifted: Project) -> None:
    shutil.copy(lifted.path / "uv.lock", project.path)
    answers = {"maturity": "intermediate"}
    copier.run_copy(str(ROOT), project.path, data=answers, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    governed = Project(project.path, lifted.environment)
    said = governed.make("audit", "AGAINST=HEAD").stdout
    assert "audit.jsonl: 1 entries, the chain is intact" in said
    assert "proved: no entry was changed, dropped or moved, as the registry and HEAD remembers" in said
    governed.edit("audit.jsonl", "the first model", "I say so")
    assert "audit.jsonl, line 1: the entry was changed" in governed.make("audit", check=False).stderr


@pytest.mark.capability("no secrets in the repository")
def test_a_secret_is_refused(project: Project) -> None:
    """In code and in notebooks; that the clean project passes is tested in `test_default.py`."""
    notebook = {"cells": [{"cell_type": "code", "source": [f"key = '{KEY}'\n"]}], "nbformat": 4, "nbformat_minor": 5}
    (project.path / "n.ipynb").write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")
    (project.path / "settings.py").write_text(f'"""Settings."""\n\nAWS = "{KEY}"\n', encoding="utf-8")
    project.run("git", "add", "--all")
    done = project.make("check", check=False)
    assert done.returncode != 0
    assert re.findall(r"^(.+?)\.{3,}Failed$", done.stdout, re.M) == ["no secrets", "no tokens"]
    assert re.findall(r"Secret Type: (.*)\nLocation: +(\S+):\d+", done.stdout) == [
        ("AWS Access Key", "n.ipynb"),
        ("AWS Access Key", "settings.py"),
    ]


@pytest.mark.capability("licences of packages")
def test_a_denied_licence_is_refused(governed: Project) -> None:
    done = governed.make("licences")
    assert re.search(r"\d+ packages, none with a denied licence", done.stdout)
    assert "\n| scikit-learn " in governed.read("reports/licences.md")
    deny = next(line for line in governed.read("pyproject.toml").splitlines() if line.startswith("deny = "))
    governed.edit("pyproject.toml", deny, r"deny = ['\bBSD-3-Clause$']")
    refused = governed.make("licences", check=False)
    assert refused.returncode != 0
    assert re.search(r"refused: .*scikit-learn \S+ \(BSD-3-Clause\).*: pyproject.toml denies", refused.stderr)


@pytest.mark.capability("dependency audit")
def test_what_can_not_be_looked_up_is_not_called_safe(governed: Project) -> None:
    """The data of vulnerabilities may be out of reach: then the verb is red, never green without having looked."""
    done = governed.make("dependency-audit", check=False)
    requirements = governed.read("reports/requirements.txt")
    assert "scikit-learn==" in requirements
    assert "--hash=sha256:" in requirements
    assert ("No known vulnerabilities found" in done.stderr) == (done.returncode == 0)
    assert done.returncode == 0 or re.search(r"could not be audited|known vulnerabilit|Failed to", done.stderr)


@pytest.mark.capability("security workflow")
def test_the_weekly_workflow_says_what_the_verbs_say(governed: Project, tmp_path: Path) -> None:
    runner = Runner(governed, tmp_path / "runner", "security.yml")
    audited = governed.make("dependency-audit", check=False).returncode == 0
    done = runner.act("schedule")
    assert (done.returncode == 0) == audited
    assert "packages, none with a denied licence" in said(done)
    assert "make dependency-audit" in said(done)
    assert "| scikit-learn " in (runner.left / "licences/licences.md").read_text(encoding="utf-8")

    deny = next(line for line in governed.read("pyproject.toml").splitlines() if line.startswith("deny = "))
    governed.edit("pyproject.toml", deny, r"deny = ['\bBSD-3-Clause$']")
    governed.commit("denied")
    done = runner.act("schedule")
    assert done.returncode != 0
    assert re.search(r"refused: .*scikit-learn \S+ \(BSD-3-Clause\)", said(done))
    assert "Run make dependency-audit" not in said(done)


@pytest.mark.capability("audit log")
def test_the_workflow_compares_the_log_with_the_base_branch(governed: Project, tmp_path: Path) -> None:
    runner = Runner(governed, tmp_path / "runner", "audit.yml")
    done = runner.act("push")
    assert done.returncode == 0, said(done)[-4000:]
    assert "audit.jsonl: 1 entries, the chain is intact" in said(done)
    governed.edit("audit.jsonl", "the first model", "I say so")
    governed.commit("edited")
    done = runner.act("push")
    assert done.returncode != 0
    assert "audit.jsonl, line 1: the entry was changed" in said(done)
