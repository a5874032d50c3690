"""`docs/how-to/standardize.md` says what is true: answers, defaults, a fork, a wrap."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from support.rendered_project import ROOT, render
from support.template_origin import FIRST, SECOND, Made, Origin, commit, files, git, put

PAGE = (ROOT / "docs/how-to/standardize.md").read_text(encoding="utf-8")
QUESTION = "\nteam:\n  type: str\n  default: nobody\n  help: Who.\n"
WRAP = {
    "copier.yml": "_answers_file: .copier-answers.acme.yml\n_subdirectory: files\nlevel: {type: str, default: low}\n",
    "files/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
    "files/policy.md.jinja": "Risk: {{ level }}\n",
}


def block(title: str) -> str:
    """Returns a file that the page shows."""
    found = re.search(rf'^```yaml title="{re.escape(title)}"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def shown(beginning: str) -> str:
    """Returns a command that the page shows."""
    found = re.search(rf"^{re.escape(beginning)}.*$", PAGE, re.MULTILINE)
    assert found, beginning
    return found[0]


def recorded(project: Path, file: str = ".copier-answers.yml") -> dict[str, Any]:
    """The answers that a project remembers."""
    found = yaml.safe_load((project / file).read_text(encoding="utf-8"))
    return {key: value for key, value in found.items() if key not in ("_commit_id", "_answers_id")}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of the page, as Copier finds it."""
    put(tmp_path, {"settings.yml": block("settings.yml")})
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(tmp_path / "settings.yml"))
    return tmp_path / "settings.yml"


def test_the_data_file_answers(tmp_path: Path) -> None:
    answers = yaml.safe_load(block("acme.yml"))
    found = recorded(render(tmp_path / "p", **answers))
    assert answers.items() <= found.items()


def test_defaults_of_the_settings_are_taken_and_data_win(settings: Path, tmp_path: Path) -> None:
    defaults = yaml.safe_load(block("settings.yml"))["defaults"]
    assert defaults.items() <= recorded(render(tmp_path / "p")).items()
    assert recorded(render(tmp_path / "q", author_name="Ada"))["author_name"] == "Ada"


def test_a_default_is_rendered_a_key_that_is_no_question_ignored(settings: Path, tmp_path: Path) -> None:
    put(tmp_path, {"settings.yml": "defaults: {licence: MIT, description: 'Is {{ package_name }}.'}\n"})
    found = recorded(render(tmp_path / "p"))
    assert (found["license"], found["description"]) == ("Proprietary", "Is churn_model.")


def test_a_default_that_is_no_choice_is_refused(settings: Path, tmp_path: Path) -> None:
    put(tmp_path, {"settings.yml": "defaults: {license: GPL}\n"})
    with pytest.raises(ValueError, match="'GPL' is not in"):
        render(tmp_path / "p")


@pytest.mark.parametrize("by_guard", [True, False])
@pytest.mark.e2e
def test_an_update_keeps_answers_and_asks_the_settings_what_is_new(
    by_guard: bool, made: Made, settings: Path, tmp_path: Path
) -> None:
    before = recorded(made.path)
    put(tmp_path, {"settings.yml": f"{block('settings.yml')}  team: Risk Models\n"})
    made.origin.release(SECOND, {"copier.yml": made.origin.read("copier.yml") + QUESTION})
    if by_guard:
        done = made.guard("update", COPIER_SETTINGS_PATH=str(settings))
        assert 'question  team is new and has its default, "Risk Models"' in done.stdout, done.stderr
    else:
        copier.run_update(made.path, defaults=True, overwrite=True, quiet=True)
    assert recorded(made.path) == before | {"team": "Risk Models", "_commit": SECOND}


@pytest.mark.e2e
def test_settings_that_cannot_be_read_are_one_sentence(made: Made, settings: Path, tmp_path: Path) -> None:
    made.origin.release(SECOND, {})
    put(tmp_path, {"settings.yml": "defaults: [x\n"})
    sentence = made.refused("update", COPIER_SETTINGS_PATH=str(settings))
    assert sentence.startswith("refused: the settings file of Copier can't be read: correct it (Invalid YAML data")
    assert len(sentence.splitlines()) == 1


@pytest.mark.e2e
def test_the_guard_trusts_nobody(made: Made, settings: Path, tmp_path: Path) -> None:
    task = f"_tasks: ['touch {tmp_path}/ran']\n"
    made.origin.release(SECOND, {"copier.yml": task + made.origin.read("copier.yml")})
    put(tmp_path, {"settings.yml": "trust: [/]\n"})
    sentence = made.refused("update", TMPDIR=str(tmp_path), COPIER_SETTINGS_PATH=str(settings))
    assert "unsafe feature" in sentence
    assert not (tmp_path / "ran").exists()


@pytest.mark.e2e
def test_a_project_moves_to_a_fork(made: Made, tmp_path: Path) -> None:
    fork = Origin(shutil.copytree(made.origin.path, tmp_path / "fork"))
    release = f"{FIRST}+acme.1"
    fork.release(release, {"template/docs/ours.md": "ours\n"})
    made.origin.release(SECOND, {"template/docs/theirs.md": "theirs\n"})
    command = shown("sed -i").replace("https://git.example.com/ml/template.git", str(fork.path))
    subprocess.run(["bash", "-c", command], cwd=made.path, check=True)  # noqa: S603, S607
    commit(made.path, "Follow our template")
    assert made.update() == {".copier-answers.yml": "changed", "docs/ours.md": "added"}
    assert recorded(made.path)["_commit"] == release
    commit(made.path)
    git(fork.path, "pull", "--quiet", "--no-rebase", "--no-edit", "--tags", str(made.origin.path), SECOND)
    git(fork.path, "tag", f"{SECOND}+acme.1")
    assert made.update() == {".copier-answers.yml": "changed", "docs/theirs.md": "added"}
    assert recorded(made.path)["_commit"] == f"{SECOND}+acme.1"


@pytest.mark.e2e
def test_a_second_template_wraps_the_first(made: Made, tmp_path: Path) -> None:
    wrap = Origin(tmp_path / "wrap")
    wrap.path.mkdir()
    git(wrap.path, "init", "--quiet")
    wrap.release("1.0.0", dict(WRAP))
    before = files(made.path)
    copier.run_copy(str(wrap.path), made.path, defaults=True, quiet=True)
    commit(made.path)
    assert files(made.path).keys() - before.keys() == {".copier-answers.acme.yml", "policy.md"}
    made.origin.release(SECOND, {"template/docs/new.md": "new\n"})
    assert made.update() == {".copier-answers.yml": "changed", "docs/new.md": "added"}
    commit(made.path)
    wrap.release("1.1.0", {"files/policy.md.jinja": "Level: {{ level }}\n"})
    file = shown("uvx copier update").split()[4]
    copier.run_update(made.path, answers_file=file, defaults=True, overwrite=True, quiet=True)
    assert made.read("policy.md") == "Level: low\n"
    assert recorded(made.path, file)["_commit"] == "1.1.0"
    assert git(made.path, "diff", "--name-only", "HEAD").split() == [".copier-answers.acme.yml", "policy.md"]
