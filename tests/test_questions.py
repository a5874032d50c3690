"""Every question accepts what it should, refuses what it must with its sentence, and changes more than the README."""

from pathlib import Path
from typing import Any

import pytest
from conftest import ASKED, render

SLUG = "Use lower-case letters, digits and single hyphens"
PACKAGE = "Use lower-case letters, digits and single underscores"


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        ("project_name", "Churn", SLUG),
        ("project_name", "churn model", SLUG),
        ("project_name", "churn--model", SLUG),
        ("project_name", "-churn", SLUG),
        ("project_name", "1churn", SLUG),
        ("project_name", "churn\n", SLUG),
        ("project_name", "", SLUG),
        ("project_name", "x" * 61, SLUG),
        ("project_name", "../churn", SLUG),
        ("package_name", "churn-model", PACKAGE),
        ("package_name", "Churn", PACKAGE),
        ("package_name", "_churn", PACKAGE),
        ("package_name", "sklearn", "is the name of a library or a keyword of Python"),
        ("package_name", "class", "is the name of a library or a keyword of Python"),
        ("description", "", "Write one line of 1 to 200 printable characters"),
        ("description", "two\nlines", "Write one line of 1 to 200 printable characters"),
        ("description", "bell\x07", "Write one line of 1 to 200 printable characters"),
        ("description", "bidi\u202etext", "Write one line of 1 to 200 printable characters"),
        ("description", "x" * 201, "Write one line of 1 to 200 printable characters"),
        ("author_name", "  ", "Write a name of 1 to 100 printable characters"),
        ("author_name", "a\tb", "Write a name of 1 to 100 printable characters"),
        ("author_email", "nobody", "Write an e-mail address"),
        ("author_email", 'a"@b.c', "Write an e-mail address"),
        ("author_email", "a@b.c\n", "Write an e-mail address"),
        ("license", "GPL", "Invalid choice"),
        ("python_version", "3.9", "Invalid choice"),
    ],
)
def test_refuses(question: str, answer: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=sentence):
        render(tmp_path / "p", **{question: answer})
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    "answers",
    [
        {"project_name": "a", "package_name": "b"},
        {"project_name": "fraud-2", "package_name": "fraud_2"},
        {"description": 'Says "yes" \\ or {no} é 🎉 # x'},
        {"author_name": "O'Neil & Søn {{ x }}"},
        {"author_email": "first.last+tag@mail.example.co"},
        {"license": "Apache-2.0", "python_version": "3.13"},
    ],
)
def test_accepts(answers: dict[str, str], tmp_path: Path) -> None:
    rendered = render(tmp_path / "p", **answers)
    assert (rendered / "pyproject.toml").exists()


def test_an_answer_to_no_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="project_nam"):
        render(tmp_path / "p", project_nam="x")


OTHER: dict[str, Any] = {
    "project_name": "fraud-model",
    "package_name": "scoring",
    "description": "Predicts fraud.",
    "author_name": "Risk Team",
    "author_email": "risk@example.org",
    "license": "MIT",
    "python_version": "3.12",
}


def files(root: Path) -> dict[str, bytes]:
    """The rendered files by path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("question", sorted(ASKED))
def test_every_option_changes_a_file(question: str, tmp_path: Path) -> None:
    usual, other = (
        files(render(tmp_path / name, **answers)) for name, answers in (("a", {}), ("b", {question: OTHER[question]}))
    )
    changed = {name for name in usual.keys() | other.keys() if usual.get(name) != other.get(name)}
    assert changed - {"README.md", ".copier-answers.yml"}
