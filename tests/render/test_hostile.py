"""Hostile answers arrive unharmed in every file that carries them, read back by the real parsers, or are refused."""

import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from release import archive
from release.answers import refusal
from release.template import ANSWERS_FILE, Template
from support.answer_parsers import MARKERS, Carriers, carrying, namespaces, occurrences, options, read
from support.expected_files import contents
from support.hostile_answers import (
    ADDRESSES,
    ENDS,
    LOOKALIKES,
    NAMES,
    PAIRS,
    SPECIAL,
    STRANGE,
    harmful,
    harmless,
)
from support.rendered_project import ASKED, QUESTIONS, render, sentences

SLUGS = ("project_name", "package_name", "github_owner")
TEXTS = {"description": 200, "author_name": 100}  # and the most characters they may have
FREE = (*TEXTS, "author_email")
EXAMPLES, LEAST = 700, 450  # texts that are tried, and different ones that arrive at least; the others are refused


@pytest.fixture(scope="module")
def texts(in_memory: Template, tmp_path_factory: pytest.TempPathFactory) -> Carriers:
    """The files that carry free text."""
    return Carriers.of(in_memory, FREE, tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def names(in_memory: Template, tmp_path_factory: pytest.TempPathFactory) -> Carriers:
    """The files that carry names."""
    return Carriers.of(in_memory, SLUGS, tmp_path_factory.mktemp("names"))


def refused(carriers: Carriers, question: str, answer: str) -> bool:
    """Says whether an answer is refused, which must be with a sentence of the validator: no error of an expression."""
    reason = refusal(carriers.template, question, answer)
    assert reason is None or any(sentence.fullmatch(reason) for sentence in sentences(question)), reason
    return reason is not None


# -- carriers ---------------------------------------------------------------------------------------------------------
def test_every_question_without_choices_has_a_marker() -> None:
    free = {name for name in ASKED if QUESTIONS[name]["type"] == "str" and "choices" not in QUESTIONS[name]}
    assert free == set(MARKERS) == {*SLUGS, *FREE}


def test_every_carrier_is_read_back_as_a_whole(in_memory: Template) -> None:
    carried = set()
    for option in options(in_memory):
        for path, text in carrying(in_memory.rendering(option | MARKERS), MARKERS).items():
            for question, marker in MARKERS.items():
                seen = occurrences(read(path, text), marker)
                assert seen == text.count(marker), f"{path} has {question} where its parser does not see it"
                carried |= {question} if seen and path not in {"README.md", ANSWERS_FILE} else set()
    assert carried == set(MARKERS)


def spoilt(template: Template, folder: Path, name: str, old: str, new: str) -> Carriers:
    """Returns the carriers of free text in a copy of a template in which a file is changed."""
    copy = folder / "spoilt"
    copy.mkdir(parents=True)
    archive.unpacked(template.folder, copy)
    path = copy / "template" / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new) if old else new, encoding="utf-8")
    return Carriers.of(Template(copy), FREE, folder / "carriers")


def test_what_does_not_arrive_is_found(in_memory: Template, tmp_path: Path) -> None:
    project = ("pyproject.toml.jinja", "{{ description | to_json(ensure_ascii=false) }}")
    trimmed = spoilt(in_memory, tmp_path / "1", *project, '"{{ description | trim }}"')
    assert trimmed.changed({"description": "harmless"}) == []
    assert trimmed.changed({"description": " a"}) == ["pyproject.toml"]
    with pytest.raises(tomllib.TOMLDecodeError):
        trimmed.changed({"description": 'a "b"'})
    assert "description" in trimmed.changed({"description": "two\nlines"})  # an update resets it to the default


def test_a_carrier_without_a_reader_is_found(in_memory: Template, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"notes\.ini carries an answer: READERS needs the parser of its format"):
        spoilt(in_memory, tmp_path, "notes.ini.jinja", "", "text = {{ description }}\n")


# -- free text --------------------------------------------------------------------------------------------------------
def checked(texts: Carriers, text: str) -> bool:
    """Gives a text to all questions that take it, and demands that it arrives; says whether one took it."""
    taken = [name for name in TEXTS if not refused(texts, name, text)]
    for name, most in TEXTS.items():
        assert name in taken or not harmless(text, most)
        assert name not in taken or not harmful(text)
    assert texts.changed(dict.fromkeys(taken, text), len(text)) == [], text
    return bool(taken)


@pytest.mark.capability("hostile answers")
def test_every_pair_of_special_characters_arrives(texts: Carriers) -> None:
    """What breaks a quoted text is one character or two beside each other: here are all, so chance finds no more."""
    assert len(PAIRS) < 40
    assert all(first + second in "\n".join(PAIRS) for first in SPECIAL for second in SPECIAL)
    assert {text[0] for text in ENDS} == {text[-1] for text in ENDS} == set(SPECIAL)
    for text in (*PAIRS, *ENDS):
        assert harmless(text, max(TEXTS.values())), text
        assert checked(texts, text), text


@pytest.mark.capability("hostile answers")
def test_free_text_arrives_or_is_refused(texts: Carriers) -> None:
    """By chance: control characters, other alphabets, long texts. Pairs of special characters are tested above."""
    arrived = set()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(text=STRANGE)  # one at a time: hypothesis repeats itself when it draws several long texts
    def hostile(text: str) -> None:
        arrived.update([text] if checked(texts, text) else [])

    hostile()
    assert len(arrived) >= LEAST


def test_addresses_arrive_or_are_refused(texts: Carriers) -> None:
    arrived = set()

    @settings(max_examples=250, deadline=None)  # few parts of an address may vary
    @given(address=ADDRESSES)
    def hostile(address: str) -> None:
        taken = not refused(texts, "author_email", address)
        assert texts.changed({"author_email": address} if taken else {}, len(address)) == []
        arrived.update([address] if taken else [])

    hostile()
    assert len(arrived) >= 25


def test_what_looks_like_something_else_arrives(texts: Carriers) -> None:
    for which, text in enumerate(LOOKALIKES):
        for name in TEXTS:
            assert not refused(texts, name, text), text
        assert texts.changed(dict.fromkeys(TEXTS, text), which) == [], text


@pytest.mark.parametrize(
    ("description", "author_name"),
    [
        ('"""', "\\"),
        ("${HOME} $(id) `id`", "'; drop table --"),
        ("\U0001f1e9\U0001f1ea 🏳️", "null"),
        ("{{ x }} {% raw %} {#", '  Søn & "Co" {x}'),
    ],
)
def test_copier_itself_copies_them_unharmed(
    description: str, author_name: str, in_memory: Template, tmp_path: Path
) -> None:
    given = {"description": description, "author_name": author_name, "license": "MIT"}
    rendering = in_memory.rendering(given)
    texts = {name: rendering.text(name).encode() for name in rendering.sources if name != ANSWERS_FILE}
    copied = render(tmp_path / "p", **given)
    assert contents(copied) == texts
    assert given.items() <= yaml.safe_load((copied / ANSWERS_FILE).read_text(encoding="utf-8")).items()
    assert f"Copyright (c) {author_name}\n" in (copied / "LICENSE").read_text(encoding="utf-8")


# -- names ------------------------------------------------------------------------------------------------------------
def test_names_that_look_like_something_else_arrive_or_are_refused(names: Carriers) -> None:
    """Each name in each question, three questions with different names in one rendering."""
    taken = {question: [name for name in NAMES if not refused(names, question, name)] for question in SLUGS}
    assert all(len(arrived) > 60 for arrived in taken.values())
    for which in range(max(map(len, taken.values()))):
        given = {
            question: taken[question][(which + shift) % len(taken[question])] for shift, question in enumerate(SLUGS)
        }
        assert names.changed(given, which) == [], given


def test_names_arrive_or_are_refused(names: Carriers) -> None:
    slug = st.from_regex(r"\A[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")

    @settings(max_examples=25, deadline=None)  # letters and hyphens; what could matter about them is tested above
    @given(project=slug, package=slug.map(lambda name: name.replace("-", "_")))
    def hostile(project: str, package: str) -> None:
        given = {"project_name": project, "package_name": package}
        taken = {name: answer for name, answer in given.items() if not refused(names, name, answer)}
        assert names.changed(taken, len(project)) == []

    hostile()


def test_a_short_name_arrives_where_buckets_begin_with_it(names: Carriers) -> None:
    stacks = [at for at, (option, _) in enumerate(names.marked) if option["iac"] == "cloudformation"]
    assert stacks
    for which in stacks:
        assert names.changed({"project_name": "a-name-of-thirty-one-characters"}, which) == []


@pytest.mark.parametrize("letters", [52, 53, 60])
def test_two_projects_never_share_a_namespace(letters: int, names: Carriers) -> None:
    which = next(at for at, (option, _) in enumerate(names.marked) if option["maturity"] == "advanced")
    ours, theirs = ("a" * (letters - 1) + last for last in "xy")
    assert names.changed({"project_name": ours}, which) == names.changed({"project_name": theirs}, which) == []
    found = [set(namespaces(name).values()) for name in (ours, theirs)]
    assert not found[0] & found[1]
    assert max(map(len, found[0] | found[1])) <= 63
