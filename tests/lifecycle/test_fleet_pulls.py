"""Branches are pushed, and pull requests opened by the real `gh`, at a stand-in made from GitHub's own description."""

import shutil
from pathlib import Path

import pytest
from hosting import pulls
from hosting.git import git as operator_git
from hosting.repositories import Repository
from support.services.github_pulls import TOKEN, Host, github
from support.small_fleet import Country, Fleet
from support.template_origin import FIRST, SECOND, commit, git, put

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(shutil.which("gh") is None, reason="gh is not installed")]

BRANCH = f"template-{SECOND}"


@pytest.fixture
def released(country: Country) -> Country:
    """A country whose template has a second release."""
    country.origin.release(SECOND, {"template/docs/runbook.md": "theirs\n", "template/docs/new.md": "new\n"})
    return country


def on_github(country: Country, name: str) -> Path:
    """A clone whose remote is called as one of GitHub; git takes it from this machine."""
    project = country.clone(name)
    address = f"https://github.com/acme/{name}.git"
    git(project, "config", f"url.{country.path}/remotes/{name}.git.insteadOf", address)
    git(project, "remote", "set-url", "origin", address)
    return project


def tips(country: Country, name: str) -> set[str]:
    """The branches of a remote."""
    return set(git(country.path / f"remotes/{name}.git", "branch", "--format=%(refname:short)").split())


def login(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_CONFIG_DIR", str(host.config))
    monkeypatch.setenv("GH_TOKEN", TOKEN)


@pytest.mark.capability("fleet of projects")
def test_pushed_with_a_pull_request(
    released: Country, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = on_github(released, "p")
    command = ("update", released.teams, "--push", "--template", released.origin.path, "--json", tmp_path / "r.json")
    with github(tmp_path / "gh") as host:
        login(host, monkeypatch)
        host.refuses = "Resource not accessible"
        row = fleet(*command, code=1).rows["p"]
        assert "is pushed, but there is no pull request in acme/p" in row["error"]
        assert ("Resource not accessible" in row["error"], row["result"]) == (True, "failed")
        assert tips(released, "p") == {"main", BRANCH}
        host.refuses = ""
        row = fleet(*command, code=0).rows["p"]
        assert row["pull_request"] == "https://github.com/acme/p/pull/1"
        assert {token for _, _, token in host.requests} == {f"token {TOKEN}"}
        (opened,) = host.pulls
        assert (opened["title"], opened["base"]) == (f"Update the template to {SECOND}", "main")
        assert f"{FIRST} to {SECOND}" in opened["body"]
        assert "added     docs/new.md" in opened["body"]
        (tmp_path / "r.json").unlink()
        assert fleet(*command, code=0).rows["p"]["pull_request"] == row["pull_request"]
        assert len(host.pulls) == 1
    assert git(project, "branch", "--format=%(refname:short)").split() == ["main"]
    remote = released.path / "remotes/p.git"
    assert git(remote, "log", "--format=%s", f"main..{BRANCH}") == f"Update the template to {SECOND}\n"


def test_without_gh_or_a_login_the_branch_is_pushed_all_the_same(
    released: Country, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released.clone("local")
    on_github(released, "p")
    monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "empty"))
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    put(tmp_path, {"policy.yml": f"sources: ['{released.path}/*']\n"})
    rows = fleet("update", released.teams, "--push", "--policy", tmp_path / "policy.yml", code=0).rows
    assert rows["local"]["pull_request"] == "not opened: the remote is no host's"
    assert rows["p"]["pull_request"] == "not opened: gh is not logged in to github.com"
    assert [tips(released, name) for name in rows] == [{"main", BRANCH}] * 2


def test_a_push_that_is_refused_leaves_nothing(released: Country, fleet: Fleet) -> None:
    project = released.clone("p")
    hook = released.path / "remotes/p.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected by the host >&2\nexit 1\n")
    hook.chmod(0o755)
    before = git(project, "for-each-ref")
    row = fleet("update", released.teams, "--push", "--template", released.origin.path, code=1).rows["p"]
    assert "protected by the host" in row["error"]
    assert (git(project, "for-each-ref"), tips(released, "p")) == (before, {"main"})


def test_a_source_that_is_not_allowed_is_refused(released: Country, fleet: Fleet, tmp_path: Path) -> None:
    for name in ("fine", "other"):
        released.clone(name)
    answers = released.teams / "other/.copier-answers.yml"
    answers.write_text(answers.read_text().replace("/template", "/somewhere/else"))
    commit(answers.parent)
    git(answers.parent, "push", "--quiet")
    put(tmp_path, {"policy.yml": f"sources: ['{released.origin.path}']\n"})
    rows = fleet("update", released.teams, "--policy", tmp_path / "policy.yml", code=1).rows
    assert "which is not in `sources`" in rows["other"]["error"]
    assert rows["fine"]["result"] == "updated"


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("https://github.com/acme/p", ("github.com", "acme", "p")),
        ("https://token@github.com/acme/p.git", ("github.com", "acme", "p")),
        ("git@git.example.com:acme/p.x.git", ("git.example.com", "acme", "p.x")),
        ("ssh://git@git.example.com:2222/acme/p.git", ("git.example.com", "acme", "p")),
        ("/srv/git/p.git", None),
        ("https://git.example.com/group/sub/p.git", None),
    ],
)
def test_where_a_remote_is(address: str, where: tuple[str, str, str] | None, tmp_path: Path) -> None:
    operator_git(tmp_path, "init", "--quiet")
    operator_git(tmp_path, "remote", "add", "origin", address)
    place = pulls.place(Repository.at(tmp_path, tmp_path), "origin")
    assert (place and (place.host, place.owner, place.name)) == where


def test_foreign_text_stays_in_its_block() -> None:
    files = {"a```\n@everyone": {"verdict": "added", "reason": "", "person": False}}
    text = pulls.described({"from": "1", "to": "2", "files": files})
    assert text.count("````text") == 1
    assert text.endswith("\n````\n")
