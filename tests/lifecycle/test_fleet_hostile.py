"""A hostile project or template: nothing runs, nothing of the operator is read, nothing is written elsewhere."""

import os
from pathlib import Path

import pytest
from guarding.environment import restricted
from support.small_fleet import Country, Fleet
from support.template_origin import SECOND, commit, git, put

pytestmark = pytest.mark.e2e

BRANCH = f"template-{SECOND}"
SECRET = "the-operators-secret"  # noqa: S105


def push(project: Path, changes: dict[str, str | bytes | None]) -> None:
    put(project, changes)
    commit(project)
    git(project, "push", "--quiet")


def test_the_environment_of_the_operator_is_not_read(
    country: Country, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        "GH_TOKEN",
        "SSH_AUTH_SOCK",
        "AWS_SECRET_ACCESS_KEY",
        "GIT_ASKPASS",
        "HTTPS_PROXY",
        "UV_INDEX_ACME_PASSWORD",
    )
    for name in names:
        monkeypatch.setenv(name, f"http://me:{SECRET}@example.com")
    put(
        tmp_path,
        {
            "settings.yml": f"defaults: {{secret: {SECRET}}}\n",
            "home/.config/copier/settings.yml": "defaults: {secret: x}\n",
        },
    )
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(tmp_path / "settings.yml"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    country.clone("p")
    question = "secret: {type: str, default: none, help: Secret.}\n"
    read = " ".join(f"{{{{ '${name}' | expandvars }}}}" for name in (*names, "HOME"))
    country.origin.release(
        SECOND,
        {
            "copier.yml": country.origin.read("copier.yml") + question,
            "template/new.md.jinja": f"{{{{ secret }}}} {read}\n",
        },
    )
    fleet("update", country.teams, code=0)
    said = git(country.teams / "p", "show", f"{BRANCH}:new.md")
    assert said.startswith("none $GH_TOKEN")
    assert SECRET not in said
    assert str(tmp_path / "home") not in said


def test_the_environment_is_a_list_of_what_is_allowed(tmp_path: Path) -> None:
    operator = {"PATH": "/bin", "LC_ALL": "C", "HTTP_PROXY": "http://proxy", "https_proxy": "http://a:b@proxy"}
    made = restricted(operator | {"GITHUB_TOKEN": SECRET, "HOME": "/home/ada", "UV_PUBLISH_TOKEN": SECRET}, tmp_path)
    assert made["PATH"] == "/bin"
    assert made["HTTP_PROXY"] == "http://proxy"
    assert made["HOME"] == str(tmp_path)
    assert not {"https_proxy", "GITHUB_TOKEN", "UV_PUBLISH_TOKEN"} & set(made)
    assert made["GIT_CONFIG_GLOBAL"] == os.devnull


@pytest.mark.parametrize(
    "source",
    [
        "ext::sh -c touch% RAN",
        "--upload-pack=touch RAN",
        "git+ext::sh -c touch% RAN",
        "ssh://-oProxyCommand=touch RAN/x",
        "~nobody-of-this-name/x",
        "a\\0b",
    ],
)
def test_a_hostile_source_runs_nothing(source: str, country: Country, fleet: Fleet, tmp_path: Path) -> None:
    project = country.clone("p")
    hostile = source.replace("RAN", f"{tmp_path}/ran")
    push(project, {".copier-answers.yml": f'_commit: 1.0.0\n_src_path: "{hostile}"\nproject_name: x\n'})
    row = fleet("update", country.teams, code=1).rows["p"]
    assert row["error"]
    assert not (tmp_path / "ran").exists()


def test_links_lead_nowhere(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    put(tmp_path, {"private.yml": f"_commit: 1.0.0\n_src_path: {SECRET}\n", "outside/docs/runbook.md": "outside\n"})
    answers, folder = country.clone("answers"), country.clone("folder")
    (answers / ".copier-answers.yml").unlink()
    (answers / ".copier-answers.yml").symlink_to(tmp_path / "private.yml")
    push(answers, {})
    for name in ("runbook.md", "architecture.md"):
        (folder / "docs" / name).unlink()
    (folder / "docs").rmdir()
    (folder / "docs").symlink_to(tmp_path / "outside/docs")
    push(folder, {})
    country.origin.release(SECOND, {"template/docs/new.md": "new\n", "template/docs/runbook.md": "theirs\n"})
    done = fleet("update", country.teams, code=1)
    assert "is no regular file" in done.rows["answers"]["error"]
    assert SECRET not in str(done)
    assert [path.name for path in (tmp_path / "outside/docs").iterdir()] == ["runbook.md"]
    assert (tmp_path / "outside/docs/runbook.md").read_text() == "outside\n"


def test_a_template_with_tasks_is_refused(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    country.clone("p")
    task = f"_tasks: ['touch {tmp_path}/ran']\n"
    country.origin.release(SECOND, {"copier.yml": task + country.origin.read("copier.yml")})
    assert "unsafe feature" in fleet("update", country.teams, code=1).rows["p"]["error"]
    assert not (tmp_path / "ran").exists()
