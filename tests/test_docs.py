"""The documents say what is there: verbs, options, links, sizes."""

import re
from pathlib import Path

import pytest
from conftest import ROOT

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROJECT_DOCS = [ROOT / "template/README.md.jinja", *sorted((ROOT / "template/docs").glob("*.md"))]


def verbs(makefile: Path) -> set[str]:
    """The documented verbs of a Makefile."""
    return set(re.findall(r"^([a-z-]+):.*## ", makefile.read_text(encoding="utf-8"), re.M))


def named(text: str) -> set[str]:
    """The verbs that a text names, as code or in a block of commands."""
    return set(re.findall(r"(?:`|^|&& )make ([a-z-]+)", text, re.M))


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80
    assert len((ROOT / "template/README.md.jinja").read_text(encoding="utf-8").splitlines()) <= 90


@pytest.mark.parametrize("path", [*DOCS, *PROJECT_DOCS], ids=lambda path: path.stem)
def test_verbs_exist(path: Path) -> None:
    ours, projects = verbs(ROOT / "Makefile"), verbs(ROOT / "template/Makefile.jinja")
    allowed = projects if path in PROJECT_DOCS else ours | projects
    assert named(path.read_text(encoding="utf-8")) <= allowed


def test_every_verb_is_documented() -> None:
    text = (ROOT / "template/README.md.jinja").read_text(encoding="utf-8")
    assert verbs(ROOT / "template/Makefile.jinja") <= named(text)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_decisions_are_short_and_numbered() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 25 for path in decisions)


def test_options_are_those_of_copier_yml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "hooks"))
    import options

    assert (ROOT / "docs/reference/options.md").read_text(encoding="utf-8") == options.page()
