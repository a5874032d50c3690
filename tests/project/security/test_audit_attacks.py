"""The audit log under attack: by writers at the same time, by Git, by characters; logs of all releases still verify."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from release import archive
from support.rendered_project import Project
from support.template_origin import ENVIRONMENT, commit, git

PROCESSES, EACH = 20, 5
WRITER = f"""
from churn_model.mlops.governance import audit_log
for number in range({EACH}):
    audit_log.append("promote", "m", str(number), "process " + __import__("sys").argv[1])
"""
NEW = "from churn_model.mlops.governance import audit_log as audit"  # `audit` in the archived releases
REFUSED = """
from churn_model.mlops.tracking import mlflow_client, registry
registry.refuse(mlflow_client.connect(), "churn-model", "worse than the champion", "a model", "some data")
"""
# Of a person: any letter, and what a chat program puts between lines.
TEXTS = ("passed all gates", "Zo\u00eb says \u201cyes\u201d, 100\u00a0%", "better\u200b \U0001f680")


def python(
    folder: Path, source: Path, code: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Runs code with the modules of a folder, in another one."""
    environment = ENVIRONMENT | {"PYTHONPATH": str(source), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=check)  # noqa: S603


@pytest.fixture(scope="module")
def source(files_of: Callable[..., Path]) -> Path:
    """The modules of a project."""
    return files_of() / "src"


@pytest.mark.capability("audit log")
def test_twenty_writers_lose_nothing(source: Path, tmp_path: Path) -> None:
    environment = ENVIRONMENT | {"PYTHONPATH": str(source)}
    command = [sys.executable, "-c", WRITER]
    running = [subprocess.Popen([*command, str(number)], cwd=tmp_path, env=environment) for number in range(PROCESSES)]  # noqa: S603
    assert [process.wait(timeout=120) for process in running] == [0] * PROCESSES
    written = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert len({(entry["why"], entry["version"]) for entry in written}) == PROCESSES * EACH
    python(tmp_path, source, "from churn_model.mlops.governance import audit_log; audit_log.entries()")
    assert os.listdir(tmp_path) == ["audit.jsonl"]  # noqa: PTH208


@pytest.mark.capability("audit log")
@pytest.mark.parametrize("release", archive.released().values(), ids=lambda path: path.name.removesuffix(".tar.gz"))
def test_a_log_of_an_older_release_verifies(release: Path, source: Path, tmp_path: Path) -> None:
    with tarfile.open(release) as opened:
        opened.extractall(tmp_path / "old", filter="data")
    (folder,) = (tmp_path / "old/template/src").iterdir()
    folder.rename(tmp_path / "old/churn_model")
    append = f"for why in {TEXTS!r}:\n    audit.append('promote', 'm', '1', why, data_hash='d')"
    python(tmp_path, tmp_path / "old", f"from churn_model import audit\n{append}")
    before = (tmp_path / "audit.jsonl").read_bytes()
    compared = f"print([entry['why'] for entry in audit.entries()] == [*{TEXTS!r}] * 2)"
    done = python(tmp_path, source, f"{NEW}\n{append}\n{compared}")
    assert done.stdout == "True\n"
    assert (tmp_path / "audit.jsonl").read_bytes().startswith(before)


@pytest.mark.capability("audit log")
def test_a_log_that_a_separator_bricked_is_readable_again(source: Path, tmp_path: Path) -> None:
    """Up to 0.5.0 a pasted line separator made every later step impossible."""
    release = max(archive.released().items())[1]
    with tarfile.open(release) as opened:
        opened.extractall(tmp_path / "old", filter="data")
    (folder,) = (tmp_path / "old/template/src").iterdir()
    folder.rename(tmp_path / "old/churn_model")
    python(
        tmp_path,
        tmp_path / "old",
        r"from churn_model import audit; audit.append('rollback', 'm', '1', 'back\u2028now')",
    )
    code = f"{NEW}; audit.append('promote', 'm', '1', 'x'); print(len(audit.entries()))"
    assert python(tmp_path, source, code).stdout == "2\n"


@pytest.mark.e2e
@pytest.mark.capability("audit log")
def test_what_is_cut_off_or_moved_without_an_entry_is_found(governed: Project) -> None:
    """Without a registry, as in CI, by what git had; with one, by its champion too."""
    governed.run("uv", "run", "python", "-c", REFUSED)
    governed.commit("a refusal")
    said = governed.make("audit", "AGAINST=HEAD").stdout
    assert "audit.jsonl: 2 entries, the chain is intact" in said
    assert "proved: no entry was changed, dropped or moved, as the registry and HEAD remembers" in said
    assert "not proved: who wrote an entry, and when; the newest 0 are known to nobody else" in said
    log, elsewhere = governed.read("audit.jsonl"), {"MLFLOW_TRACKING_URI": f"sqlite:///{governed.path}/other.db"}
    before = governed.run("git", "rev-parse", "HEAD").stdout.strip()
    for text in (log.splitlines(keepends=True)[0], ""):
        governed.run("git", "reset", "--quiet", "--hard", before)
        (governed.path / "audit.jsonl").write_text(text)
        for arguments in (["audit"], ["audit-reanchor", "WHY=I want to"]):
            assert "of the last commit's entries" in governed.make(*arguments, check=False, **elsewhere).stderr
        governed.commit("cut off")
        assert governed.make("audit", **elsewhere).returncode == 0, "nothing else knows it"
        done = governed.make("audit", f"AGAINST={before}", check=False, **elsewhere)
        assert done.returncode != 0
        assert f"refused: audit.jsonl does not have all of what it is at {before}" in done.stderr
    assert "there is no revision 'nowhere'" in governed.make("audit", "AGAINST=nowhere", check=False).stderr

    # The way out of a log that the registry knows more of.
    refused = governed.make("audit-reanchor", "WHY= ", check=False)
    assert "say why, for the audit log" in refused.stderr
    governed.make("audit-reanchor", "WHY=the branch `was` $lost")
    assert "re-anchored at" in governed.make("audit", check=False).stdout
    entry = json.loads(governed.read("audit.jsonl").splitlines()[-1])
    assert (entry["action"], entry["why"]) == ("re-anchor", "the branch `was` $lost")
    assert entry["lost"] == json.loads(log.splitlines()[-1])["hash"]

    # The registry's champion has no entry now, as if somebody had moved the alias.
    done = governed.make("audit", check=False)
    assert done.returncode != 0
    champion = json.loads(log.splitlines()[0])["model_hash"][:12]
    moved = f"refused: the registry's champion is churn-model 1, model {champion}, by audit.jsonl it is none: somebody"
    assert moved in done.stderr
    assert moved in governed.make("promote", "WHY=it is the one", check=False).stderr
    governed.make("promote", f"MODEL={champion}", "WHY=it is the one")
    assert "2 lines before a re-anchoring" not in governed.make("audit").stdout
    (governed.path / "audit.jsonl").write_text(log)
    assert "its end was cut off" in governed.make("audit", check=False).stderr


def test_git_sees_nothing_but_the_log(source: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    python(tmp_path, source, WRITER, "1")
    assert git(tmp_path, "status", "--porcelain") == "?? audit.jsonl\n"
