"""Answers that people edit by hand, that a question loses and gets back, and that look like YAML."""

import json

import pytest
from support.guard_process import Inner
from support.small_template import COPIER, named, recorded
from support.template_origin import SECOND, commit

GUIDE = "docs/guide.md"


def test_an_answer_edited_by_hand_is_carried_out(small: Inner) -> None:
    """The base is what the files came from, so the answer reaches them, and edits in them stay."""
    small.work({"pyproject.toml": small.read("pyproject.toml") + "\n[tool.ours]\n"})
    recorded(small, "python_version", "'3.12'")
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    done = small.guard("update")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'answer    python_version was edited, from "3.11" to "3.12": carried out' in done.stdout
    assert 'requires-python = ">=3.12"' in small.read("pyproject.toml")
    assert "[tool.ours]" in small.read("pyproject.toml")


def test_it_is_carried_out_also_without_a_newer_release(small: Inner) -> None:
    recorded(small, "maturity", "advanced")
    assert json.loads(small.guard("status", "--json").stdout)["answers_edited"] == {
        "maturity": {"from": "starter", "to": "advanced"}
    }
    assert small.update()["deploy/where.txt"] == "added"
    commit(small.path)
    assert small.update(code=2) == {}


def test_an_answer_given_at_the_same_version_is_no_edit(small: Inner) -> None:
    """The files came from it: nothing may be rendered with the answers of before."""
    small.update("--data", "maturity=advanced")
    commit(small.path)
    small.work({"deploy/where.txt": "ours\n"})
    assert small.update(code=2) == {}
    recorded(small, "description", "Predicts fraud.")
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert small.update() == {".copier-answers.yml": "changed", "README.md": "changed", GUIDE: "changed"}
    assert small.read("deploy/where.txt") == "ours\n"


def test_an_option_on_and_off_again_is_no_edit(small: Inner) -> None:
    """Whatever the files look like: the guard knows what it rendered."""
    small.update("--data", "maturity=advanced")
    commit(small.path)
    small.work({"deploy/where.txt": "ours\n"})
    assert small.update("--data", "maturity=starter", code=3)["deploy/where.txt"] == "yours"
    commit(small.path)
    assert small.update(code=2) == {}
    recorded(small, "maturity", "advanced")
    assert small.update(code=3)["deploy/where.txt"] == "yours"
    commit(small.path)
    assert small.update(code=2) == {}


def test_an_answer_edited_with_its_files_is_no_conflict(small: Inner) -> None:
    small.work({"pyproject.toml": small.read("pyproject.toml").replace(">=3.11", ">=3.12")})
    recorded(small, "python_version", "'3.12'")
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert "pyproject.toml" not in small.update()


def test_lowering_does_not_forget(small: Inner) -> None:
    small.update("--data", "maturity=advanced", "--data", "cloud=aws")
    commit(small.path)
    small.update("--data", "maturity=starter")
    assert "cloud" not in small.read(".copier-answers.yml")
    commit(small.path)
    done = small.guard("update", "--data", "maturity=advanced")
    assert 'answer    cloud is asked again and has its former answer, "aws"' in done.stdout
    assert done.returncode == 0
    assert small.read("deploy/where.txt") == "aws\n"
    assert "cloud: aws" in small.read(".copier-answers.yml")


def test_a_former_answer_that_is_no_choice_any_more_is_the_default(small: Inner) -> None:
    small.update("--data", "maturity=advanced", "--data", "cloud=aws")
    commit(small.path)
    small.update("--data", "maturity=starter")
    commit(small.path)
    small.origin.release(SECOND, {"copier.yml": COPIER.replace("[none, aws]", "[none, gcp]")})
    small.update("--data", "maturity=advanced")
    assert small.read("deploy/where.txt") == "none\n"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Team: A", "Team: A"),
        ("3.10", "3.10"),
        ("a # b", "a # b"),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
        ("[a", "[a"),
        ("yes", "yes"),
        ('"quoted by a program: é"', "quoted by a program: é"),
        ('"Quoted" by a person', '"Quoted" by a person'),
    ],
)
def test_text_is_taken_as_text(given: str, kept: str, small: Inner) -> None:
    small.update("--data", f"description={given}")
    assert small.read("README.md") == f"# churn-model\n\n{kept}\n\nUse make.\n"


def test_what_is_no_text_is_read_as_yaml(small: Inner) -> None:
    extra = "extra: {type: bool, default: false, help: More.}\nlevel: {type: int, default: 1, help: How much.}\n"
    small.origin.release(SECOND, {"copier.yml": COPIER + extra})
    small.update("--data", "extra=yes", "--data", "level=3")
    assert "extra: true\n" in small.read(".copier-answers.yml")
    assert "level: 3\n" in small.read(".copier-answers.yml")
    commit(small.path)
    assert "the answer extra=[ can't be read" in small.refused("update", "--data", "extra=[")
    deep = "[" * 3000
    assert "can't be read (RecursionError)" in small.refused("update", "--data", f"level={deep}")
