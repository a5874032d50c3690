"""Repositories in any state: an update starts from the remote's default branch, and one that fails leaves nothing."""

import subprocess
from pathlib import Path

import pytest
from support.small_fleet import Country, Fleet
from support.template_origin import FIRST, SECOND, commit, files, git, put

pytestmark = pytest.mark.e2e

BRANCH = f"template-{SECOND}"
RUNBOOK = "docs/runbook.md"
State = tuple[str, str, str, dict[str, bytes]]


def state(project: Path) -> State:
    """References, index, what is checked out, files."""
    checked_out = git(project, "rev-parse", "--symbolic-full-name", "HEAD")
    return git(project, "for-each-ref"), git(project, "ls-files", "--stage"), checked_out, files(project)


def put_and_push(project: Path, changes: dict[str, str | bytes | None]) -> None:
    put(project, changes)
    commit(project)
    git(project, "push", "--quiet")


def changed(project: Path, branch: str) -> list[str]:
    """The files that the commit on a branch changes."""
    return git(project, "diff", "--name-only", f"{branch}^", branch).split()


@pytest.fixture
def released(country: Country) -> Country:
    """A country whose template has a second release."""
    country.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n"})
    return country


def test_a_failed_row_leaves_no_trace(
    released: Country, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine, taken, unsigned, nobody = (released.clone(name) for name in ("fine", "taken", "unsigned", "nobody"))
    git(taken, "switch", "--quiet", "--create", BRANCH)
    put(taken, {"mine.md": "mine\n"})
    commit(taken)
    git(taken, "switch", "--quiet", "main")
    git(unsigned, "config", "commit.gpgSign", "true")
    git(unsigned, "config", "gpg.program", "false")
    git(nobody, "config", "user.useConfigOnly", "true")
    for name in ("fine", "taken", "unsigned"):
        git(released.teams / name, "config", "user.name", "Ada")
        git(released.teams / name, "config", "user.email", "ada@example.com")
    before = {path: state(path) for path in (taken, unsigned, nobody)}
    for role in ("AUTHOR", "COMMITTER"):
        for what in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{what}")
    command = ("update", released.teams, "--json", tmp_path / "r.json")
    rows = fleet(*command, code=1).rows
    assert {name: row["exit"] for name, row in rows.items()} == {"fine": 0, "taken": 1, "unsigned": 1, "nobody": 1}
    assert "holds something else" in rows["taken"]["error"]
    assert "signing fails" in rows["unsigned"]["error"]
    assert "doesn't know who commits" in rows["nobody"]["error"]
    assert {path: state(path) for path in before} == before
    git(taken, "branch", "--delete", "--force", BRANCH)
    git(unsigned, "config", "commit.gpgSign", "false")
    git(nobody, "config", "user.useConfigOnly", "false")
    git(nobody, "config", "user.name", "Ada")
    git(nobody, "config", "user.email", "ada@example.com")
    done = fleet(*command, code=0)
    assert "1 of 4 projects were done before" in done.log
    assert [changed(path, BRANCH) for path in (fine, *before)] == [[".copier-answers.yml", RUNBOOK]] * 4


def test_it_starts_from_the_remotes_default_branch(released: Country, fleet: Fleet) -> None:
    project = released.clone("p")
    git(released.path, "clone", "--quiet", str(released.path / "remotes/p.git"), "colleague")
    put_and_push(released.path / "colleague", {"theirs.md": "pushed meanwhile\n"})
    git(project, "switch", "--quiet", "--create", "feature/wip")
    put(project, {"half.md": "half done\n"})
    commit(project)
    put(project, {"half.md": "not even committed\n", "new.md": "new\n"})
    before = state(project)[1:]
    row = fleet("update", released.teams, code=0).rows["p"]
    assert (row["result"], row["base"]["branch"]) == ("updated", "main")
    assert state(project)[1:] == before
    assert git(project, "rev-parse", f"{BRANCH}^") == git(released.path / "colleague", "rev-parse", "main")
    assert changed(project, BRANCH) == [".copier-answers.yml", RUNBOOK]
    seen = fleet("status", released.teams, code=0)
    assert seen.rows["p"]["checkout"] == {"branch": "feature/wip", "ahead": 1, "behind": 1, "dirty": True}
    assert "| feature/wip +1 -1 dirty |" in seen.table


def test_projects_of_one_repository_and_below_another(released: Country, fleet: Fleet) -> None:
    folders = ("a", "b c", "a/nested", ".")
    project = released.clone("mono", *folders)
    git(project, "worktree", "add", "--quiet", str(released.teams / "second"), "-b", "other")
    done = fleet("update", released.teams, code=0)
    assert {Path(name).relative_to(project).as_posix() for name in (row["project"] for row in done.rows.values())} == {
        *folders
    }
    own = {row["project"].removeprefix(f"{project}").strip("/"): row["branch"] for row in done.rows.values()}
    assert (own[""], own["a"], own["a/nested"]) == (BRANCH, f"{BRANCH}-a", f"{BRANCH}-a--nested")
    for folder, branch in own.items():
        inner = f"{folder}/" if folder else ""
        names = git(project, "diff", "--name-only", "-z", "main", branch).strip("\0").split("\0")
        assert names == [f"{inner}.copier-answers.yml", f"{inner}{RUNBOOK}"]


@pytest.mark.parametrize("how", [("--depth=1",), ("--filter=blob:none", "--no-checkout"), ("--single-branch",)])
def test_clones_that_lack_something(how: tuple[str, ...], released: Country, fleet: Fleet) -> None:
    put_and_push(released.clone("p"), {"notes.md": "second commit\n"})
    remote = released.path / "remotes/p.git"
    git(remote, "config", "uploadpack.allowFilter", "true")
    clone = released.path / "others/p"
    git(released.path, "clone", "--quiet", *how, f"file://{remote}", str(clone))
    put(clone, {".copier-answers.yml": "only the list needs it\n"})
    fleet("update", clone.parent, code=0)
    assert changed(clone, BRANCH) == [".copier-answers.yml", RUNBOOK]


def test_remotes_that_are_gone_or_not_known(released: Country, fleet: Fleet) -> None:
    _, two, local = (released.clone(name) for name in ("lost", "two", "local"))
    (released.path / "remotes/lost.git").rename(released.path / "remotes/renamed.git")
    git(two, "remote", "rename", "origin", "a")
    git(two, "remote", "add", "b", "/nowhere")
    git(local, "remote", "remove", "origin")
    rows = fleet("update", released.teams, code=1).rows
    assert "git ls-remote failed" in rows["lost"]["error"]
    assert "call the one to update from `origin`" in rows["two"]["error"]
    assert rows["local"]["result"] == "updated"
    assert fleet("update", released.teams, "--no-fetch", code=1).rows["lost"]["result"] == "updated"


def test_an_update_that_waits_for_its_merge(released: Country, fleet: Fleet) -> None:
    project = released.clone("p")
    fleet("update", released.teams, code=0)
    put_and_push(project, {"more.md": "more\n"})
    assert fleet("update", released.teams, code=0).rows["p"]["result"] == f"waiting: {BRANCH} is not merged"
    git(project, "merge", "--quiet", "--no-edit", BRANCH)
    git(project, "push", "--quiet")
    row = fleet("update", released.teams, code=0).rows["p"]
    assert (row["exit"], row["result"]) == (2, "nothing to do")


def test_governed_files_and_who_changed_them(released: Country, fleet: Fleet, tmp_path: Path) -> None:
    project = released.clone("<img src=x>")
    put(
        project,
        {".github/CODEOWNERS": "* @nobody\n", "src/p/mlops/evaluation/gates.py": "LIMIT = 0\n", "README.md": "ours\n"},
    )
    git(project, "add", "--all")
    author = "--author=Eve & Co|\x1b[31m\u202e <e@example.com>"
    git(project, "commit", "--quiet", "--message", "x", author, "--date=2026-03-01T00:00:00")
    put_and_push(project, {".github/workflows/security.yml": None})
    seen = fleet("status", released.teams, "--html", tmp_path / "fleet.html", code=0)
    governed = seen.rows[project.name]["governed"]
    said = [(one["path"], one["state"], one["on"]) for one in governed]
    assert said[:2] == [
        (".github/CODEOWNERS", "edited", "2026-03-01"),
        ("src/p/mlops/evaluation/gates.py", "edited", "2026-03-01"),
    ]
    assert said[2][:2] == (".github/workflows/security.yml", "missing")
    assert (governed[0]["by"], governed[2]["by"]) == ("Eve & Co|\x1b[31m\u202e", "a@b.c")
    page = (tmp_path / "fleet.html").read_text(encoding="utf-8")
    assert ("<img" in page, "<script" in page, "default-src 'none'" in page) == (False, False, True)
    assert "Eve &amp; Co|" in page
    for text in (page, seen.table):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\\|" in seen.table
    put(tmp_path, {"policy.yml": "governed: [README.md]\n"})
    other = fleet("status", released.teams, "--policy", tmp_path / "policy.yml", code=0)
    assert [one["path"] for one in other.rows[project.name]["governed"]] == ["README.md"]


def test_a_project_that_is_not_on_the_default_branch(country: Country, fleet: Fleet) -> None:
    project = country.clone("p")
    put_and_push(project, {".copier-answers.yml": None})
    git(project, "switch", "--quiet", "--create", "wip", "HEAD^")
    row = fleet("status", country.teams, code=1).rows["p"]
    assert "is missing on the default branch" in row["error"]


def test_the_operators_git_settings_take_no_part(
    released: Country, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = released.clone("p")
    put_and_push(project, {".gitattributes": "*.md filter=own text\n", "crlf.md": b"a\r\nb\r\n"})
    config = released.path / "gitconfig"
    run = f"sh -c 'touch {released.path}/ran; cat'"
    for key, text in {
        "core.autocrlf": "true",
        "filter.own.clean": run,
        "filter.own.smudge": run,
        "core.hooksPath": str(released.path / "hooks"),
    }.items():
        subprocess.run(["git", "config", "--file", str(config), key, text], check=True)  # noqa: S603, S607
    for hook in ("pre-commit", "post-checkout", "reference-transaction", "pre-push", "commit-msg"):
        put(released.path, {f"hooks/{hook}": f"#!/bin/sh\ntouch {released.path}/ran\nexit 1\n"})
        (released.path / f"hooks/{hook}").chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    fleet("update", released.teams, code=0)
    assert not (released.path / "ran").exists()
    assert changed(project, BRANCH) == [".copier-answers.yml", RUNBOOK]
    assert f"_commit: {FIRST}" in git(project, "show", "main:.copier-answers.yml")
