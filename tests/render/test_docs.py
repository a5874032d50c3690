"""The documents say what is there: verbs, options, links, sizes."""

import re
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec
from support.expected_files import ADDED
from support.rendered_project import QUESTIONS, ROOT

from docs import options
from docs import verbs as written

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROJECT_MAKEFILES = [ROOT / "template/Makefile.jinja", *sorted((ROOT / "template").glob("*mk*/*.mk*"))]
PROJECT_DOCS = [ROOT / "template/README.md.jinja", *sorted((ROOT / "template/docs").glob("*.md"))]


def verbs(*makefiles: Path) -> set[str]:
    """The documented verbs of some Makefiles."""
    texts = (makefile.read_text(encoding="utf-8") for makefile in makefiles)
    return {verb for text in texts for verb in re.findall(r"^([a-z-]+):.*## ", text, re.M)}


def named(text: str) -> set[str]:
    """The verbs that a text names, as code or in a block of commands."""
    return set(re.findall(r"(?:`|^|&& )make ([a-z][a-z-]*)", text, re.M))


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80
    assert len((ROOT / "template/README.md.jinja").read_text(encoding="utf-8").splitlines()) <= 90


@pytest.mark.parametrize("path", [*DOCS, *PROJECT_DOCS], ids=lambda path: path.stem)
def test_verbs_exist(path: Path) -> None:
    ours, projects = verbs(ROOT / "Makefile"), verbs(*PROJECT_MAKEFILES)
    allowed = projects if path in PROJECT_DOCS else ours | projects
    assert named(path.read_text(encoding="utf-8")) <= allowed


def test_every_verb_is_documented() -> None:
    text = (ROOT / "template/README.md.jinja").read_text(encoding="utf-8")
    assert verbs(*PROJECT_MAKEFILES) <= named(text)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_decisions_are_short_and_numbered() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 25 for path in decisions)


def test_options_are_those_of_copier_yml() -> None:
    assert (ROOT / "docs/reference/options.md").read_text(encoding="utf-8") == options.page()


def test_verbs_are_those_of_the_makefiles() -> None:
    text = (ROOT / "docs/reference/verbs.md").read_text(encoding="utf-8")
    assert text == written.page(), "uv run python hooks/docs/verbs.py"
    listed = set(re.findall(r"^\| `make ([a-z-]+)` \| .+ \|.*\|$", text, re.M))
    assert listed == verbs(ROOT / "Makefile", *PROJECT_MAKEFILES)


def ownership() -> list[tuple[str, str]]:
    """The files and folders that `files.md` names, each with its owner, in its order."""
    text = (ROOT / "docs/reference/files.md").read_text(encoding="utf-8").replace("<package>", "churn_model")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [(name, whose) for names, _, whose in rows for name in re.findall(r"`([^`]+)`", names)]


def test_every_file_has_an_owner() -> None:
    """The first row that fits counts; rows that fit nothing are of what a run makes."""
    added = {name.format(package="churn_model") for names in ADDED.values() for name in names}
    left, kept = {*(ROOT / "tests/data/files/all.txt").read_text(encoding="utf-8").split(), *added}, set()
    for name, whose in ownership():
        mine = {file for file in left if file == name or (name.endswith("/") and file.startswith(name))}
        assert bool(mine) == (not whose.startswith("generated")), name
        left -= mine
        kept |= mine if whose == "yours" else set()
    assert not left, "files.md does not say whose these are"
    patterns = GitIgnoreSpec.from_lines(QUESTIONS["_skip_if_exists"])
    every = {*(ROOT / "tests/data/files/all.txt").read_text(encoding="utf-8").split(), *added}
    assert kept == set(patterns.match_files(every))


def test_the_explained_contract_is_the_rendered_one() -> None:
    text = (ROOT / "docs/explanation/why-one-contract.md").read_text(encoding="utf-8")
    schema = next(ROOT.glob("template/src/*/schema.py")).read_text(encoding="utf-8").splitlines()
    shown = re.findall(r"^    \w+: .*$", text, re.M)
    assert shown
    assert set(shown) <= set(schema)
