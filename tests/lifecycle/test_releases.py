"""A project of any release, updated to this working tree, is what a new one is: by the guard, by Copier alone."""

import difflib
import functools
import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import copier
import pytest
from release import archive
from release.template import ANSWERS_FILE, Template
from support.guard_process import Inner
from support.release_repository import pairwise, profiles, repository
from support.rendered_project import ASKED, ROOT, write
from support.template_origin import Made, Origin, commit, files, git

pytestmark = pytest.mark.e2e

HEAD = "9.0.0"
VERDICTS = {"added", "changed", "moved", "removed"}
# The project's own, which Copier never writes again: of these, this release has another text.
OWN = ("src/churn_model/schema.py", "docs/model-card.md.j2")
ANSWERS_TEMPLATE = "{{_copier_conf.answers_file}}.jinja"
RELEASES = [str(version) for version in archive.released(archive.RELEASES)]
PROFILES = profiles()
MATURITY = ("starter", "intermediate", "advanced", "custom")
MATURITIES = [name for name in PROFILES if name != "starter"]
Tree = dict[str, tuple[bytes, bool]]
Copied = Callable[[str, dict[str, Any]], Path]
ANSWERS = PROFILES | {f"pairs {number}": answers for number, answers in enumerate(pairwise())}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """The template with all releases, and the working tree as its last one."""
    return Origin(repository(tmp_path_factory.mktemp("releases") / "template", head=HEAD))


def known(origin: Origin, version: str, answers: dict[str, Any]) -> dict[str, Any]:
    """Returns the answers to questions that a version asks."""
    lines = git(origin.path, "show", f"{version}:copier.yml").splitlines()
    offered = {"maturity": [value for value in MATURITY if any(value in line for line in lines if "choices:" in line)]}
    return {k: value for k, value in answers.items() if f"{k}:" in lines and value in offered.get(k, [value])}


@pytest.fixture(scope="module")
def copied(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """Renders a version with some answers, once for all tests: read it, never change it.

    In memory, in a tenth of Copier's time. The record is Copier's; what Copier renders otherwise, an update would keep.
    """
    sources: dict[str, Path] = {str(version): path for version, path in archive.released(archive.RELEASES).items()}

    @functools.cache
    def template(version: str) -> Template:
        return Template(archive.unpacked(sources.get(version, ROOT), tmp_path_factory.mktemp("template")))

    @functools.cache
    def once(version: str, answers: str) -> Path:
        folder = write(template(version).rendering(json.loads(answers)), tmp_path_factory.mktemp("copied") / "p")
        told = "vcs_ref_hash" in git(origin.path, "show", f"{version}:template/{ANSWERS_TEMPLATE}")
        commit_id = git(origin.path, "rev-parse", f"{version}^{{commit}}").strip()
        record = f"_commit_id: '{commit_id}'\n" * told + f"_commit: {version}\n_src_path: {origin.path}\n"
        path = folder / ANSWERS_FILE
        path.write_text(re.sub(r"(?m)^_src_path: .*\n", record, path.read_text(encoding="utf-8")), encoding="utf-8")
        return folder

    return lambda version, answers: once(version, json.dumps(answers, sort_keys=True))


def test_a_release_rendered_in_memory_is_what_copier_renders(origin: Origin, copied: Copied, tmp_path: Path) -> None:
    for version, maturity in ((RELEASES[-1], "intermediate"), (HEAD, "starter")):
        answers = known(origin, version, {"maturity": maturity})
        path = tmp_path / version
        copier.run_copy(str(origin.path), path, data=answers, defaults=True, quiet=True, vcs_ref=version)
        by_copier, in_memory = ({**files(folder)} for folder in (path, copied(version, answers)))
        texts = [sorted(found.pop(ANSWERS_FILE).splitlines()) for found in (by_copier, in_memory)]
        assert texts[0] == texts[1]
        assert by_copier == in_memory


@pytest.fixture(scope="module")
def fresh(in_memory: Template) -> Callable[[dict[str, Any]], Tree]:
    """What a new project of the working tree has; that Copier renders the same is tested in `test_hostile.py`."""

    def render(answers: dict[str, Any]) -> Tree:
        rendering = in_memory.rendering(answers)
        modes = {name: bool(source.stat().st_mode & 0o100) for name, source in rendering.sources.items()}
        return comparable({name: (rendering.text(name).encode(), run) for name, run in modes.items()})

    return render


@pytest.fixture
def project(origin: Origin, copied: Copied, tmp_path: Path) -> Iterator[Callable[..., Made]]:
    """Makes a project of a version, committed."""

    def make(version: str, answers: dict[str, Any]) -> Made:
        shutil.copytree(copied(version, answers), tmp_path / "p")
        git(tmp_path / "p", "init", "--quiet")
        commit(tmp_path / "p")
        return Inner(tmp_path / "p", origin)

    yield make
    shutil.rmtree(tmp_path)


def comparable(found: Tree) -> Tree:
    """Leaves out of the stored answers from which template they are."""
    text, run = found[ANSWERS_FILE]
    lines = [line for line in text.splitlines() if not line.startswith((b"_", b"#"))]
    return found | {ANSWERS_FILE: (b"\n".join(lines), run)}


def tree(folder: Path) -> Tree:
    """Content of each file, and whether it can be run."""
    found = files(folder)
    return comparable({name: (text, bool((folder / name).stat().st_mode & 0o100)) for name, text in found.items()})


def differences(found: Tree, expected: Tree) -> dict[str, str]:
    """Says of each path what differs, by lines: pytest's own comparison of two trees takes minutes."""
    nothing = (b"", False)
    said: dict[str, str] = {}
    for path in sorted(found.keys() | expected.keys()):
        (text, run), (other, runs) = found.get(path, nothing), expected.get(path, nothing)
        lines = [part.decode(errors="replace").splitlines() for part in (other, text)]
        if (text, run) != (other, runs) or (path in found) != (path in expected):
            said[path] = "\n".join(difflib.unified_diff(*lines, f"expected, {runs=}", f"found, {run=}", lineterm=""))
    return said


def by_guard(project: Made) -> None:
    """Updates as `make update` does."""
    assert set(project.update().values()) <= VERDICTS


def by_copier(project: Made) -> None:
    """Updates without the guard, as Renovate does."""
    copier.run_update(project.path, defaults=True, overwrite=True, quiet=True, skip_answered=True)


def covering() -> list[str]:
    """Names the fewest of the paired answers in which every answer occurs; `test_tree.py` renders each pair."""
    values = {name: set(answers.items()) for name, answers in ANSWERS.items() if name not in PROFILES}
    missing, chosen = set().union(*values.values()), []
    while missing:
        best = max(values, key=lambda name: len(values[name] & missing))
        chosen.append(best)
        missing -= values[best]
    return chosen


def cases() -> list[Any]:
    """Every profile from the first and the last release in both ways, from those between one profile in one way.

    Every answer from the last release, by the guard.
    """
    ways = (by_guard, by_copier)
    chosen = [(version, name, way) for name in PROFILES for version in (RELEASES[0], RELEASES[-1]) for way in ways]
    chosen += zip(RELEASES[1:-1], itertools.cycle(PROFILES), itertools.cycle(ways), strict=False)
    chosen += [(RELEASES[-1], name, by_guard) for name in covering()]
    return [
        pytest.param(version, ANSWERS[name], way, id=f"{version}-{name}-{way.__name__}")
        for version, name, way in chosen
    ]


def test_there_is_a_release() -> None:
    assert "0.1.0" in RELEASES
    assert {key for answers in ANSWERS.values() for key in answers} <= ASKED


@pytest.mark.capability("update of a project")
@pytest.mark.parametrize(("version", "answers", "way"), cases())
def test_an_updated_project_is_a_new_one(
    version: str,
    answers: dict[str, Any],
    way: Callable[[Made], None],
    origin: Origin,
    fresh: Callable[..., Tree],
    project: Callable[..., Made],
) -> None:
    given = known(origin, version, answers)
    updated = project(version, given)
    before = tree(updated.path)
    kept = {path: before[path] for path in OWN if path in before and way is by_copier}
    way(updated)
    assert f"_commit: {HEAD}\n" in updated.read(ANSWERS_FILE)
    assert not differences(tree(updated.path), fresh(given) | kept)


@pytest.mark.capability("lifting a project")
@pytest.mark.parametrize(
    ("version", "maturity"),
    [
        *itertools.product((RELEASES[0], RELEASES[-1], HEAD), MATURITIES),
        *zip(RELEASES[1:-1], itertools.cycle(MATURITIES), strict=False),
    ],
)
def test_a_project_is_lifted(
    version: str, maturity: str, fresh: Callable[..., Tree], project: Callable[..., Made]
) -> None:
    lifted = project(version, {})
    assert set(lifted.update("--data", f"maturity={maturity}").values()) <= VERDICTS
    assert not differences(tree(lifted.path), fresh({"maturity": maturity}))


def test_parts_are_switched_off_and_on_again(fresh: Callable[..., Tree], project: Callable[..., Made]) -> None:
    switched = project(HEAD, {"maturity": "intermediate"})
    lifted = tree(switched.path)
    sentence = "with the other answers monitoring is not asked, so it would change nothing"
    assert sentence in switched.refused("update", "--data", "monitoring=false")
    switched.update("--data", "maturity=custom", "--data", "monitoring=false")
    assert not differences(tree(switched.path), fresh({"maturity": "custom", "monitoring": False}))
    commit(switched.path)
    switched.update("--data", "maturity=intermediate")
    assert not differences(tree(switched.path), lifted)
