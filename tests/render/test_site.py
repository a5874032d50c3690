"""The site of `docs/`: it builds strictly, misses no page, loads nothing from elsewhere, and a broken link fails."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from support.rendered_project import ROOT, STAGES

MKDOCS = Path(sys.executable).with_name("mkdocs")
# What is wrong in a page, and what the build then names.
BROKEN = {
    "[gone](gone/gone.md)": "gone/gone.md",
    "[no such heading](#no-such-heading)": "no-such-heading",
    "[a folder](how-to/)": "how-to/",
    "[from the root](/tutorial.md)": "/tutorial.md",
    "![gone](images/gone.svg)": "images/gone.svg",
}
PAGES = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))


def build(where: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of a folder that has `mkdocs.yml` and `docs/`, as `make docs` does."""
    return subprocess.run(  # noqa: S603
        [MKDOCS, "build", "--strict", "--site-dir", site],
        cwd=where,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    where = tmp_path_factory.mktemp("site")
    done = build(ROOT, where)
    assert done.returncode == 0, done.stderr
    return where


def navigation(entry: Any) -> list[str]:
    """The pages that a part of the navigation names."""
    if isinstance(entry, str):
        return [entry]
    return [page for part in (entry if isinstance(entry, list) else entry.values()) for page in navigation(part)]


@pytest.mark.capability("the site of the template")
def test_every_page_is_built(site: Path) -> None:
    for page in PAGES:
        assert (site / re.sub(r"(index)?\.md$", "", page) / "index.html").exists(), page


def test_the_verb_is_strict() -> None:
    """With `--quiet` mkdocs counts no warnings, so that `--strict` lets everything pass."""
    recipe = re.findall(r"\tuv run mkdocs (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert recipe == ["build --strict"]
    assert "make docs" in (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")


def test_every_page_is_in_the_navigation_once() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(navigation(settings["nav"])) == PAGES
    sections = [name for part in settings["nav"] for name in part]
    assert sections == ["Home", "Tutorial", "How-to", "Reference", "Explanation", "Decisions"]


@pytest.mark.parametrize("page", PAGES)
def test_what_stands_in_angle_brackets_is_shown(page: str) -> None:
    """Outside code a browser takes `<package>` for a tag and shows nothing."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.S | re.M)
    assert set(re.findall(r"</?([A-Za-z_]+)[^>]*>", prose)) <= {"br", "code"}


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?([^\">\s]+)", text)
        loaded += re.findall(r"<link\b[^>]*\bhref=\"?([^\">\s]+)", text)
        assert loaded
        assert not [address for address in loaded if re.match(r"(?:[a-z]+:)?//", address)], page
        assert 'class="mermaid"' not in text, page  # the theme would fetch its code from a CDN


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a build says of all faults at once, a line each; it fails."""
    copy = tmp_path_factory.mktemp("broken")
    shutil.copytree(ROOT / "docs", copy / "docs")
    shutil.copy(ROOT / "mkdocs.yml", copy)
    (copy / "docs/forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
    for number, text in enumerate(BROKEN):
        with (copy / "docs" / PAGES[number]).open("a", encoding="utf-8") as page:
            page.write(f"\n{text}\n")
    done = build(copy, copy / "site")
    assert done.returncode == 1
    return done.stderr.splitlines()


@pytest.mark.capability("the site of the template")
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_link_fails(text: str, complaints: list[str]) -> None:
    page, complaint = PAGES[list(BROKEN).index(text)], BROKEN[text]
    assert [line for line in complaints if line.startswith("WARNING") and complaint in line and page in line]


def test_a_page_outside_the_navigation_fails(complaints: list[str]) -> None:
    assert any("forgotten.md" in line for line in complaints)


def test_each_fault_alone_fails_the_build(tmp_path: Path, site: Path) -> None:
    """A warning of any kind counts, so one stands for all of them; without one the build passes: `site`."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    (tmp_path / "docs/forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
    assert build(tmp_path, tmp_path / "site").returncode == 1


def test_the_picture_names_stages_and_gates_and_is_shown() -> None:
    """It loads nothing, has a name for those who can't see it, and knows the stages that there are."""
    picture = ROOT / "docs/images/pipeline.svg"
    root = ElementTree.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314  # our own file
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"title", "desc", "style"} <= names
    assert not names & {"image", "script", "use", "foreignObject"}
    texts = ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]
    assert [text for text in texts if text in STAGES] == list(STAGES)
    assert {"baseline", "minimum", "fairness", "champion", "DVC", "MLflow", "audit log"} <= set(texts)
    assert "](docs/images/pipeline.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](images/pipeline.svg)" in (ROOT / "docs/index.md").read_text(encoding="utf-8")
