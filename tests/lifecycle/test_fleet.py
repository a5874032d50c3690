"""Many projects of different age and with different work in them: seen in one table, updated by one command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rollout
from support.template_origin import ENVIRONMENT, FIRST, ROOT, SECOND, Made, Origin, commit, files, git, put

pytestmark = pytest.mark.e2e

FLEET = ROOT / "hooks/fleet"
RUNBOOK = "docs/runbook.md"
MANY = 50
MIDDLE = "1.5.0"
# What people did: it must be there afterwards, in the file or where its reason says.
WORK: list[dict[str, str | bytes | None]] = [
    {},
    {"notes.md": "ours\n"},
    {".gitignore": "/data/\n# ours\n"},
    {"docs/architecture.md": None},
    {"docs/architecture.md": "ours\n"},
    {RUNBOOK: "ours\n"},
    {".dvcignore": "ours\n"},
]
NEEDS = {4, 5, 6}  # a conflict in the same place, twice, and an edit in a file that the template removes


@pytest.fixture(scope="module")
def country(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the template in three releases and 50 projects below it, in two teams."""
    folder = tmp_path_factory.mktemp("fleet")
    shutil.copytree(pristine / "template", folder / "template")
    origin = Origin(folder / "template")
    origin.release(MIDDLE, {"template/docs/middle.md": "middle\n"})
    answers = (pristine / "p/.copier-answers.yml").read_text().replace(str(pristine / "template"), str(origin.path))
    for number in range(MANY):
        project = folder / f"teams/{'ab'[number % 2]}/p{number:02}"
        shutil.copytree(pristine / "p", project)
        put(project, {".copier-answers.yml": answers})
        if number % 3 == 0:
            put(project, {"docs/middle.md": "middle\n", ".copier-answers.yml": answers.replace(FIRST, MIDDLE)})
        commit(project)
        put(project, WORK[number % len(WORK)])
        commit(project)
    change = {
        f"template/{name}": f"theirs\n{origin.read(f'template/{name}')}" for name in (RUNBOOK, "docs/architecture.md")
    }
    origin.release(SECOND, {**change, "template/.dvcignore": None})
    return folder


def run(*arguments: object, code: int, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as its users do."""
    command = [sys.executable, str(FLEET), *map(str, arguments)]
    done = subprocess.run(command, env=ENVIRONMENT | environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == code, done.stdout + done.stderr
    return done


def report(file: Path) -> dict[str, dict[str, Any]]:
    """The rows of a report by the name of the project."""
    return {Path(row["project"]).name: row for row in json.loads(file.read_text(encoding="utf-8"))}


@pytest.mark.capability("fleet of projects")
def test_fifty_projects(country: Path, tmp_path: Path) -> None:
    done = run("status", country / "teams", "--json", tmp_path / "status.json", code=0)
    assert f"[{MANY}/{MANY}]" in done.stderr
    before = report(tmp_path / "status.json")
    assert len(before) == MANY
    assert {row["version"] for row in before.values()} == {FIRST, MIDDLE}
    assert (before["p00"]["behind"], before["p01"]["behind"]) == (1, 2)
    assert before["p02"]["edited"] == [".gitignore"]
    projects = {path.name: path for path in (country / "teams").glob("*/*")}
    lines = {name: files(path) for name, path in projects.items()}

    first = run("update", country / "teams/a", "--json", tmp_path / "done.json", "--branch", "template", code=3)
    assert "needs a person" in first.stdout
    done = run("update", country / "teams", "--json", tmp_path / "done.json", "--branch", "template", code=3)
    assert f"{MANY // 2} of {MANY} projects were done before" in done.stderr
    rows = report(tmp_path / "done.json")
    for number in range(MANY):
        row, project, work = rows[f"p{number:02}"], projects[f"p{number:02}"], WORK[number % len(WORK)]
        assert (row["exit"], row["result"]) == (
            (3, "needs a person") if number % len(WORK) in NEEDS else (0, "updated")
        ), row
        assert set(row["person"]) == (set(work) if row["exit"] else set())
        assert f"_commit: {SECOND}" in (project / ".copier-answers.yml").read_text()
        for name, content in work.items():
            assert (project / name).exists() is (content is not None)
            kept = (project / name).read_bytes().splitlines() if content is not None else []
            assert set(lines[f"p{number:02}"].get(name, b"").splitlines()) <= set(kept), name
        branch = git(project, "branch", "--show-current").strip()
        assert branch == ("main" if row["exit"] else "template")
        assert row["exit"] or git(project, "status", "--porcelain") == ""
        assert str(project) in done.stdout


def test_a_list_with_what_fails(made: Made, tmp_path: Path) -> None:
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n"})
    for name in ("dirty", "strange", "fine"):
        shutil.copytree(made.path, tmp_path / name)
    put(tmp_path / "dirty", {"new.md": "mine\n"})
    put(tmp_path / "strange", {".copier-answers.yml": "a: b\n"})
    put(tmp_path, {"list.txt": "# our projects\ndirty\n\nstrange\nfine\n"})
    done = run("update", tmp_path / "list.txt", "--json", tmp_path / "r.json", code=1)
    rows = report(tmp_path / "r.json")
    assert {name: row["exit"] for name, row in rows.items()} == {"dirty": 1, "strange": 1, "fine": 0}
    assert "has uncommitted work (new.md)" in rows["dirty"]["error"]
    assert "names no template" in rows["strange"]["error"]
    assert "has uncommitted work (new.md)" in done.stdout
    (tmp_path / "dirty/new.md").unlink()
    done = run("update", tmp_path / "list.txt", "--json", tmp_path / "r.json", code=1)
    assert "1 of 3 projects were done before" in done.stderr
    assert report(tmp_path / "r.json")["dirty"]["exit"] == 0


def test_answers_for_all(made: Made, tmp_path: Path) -> None:
    put(tmp_path, {"acme.yml": "license: MIT\nauthor_name: 'Risk \"Models\" é'\n", "typo.yml": "licence: MIT\n"})
    done = run("update", made.path, "--data-file", tmp_path / "typo.yml", code=1)
    assert "has no question licence; it asks project_name" in done.stdout
    assert git(made.path, "status", "--porcelain") == ""
    run("update", made.path, "--data-file", tmp_path / "acme.yml", "--dry-run", code=0)
    assert git(made.path, "status", "--porcelain") == ""
    run("update", made.path, "--data-file", tmp_path / "acme.yml", code=0)
    assert 'Risk "Models" é' in made.read("LICENSE")


def test_a_remote_template_is_fetched_once(made: Made, tmp_path: Path) -> None:
    url = f"file://{made.origin.path}"
    text = made.read(".copier-answers.yml").replace(f"_src_path: {made.origin.path}", f"_src_path: {url}")
    made.work({".copier-answers.yml": text})
    for name in ("a", "b"):
        shutil.copytree(made.path, tmp_path / "all" / name)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "UV_CACHE_DIR": _uv_cache()}
    done = run("status", tmp_path / "all", code=0, **cache)
    mirrors = list((tmp_path / "cache/copier-mlops/templates").iterdir())
    assert len(mirrors) == 1
    assert f"| {FIRST} | {FIRST} | 0 |" in done.stdout
    made.origin.release(SECOND, {})
    assert f"| {FIRST} | {SECOND} | 1 |" in run("status", tmp_path / "all", code=0, **cache).stdout


def _uv_cache() -> str:
    return subprocess.run(["uv", "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607


@pytest.mark.parametrize(
    ("files", "arguments", "sentence"),
    [
        ({"empty/x": ""}, ["status", "empty"], "there is no project of a template below"),
        ({"list": "nowhere\n"}, ["status", "list"], "lists what is no project of a template"),
        ({"p/.copier-answers.yml": "", "a.yml": "- x\n"}, ["update", "p", "--data-file", "a.yml"], "holds no answers"),
        ({"p/.copier-answers.yml": ""}, ["update", "p", "--data-file", "a.yml"], "is no readable YAML file"),
        ({"p/.copier-answers.yml": "", "r": "[1]"}, ["update", "p", "--json", "r"], "is no report of this command"),
    ],
)
def test_bad_input(
    files: dict[str, str | bytes | None],
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=sentence):
        rollout.main(arguments)
