"""Hostile free text arrives unharmed in every file that carries it, read back by the real parsers, or is refused."""

import string
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from conftest import render
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

NASTY = st.text(
    st.sampled_from("\"'\\{}%#$`:|>-?*&!@[],=~<é漢🎉 \t\n\x00\x07\x7f\x85\u2028\u202e\ufeff" + string.ascii_letters),
    min_size=1,
)
LOOKALIKES = st.sampled_from(
    ["null", "true", "yes", "0x1F", "1e3", "2025-01-01", "~", "- a", "a: b", "{{ x }}", "{% raw %}", "=1+1"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(description=st.one_of(NASTY, LOOKALIKES), author=st.one_of(NASTY, LOOKALIKES))
@example(description='"""', author="\\")
@example(description="${HOME} $(id) `id`", author="'; drop table --")
@example(description="\U0001f1e9\U0001f1ea 🏳️", author="null")
def test_free_text_arrives_or_is_refused(description: str, author: str) -> None:
    with TemporaryDirectory() as folder:
        try:
            rendered = render(Path(folder) / "p", description=description, author_name=author)
        except ValueError as refusal:
            assert "printable characters" in str(refusal)
            return
        project = tomllib.loads((rendered / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        answers = yaml.safe_load((rendered / ".copier-answers.yml").read_text(encoding="utf-8"))
        assert (project["description"], project["authors"][0]["name"]) == (description, author)
        assert (answers["description"], answers["author_name"]) == (description, author)
        assert author in (rendered / "docs/intended-use.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("licence", ["MIT", "BSD-3-Clause"])
def test_the_licence_names_the_author(licence: str, tmp_path: Path) -> None:
    rendered = render(tmp_path / "p", license=licence, author_name='Søn & "Co" {x}')
    assert 'Copyright (c) Søn & "Co" {x}\n' in (rendered / "LICENSE").read_text(encoding="utf-8")
