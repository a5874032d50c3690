"""Names: plain, no other module's, no installed package's; properties of what their validators accept."""

import builtins
import keyword
import re
import string
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release.answers import refusal
from release.template import Template
from support.refusal_texts import EMAIL, INSTALLED, TAKEN
from support.rendered_project import ROOT


def listed(computed: str) -> list[str]:
    """Returns the names that `copier.yml` includes."""
    return (ROOT / f"hooks/questions/{computed}.txt").read_text(encoding="utf-8").split()


PYTHONS_OWN = {name for name in sys.stdlib_module_names | set(keyword.kwlist) if re.fullmatch("[a-z][a-z0-9_]*", name)}


def test_no_package_hides_a_module_of_python(in_memory: Template) -> None:
    for name in sorted(PYTHONS_OWN):
        assert TAKEN in (refusal(in_memory, "package_name", name) or ""), name
        assert refusal(in_memory, "package_name", f"{name}_model") is None


@pytest.mark.parametrize("name", ["queue", "ast", "py-compile", "class", "tests", "sklearn", "con"])
def test_a_project_may_be_called_like_a_module(name: str, in_memory: Template) -> None:
    given = in_memory.rendering({"project_name": name})
    package = f"{name.replace('-', '_')}_model"
    assert (given.answers["project_name"], given.answers["package_name"]) == (name, package)
    assert f"src/{package}/schema.py" in given.sources


def test_a_project_called_queue_is_rendered(in_memory: Template) -> None:
    rendered = in_memory.rendering({"project_name": "queue"})
    assert 'name = "queue"\n' in rendered.text("pyproject.toml")
    assert "python -m queue_model.stages.ingest" in rendered.text("dvc.yaml")


def test_what_is_named_needs_to_be() -> None:
    for names in (listed("installed_names"), listed("reserved_names")):
        assert names == sorted(set(names))
    assert not set(listed("installed_names")) & set(listed("reserved_names"))


def test_names_of_builtins_are_no_modules(in_memory: Template) -> None:
    lower = {name for name in dir(builtins) if re.fullmatch("[a-z]+", name)} - PYTHONS_OWN
    assert len(lower) > 50
    assert {name for name in lower if refusal(in_memory, "package_name", name)} <= {"copyright"}


# -- properties -------------------------------------------------------------------------------------------------------
ANYTHING = st.text(st.one_of(st.sampled_from(string.ascii_lowercase + "019-_.@ \"'\n"), st.characters()), max_size=70)
WORDS = st.lists(st.from_regex(r"\A[a-z][a-z0-9]{0,9}\Z"), min_size=2, max_size=5)
MANY = settings(max_examples=500, deadline=None)


@MANY
@given(question=st.sampled_from(["project_name", "package_name"]), answer=ANYTHING)
def test_an_accepted_name_is_plain(question: str, answer: str, in_memory: Template) -> None:
    joint = "-" if question == "project_name" else "_"
    plain = set(answer) <= {*string.ascii_lowercase, *string.digits, joint} and answer[:1].isalpha()
    words = all(answer.split(joint)) and len(answer) <= 60
    reason = refusal(in_memory, question, answer)
    assert (plain and words) if reason is None else (INSTALLED in reason or TAKEN in reason or not (plain and words))


@MANY
@given(words=WORDS)
def test_names_of_many_words_are_accepted(words: list[str], in_memory: Template) -> None:
    taken = {"-".join(words), "_".join(words)} & {*listed("installed_names"), *listed("reserved_names")}
    assert taken or refusal(in_memory, "project_name", "-".join(words)) is None
    assert taken or refusal(in_memory, "package_name", "_".join(words)) is None


@MANY
@given(answer=st.one_of(ANYTHING, st.emails(), st.builds("{}@{}.{}".format, ANYTHING, ANYTHING, ANYTHING)))
def test_an_accepted_address_needs_no_quotes(answer: str, in_memory: Template) -> None:
    plain = set(answer) <= {*string.ascii_letters, *string.digits, *"._+-@"} and answer.count("@") == 1
    assert plain or EMAIL in (refusal(in_memory, "author_email", answer) or "")
