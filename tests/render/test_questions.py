"""Every question accepts what it should, refuses what it must with its sentence, and changes more than the README."""

import re
from pathlib import Path
from typing import Any

import pytest
from release import archive
from release.answers import refusal
from release.template import Template
from support.refusal_texts import CHOICE, EMAIL, INSTALLED, LINE, NAME, OWNER, PACKAGE, SLUG, STOPPED, TAKEN
from support.rendered_project import ASKED, QUESTIONS, ROOT, render, sentences

REFUSED: dict[str, dict[str, list[str]]] = {
    "project_name": {
        SLUG: [
            *("Churn", "churn model", "churn--model", "-churn", "churn-", "1churn", "churn\n", "", "x" * 61),
            *("../churn", "churn_model", "chürn", "churn\u202e", "{{ x }}", "~"),
        ],
        INSTALLED: ["mlflow", "scikit-learn", "ruamel-yaml", "great-expectations", "pre-commit", "rich", "docker"],
    },
    "package_name": {
        PACKAGE: ["churn-model", "Churn", "_churn", "churn_", "churn__model", "1churn", "churn\n", "", "x" * 61, "a.b"],
        TAKEN: [
            *("sklearn", "mlflow", "great_expectations", "git", "class", "queue", "ast", "types", "email", "calendar"),
            *("test", "tests", "docs", "data", "conftest", "con", "nul", "com1", "lpt9"),
        ],
    },
    "description": {
        LINE: ["", " ", "two\nlines", "bell\x07", "bidi\u202etext", "zero\u200bwidth", "\ud800", "x" * 201]
    },
    "author_name": {NAME: ["", "  ", "a\tb", "a\x85b", "a\u2028b", "a\ufeffb", "x" * 101]},
    "author_email": {
        EMAIL: ["", "nobody", 'a"@b.c', "a@b.c\n", "a@b", "a b@c.d", "a@b..c", "Ada <a@b.c>", "a@b." + "c" * 200]
    },
    "cloud": {CHOICE: ["AWS", "ibm"]},
    "iac": {CHOICE: ["pulumi", "CloudFormation"]},
    "scale": {CHOICE: ["spark", "Ray"]},
    "github_owner": {OWNER: ["", "-a", "a-", "a--b", "a b", "a_b", "a/b", "@ada", "x" * 40, "a\n", "{{ x }}"]},
    "license": {CHOICE: ["GPL", "mit"]},
    "maturity": {CHOICE: ["beginner", "Starter"]},
    "python_version": {CHOICE: ["3.9", "3.14"]},
}
ACCEPTED: dict[str, list[str]] = {
    "project_name": [
        "a",
        "fraud-2",
        "x" * 60,
        "null",
        "true",
        "on",
        "no",
        "e1",
        "a1-b2-c3",
        "test-project",
        "queue-model",
    ],
    "package_name": [
        "b",
        "fraud_2",
        "x" * 60,
        "null",
        "true",
        "on",
        "no",
        "e1",
        "test_project",
        "queue_model",
        "print",
    ],
    "description": ['Says "yes" \\ or {no} é 🎉 # x', "x" * 200, "null", " - a: b ", "{{ x }} {% raw %}", "漢字"],
    "author_name": ["O'Neil & Søn {{ x }}", "x" * 100, "~", "Ünïcödé 漢字 🎉", "$(id) `id` ${HOME}"],
    "author_email": ["first.last+tag@mail.example.co", "A@B.CO", "1e3@e.f", "a" * 193 + "@b.cd", "_@x-y.z"],
    "cloud": ["aws", "gcp", "azure"],
    "iac": ["terraform", "cloudformation"],
    "scale": ["ray", "single"],
    "github_owner": ["ada", "Ada-Lovelace", "1e3", "null", "no", "x" * 39],
    "license": ["MIT", "Apache-2.0"],
    "maturity": ["intermediate", "advanced", "custom"],
    "python_version": ["3.12", "3.13"],
}
FEWEST = 2
VALIDATED = sorted(name for name in ASKED if {"validator", "choices"} & QUESTIONS[name].keys())
# Another answer than the default, to each question without choices.
OTHER: dict[str, Any] = {
    "project_name": "fraud-model",
    "package_name": "scoring",
    "description": "Predicts fraud.",
    "author_name": "Risk Team",
    "author_email": "risk@example.org",
    "github_owner": "risk-team",
    "serving": False,
    "monitoring": False,
    "feature_store": False,
    "kubernetes": False,
    "airflow": False,
}
# What must be answered too, for a question to be asked.
WITH = {name: {"maturity": "custom"} for name in ("serving", "monitoring", "feature_store", "kubernetes", "airflow")}
WITH["cloud"] = {"maturity": "intermediate"}
WITH["iac"] = {"maturity": "intermediate", "cloud": "aws"}
WITH["scale"] = {"maturity": "intermediate"}


def others(question: str) -> list[Any]:
    """Returns answers other than the default: all further choices, or the one of the table."""
    spec = QUESTIONS[question]
    choices = spec.get("choices", [])
    values = list(choices.values()) if isinstance(choices, dict) else choices
    return [value for value in values if value != spec["default"]] or [OTHER[question]]


@pytest.mark.parametrize("question", VALIDATED)
def test_the_tables_know_every_validator_and_its_sentences(question: str) -> None:
    refused = [answer for answers in REFUSED[question].values() for answer in answers]
    assert min(len(set(refused)), len(set(ACCEPTED[question]))) >= FEWEST
    said = [sentence.pattern for sentence in sentences(question) if re.escape(STOPPED) not in sentence.pattern]
    known = [start for start in REFUSED[question] if start != CHOICE]
    assert len(said) == len(known)
    assert all(any(re.escape(start) in pattern for start in known) for pattern in said)


def test_guards_that_cannot_follow_moves_are_stopped(tmp_path: Path) -> None:
    """They unpack the template into a folder of this name, and show what its validators say."""
    folder = tmp_path / "new-template"
    folder.mkdir()
    with pytest.raises(ValueError, match=re.escape(STOPPED)):
        Template(archive.unpacked(ROOT, folder)).rendering({})


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        (question, sentence, answer)
        for question, table in REFUSED.items()
        for sentence, answers in table.items()
        for answer in answers
    ],
)
def test_refuses(question: str, sentence: str, answer: str, in_memory: Template) -> None:
    reason = refusal(in_memory, question, answer)
    assert reason
    assert sentence in reason


@pytest.mark.parametrize(
    ("question", "answer"), [(question, answer) for question, answers in ACCEPTED.items() for answer in answers]
)
def test_accepts(question: str, answer: str, in_memory: Template) -> None:
    assert refusal(in_memory, question, answer) is None
    assert in_memory.rendering(WITH.get(question, {}) | {question: answer}).answers[question] == answer


def test_any_text_is_validated() -> None:
    texts = {name for name in ASKED if QUESTIONS[name]["type"] == "str"}
    assert texts <= set(VALIDATED)


@pytest.mark.parametrize("question", VALIDATED)
def test_a_refusal_leaves_nothing_behind(question: str, tmp_path: Path) -> None:
    sentence, answers = next(iter(REFUSED[question].items()))
    with pytest.raises(ValueError, match=sentence):
        render(tmp_path / "p", **{question: answers[0]})
    assert not (tmp_path / "p").exists()


def test_an_answer_to_no_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="project_nam"):
        render(tmp_path / "p", project_nam="x")
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("question", "answer"), [(question, answer) for question in sorted(ASKED) for answer in others(question)]
)
def test_every_option_changes_a_file(question: str, answer: Any, in_memory: Template) -> None:
    given = WITH.get(question, {})
    usual, other = (
        {path: project.text(path) for path in project.sources}
        for project in (in_memory.rendering(given), in_memory.rendering(given | {question: answer}))
    )
    changed = {name for name in usual.keys() | other.keys() if usual.get(name) != other.get(name)}
    assert changed - {"README.md", ".copier-answers.yml"}
