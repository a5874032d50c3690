"""A release that moves most modules: edits, ownership, imports and paths of any project follow its list of moves."""

import ast
import functools
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version
from release import archive
from release.template import Template
from support import import_resolver, moved_release
from support.guard_modules import Merged, merged, rows, write
from support.template_origin import SECOND, Made

from moves.lists import composed, parse  # isort: skip
from repository import GuardError  # isort: skip
from rewriting.rows import Row  # isort: skip

Files = dict[str, str]
PACKAGE = "churn_model"
ROOT = f"src/{PACKAGE}"
OWNED = {f"{ROOT}/schema.py", f"{ROOT}/expectations.py", "docs/intended-use.md", "tests/model/directions.yaml"}
EDITED = [
    "train",
    "evaluate",
    "suite",
    "ingest",
    "source",
    "split",
    "card",
    "tracking",
    "registry",
    "slices",
    "plots",
    "leakage",
]
LAST = "0.6.0"
# Of 0.7.0 on, projects have the names of the fence; their updates are in `test_releases.py`.
RELEASES = {str(version): path for version, path in archive.released().items() if version <= Version(LAST)}
SPLIT_EDITS = {
    "stage": "core/atomic",
    "files": "data/listing",
    "metrics": "metrics",
    "model": "core/persistence",
}
DEAD = {f"{name}.py" for name in (*moved_release.MOVES, "stage", "files")}
SCHEMA = '''"""The contract: what a row of the data is. Yours to edit; `infer` wrote it from houses.csv."""

from typing import Annotated

from pydantic import BaseModel, Field

from .roles import Id, Target

# Columns of the source that are not read, and why.
LEFT_OUT: dict[str, str] = {}


class Row(BaseModel):
    """One row of houses.csv."""

    house: Annotated[str, Id()]
    rooms: Annotated[int, Field(ge=1, le=9)]
    price: Annotated[float, Target()]
'''
OWN_IMPORTS = """from . import contract
from . import features, metrics
from .files import head, scan
from .infer import kinds
from .params import read
from .parse import parse
from .stage import Refusal, run
from .stage import write
from churn_model import model, sample
import churn_model.cost
"""
OWN_CODE = '''

def main() -> None:
    """Prices."""
    features.frame(1, contract)
    metrics.answers(2, model.load(3, ""), [])
    metrics.score(4)
'''


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Files]:
    """Renders a release, or the working tree, in memory."""

    @functools.cache
    def template(version: str) -> Template:
        source = RELEASES.get(version, archive.ROOT)
        return Template(archive.unpacked(source, tmp_path_factory.mktemp("template")))

    @functools.cache
    def once(version: str, maturity: str) -> Files:
        made = template(version).rendering({"maturity": maturity} if "maturity" in template(version).asked else {})
        return {path: made.text(path) for path in made.sources if path != ".copier-answers.yml"}

    return lambda version, maturity="starter": dict(once(version, maturity))


@pytest.fixture(scope="module")
def new(rendered: Callable[..., Files]) -> Callable[[str], Files]:
    """The last release before the fence, with moves of its own; those of 0.7.0 are in `test_moves_of_0_7_0.py`."""
    return functools.cache(lambda maturity="starter": moved_release.moved(rendered(LAST, maturity), PACKAGE))


def live(path: str) -> str:
    """Returns where a module is after the moves."""
    name = path.removeprefix(f"{ROOT}/").removesuffix(".py")
    return f"{ROOT}/{moved_release.MOVES.get(name, name)}.py"


def mark(name: str) -> str:
    """Returns a definition that a person added."""
    return f'\n\ndef own_{name}() -> str:\n    """Mine."""\n    return "mark {name}"\n'


def with_edits(files: Files) -> Files:
    """Edits 12 modules that move, and the body of a function in each of the modules that are split."""
    edited = dict(files)
    for name in EDITED:
        path = f"{ROOT}/{name}.py"
        if path in files:
            edited[path] = files[path] + mark(name)
    for name, function in (("stage", "write"), ("files", "head"), ("metrics", "score"), ("model", "save")):
        path = f"{ROOT}/{name}.py"
        if path in files:
            pattern = rf'(?s)(def {function}\(.*?\) -> [^\n]*:\n    """.*?"""\n)'
            edited[path], count = re.subn(pattern, rf'\1    log("mark {name}")\n', files[path], count=1)
            assert count, path
    return edited


def with_own(files: Files) -> Files:
    """Adds modules, a test, a notebook, a stage and further files that name the template's modules."""
    resolver, lines = import_resolver.Resolver(files, PACKAGE), OWN_IMPORTS.splitlines(keepends=True)
    possible = [line for line in lines if not resolver.missing(f"{ROOT}/pricing.py", ast.parse(line))]
    test = "from churn_model import stage, train\n\n\ndef test_own(monkeypatch):\n"
    test += '    monkeypatch.setattr(stage, "run", train)\n    patch("churn_model.stage.write")\n'
    cell = '{"cells": [{"cell_type": "code", "source": ["%time\\n", "from churn_model import params"]}]}'
    stage = "\n  own:\n    cmd: python -m churn_model.own\n    deps:\n      - src/churn_model/own.py\n"
    stage += "      - src/churn_model/params.py\n      - src/churn_model/stage.py\n"
    return files | {
        f"{ROOT}/pricing.py": '"""Own."""\n\n' + "".join(possible) + OWN_CODE,
        "tests/unit/test_own.py": test,
        "notebooks/own.ipynb": cell,
        "own/ci.yml": "paths:\n      - src/churn_model/params.py\n      - 'src/churn_model/audit*.py'\n",
        "dvc.yaml": files["dvc.yaml"] + stage,
        "Makefile": files["Makefile"] + "\nown:\n\tuv run python -m churn_model.cost\n",
    }


def check(done: Merged, base: Files) -> None:
    """Demands that each edit is in the live file, and that code compiles and imports what is there."""
    for name, module in (SPLIT_EDITS | {name: moved_release.MOVES[name] for name in EDITED}).items():
        if f"{ROOT}/{name}.py" in base:
            assert f"mark {name}" in done.files[f"{ROOT}/{module}.py"], done.said(f"{ROOT}/{module}.py")
    whole = {path: moved_release.without_markers(text) for path, text in done.files.items()}
    assert import_resolver.unresolved(whole, PACKAGE) == []
    assert done.merge.stages.keys() <= done.person
    assert not [path for path in done.files if path in base and path.removeprefix(f"{ROOT}/") in DEAD]


@pytest.mark.parametrize("version", RELEASES)
def test_a_project_that_changed_only_its_contract_needs_no_person(
    version: str, rendered: Callable[..., Files], new: Callable[..., Files], tmp_path: Path
) -> None:
    base = rendered(version)
    ours = base | {f"{ROOT}/schema.py": SCHEMA, f"{ROOT}/expectations.py": base[f"{ROOT}/expectations.py"] + "# mine\n"}
    done = merged(tmp_path / "m", base, new(), ours, rows(moved_release.listed()), OWNED)
    assert done.person == set()
    assert done.files[f"{ROOT}/data/schema.py"] == SCHEMA
    assert done.files[f"{ROOT}/data/expectations.py"].endswith("# mine\n")
    mine = {f"{ROOT}/data/schema.py", f"{ROOT}/data/expectations.py"}
    assert {path: text for path, text in done.files.items() if path not in mine} == {
        path: text for path, text in new().items() if path not in mine
    }
    if version == max(RELEASES):  # the others are equal
        assert import_resolver.unresolved(done.files, PACKAGE) == []
    assert done.verdicts[f"{ROOT}/data/schema.py"] == "moved"
    assert done.said(f"{ROOT}/data/schema.py").startswith(f"from {ROOT}/schema.py, with your edits")


@pytest.mark.parametrize(
    ("version", "maturity"), [*((version, "starter") for version in RELEASES), (max(RELEASES), "advanced")]
)
def test_edits_and_own_code_follow(
    version: str, maturity: str, rendered: Callable[..., Files], new: Callable[..., Files], tmp_path: Path
) -> None:
    base = rendered(version, maturity)
    ours = with_own(with_edits(base | {f"{ROOT}/schema.py": SCHEMA}))
    done = merged(tmp_path / "m", base, new(maturity), ours, rows(moved_release.listed()), OWNED)
    check(done, base)
    assert done.person == set(done.merge.stages)
    text = done.files["own/ci.yml"]
    assert "- src/churn_model/core/params.py\n      - 'src/churn_model/governance/audit*.py'" in text
    assert done.files["tests/unit/test_own.py"] == (
        "from churn_model.core import runner\nfrom churn_model.training import train\n\n\ndef test_own(monkeypatch):\n"
        '    monkeypatch.setattr(runner, "run", train)\n    patch("churn_model.core.atomic.write")\n'
    )
    assert '"from churn_model.core import params"' in done.files["notebooks/own.ipynb"]
    stage = done.files["dvc.yaml"].partition("\n  own:\n")[2].split("deps:\n")[1].split()[1::2]
    assert [path.removeprefix(f"{ROOT}/") for path in stage] == [
        *("own.py", "core/params.py", "core/errors.py", "core/runner.py", "core/atomic.py")
    ]
    own = done.files[f"{ROOT}/pricing.py"]
    assert "    frames.frame(1, contract)\n    prediction.answers(2, persistence.load(3, " in own
    assert "    metrics.score(4)\n" in own
    assert done.verdicts[f"{ROOT}/pricing.py"] == "rewritten"
    assert "churn_model.params -> churn_model.core.params" in done.said("notebooks/own.ipynb")
    if f"{ROOT}/cost.py" in base:
        assert done.files["Makefile"].endswith("\nown:\n\tuv run python -m churn_model.cost.forecast\n")


def formatted(files: Files, folder: Path) -> Files:
    """Formats the Python as a team that has another line length does."""
    folder = write(folder, {path: text for path, text in files.items() if path.endswith(".py")})
    command = ("ruff", "format", "--quiet", "--isolated", "--no-cache", "--line-length", "88", str(folder))
    subprocess.run(command, check=True)  # noqa: S603
    return files | {path: (folder / path).read_text(encoding="utf-8") for path in files if path.endswith(".py")}


def test_a_project_that_reformatted_all_code(
    rendered: Callable[..., Files], new: Callable[..., Files], tmp_path: Path
) -> None:
    base = rendered(max(RELEASES))
    sides = {"base": base, "new": new(), "ours": with_own(with_edits(base))}
    base, theirs, ours = (formatted(files, tmp_path / name) for name, files in sides.items())
    done = merged(tmp_path / "m", base, theirs, ours, rows(moved_release.listed()), OWNED)
    check(done, base)
    assert done.person == set()


def test_a_file_that_the_project_moved_too(
    rendered: Callable[..., Files], new: Callable[..., Files], tmp_path: Path
) -> None:
    base = rendered(max(RELEASES))
    train = f"{ROOT}/train.py"
    ours = {path: text for path, text in base.items() if path != train}
    ours |= {f"{ROOT}/steps/train.py": base[train].replace("from .", "from ..") + mark("train")}
    ours |= {f"{ROOT}/steps/own.py": "from ..split import groups\n"}
    done = merged(tmp_path / "m", base, new(), ours, rows(moved_release.listed()), OWNED)
    assert done.person == {f"{ROOT}/steps/train.py"}
    assert "mark train" in done.files[f"{ROOT}/steps/train.py"]
    assert done.files[f"{ROOT}/training/train.py"] == new()[f"{ROOT}/training/train.py"]
    assert f"moved it to {ROOT}/training/train.py, which is used" in done.said(f"{ROOT}/steps/train.py")
    assert done.files[f"{ROOT}/steps/own.py"] == "from ..data.split import groups\n"


def test_a_file_of_the_projects_at_a_new_path(
    rendered: Callable[..., Files], new: Callable[..., Files], tmp_path: Path
) -> None:
    base = rendered(max(RELEASES))
    own = {
        f"{ROOT}/data/__init__.py": "mine = 1\n",
        f"{ROOT}/data/sample.py": "mine = 1\n",
        f"{ROOT}/data/more.py": "own = 1\n",
    }
    ours = base | own | {f"{ROOT}/sample.py": base[f"{ROOT}/sample.py"] + mark("sample")}
    done = merged(tmp_path / "m", base, new(), ours, rows(moved_release.listed()), OWNED)
    assert own.items() <= done.files.items()
    assert "mark sample" in done.files[f"{ROOT}/sample.py"]
    assert done.person == {f"{ROOT}/data/__init__.py", f"{ROOT}/data/sample.py", f"{ROOT}/sample.py"}
    for path in (f"{ROOT}/data/sample.py", f"{ROOT}/sample.py"):
        sentence = f"{ROOT}/sample.py belongs at {ROOT}/data/sample.py now, where a file of yours is: rename yours"
        assert sentence in done.said(path)


def test_what_the_lists_can_not_carry_is_shown_with_its_address(
    rendered: Callable[..., Files], new: Callable[..., Files], tmp_path: Path
) -> None:
    base = rendered(max(RELEASES))
    ours = base | {
        f"{ROOT}/stage.py": base[f"{ROOT}/stage.py"].replace('"""Writes a text', '"""mark Writes a text')
        + mark("stage"),
        f"{ROOT}/own.py": "from .stage import Refusal, own_stage\n",
        f"{ROOT}/broken.py": "from .train import (\n",
    }
    done = merged(tmp_path / "m", base, new(), ours, rows(moved_release.listed()), OWNED)
    stage = f"{ROOT}/stage.py"
    assert done.person == {stage, f"{ROOT}/own.py", f"{ROOT}/broken.py"}
    assert "mark Writes" in done.files[f"{ROOT}/core/atomic.py"]
    assert "mark stage" in done.files[stage]
    assert f"split it into {ROOT}/core/errors.py, {ROOT}/core/runner.py, {ROOT}/core/atomic.py" in done.said(stage)
    assert "your edits of write went along, your other edits are in this file" in done.said(stage)
    assert done.files[f"{ROOT}/own.py"] == "from .stage import own_stage\nfrom .core.errors import Refusal\n"
    assert "line 1: churn_model.stage.own_stage is now in churn_model.core.errors" in done.said(f"{ROOT}/own.py")
    assert "left as it is, for Python can't read line 1" in done.said(f"{ROOT}/broken.py")


def test_edits_that_meet_the_templates_are_conflicts_in_the_new_file(tmp_path: Path) -> None:
    text = "def f():\n    return 1\n\n\ndef g():\n    return 1\n"
    base = {f"{ROOT}/a.py": text, f"{ROOT}/b.py": text}
    theirs = {
        f"{ROOT}/x/a.py": text.replace("1", "2"),
        f"{ROOT}/x/f.py": "def f():\n    return 2\n",
        f"{ROOT}/b.py": "X = 1\n",
    }
    moved = "moves: {'src/{package}/a.py': 'src/{package}/x/a.py'}\n"
    listed = rows(moved + "splits: {'src/{package}/b.py': {'src/{package}/x/f.py': [f]}}")
    ours = {path: content.replace("1", "3") for path, content in base.items()}
    done = merged(tmp_path, base, theirs, ours, listed)
    assert done.verdicts[f"{ROOT}/x/a.py"] == done.verdicts[f"{ROOT}/x/f.py"] == "conflict"
    assert done.person >= {f"{ROOT}/x/a.py", f"{ROOT}/x/f.py", f"{ROOT}/b.py"}
    assert f"{ROOT}/a.py" not in done.files
    assert "resolve, then `git add` it; from src/churn_model/a.py, with your edits" in done.said(f"{ROOT}/x/a.py")


LISTS = {
    "1.1.0": "moves: {'src/{package}/stages/train.py': 'src/{package}/learning.py', docs/runbook.md: docs/run.md}",
    "2.0.0": "moves: {'src/{package}/learning.py': 'src/{package}/training/train.py', "
    "'src/{package}/schema.py': 'src/{package}/data/schema.py', "
    "'src/{package}/roles.py': 'src/{package}/data/roles.py'}",
    "1.0.0": "moves: {README.md: old}",
    "3.0.0": "moves: {README.md: later}",
}


@pytest.mark.e2e
def test_a_project_is_updated_by_the_lists_of_the_release(made: Made) -> None:
    where = "template/src/{{package_name}}/"
    made.work(
        {
            f"{ROOT}/stages/train.py": made.read(f"{ROOT}/stages/train.py") + mark("train"),
            f"{ROOT}/schema.py": SCHEMA,
            f"{ROOT}/own.py": "from .stages.train import main\n",
            "Makefile": made.read("Makefile") + "\nown:\n\tuv run python -m churn_model.stages.train\n",
            ".git/info/exclude": "/docs/run.md\n",
            "docs/runbook.md": made.read("docs/runbook.md") + "mark runbook\n",
        }
    )
    (made.path / "docs/run.md").write_text("ignored", encoding="utf-8")
    files: dict[str, str | bytes | None] = {f"hooks/release/moves/{name}.yaml": text for name, text in LISTS.items()}
    for old, new in (("stages/train", "training/train"), ("schema", "data/schema"), ("roles", "data/roles")):
        files |= {f"{where}{old}.py": None, f"{where}{new}.py": made.origin.read(f"{where}{old}.py")}
    files |= {"template/docs/runbook.md": None, "template/docs/run.md": made.origin.read("template/docs/runbook.md")}
    settings = made.origin.read("copier.yml").replace("}}/schema.py", "}}/data/schema.py")
    made.origin.release(SECOND, files | {"copier.yml": settings})
    before = made.state()
    planned = made.update("--dry-run", code=3)
    assert made.state() == before
    assert made.update(code=3) == planned
    assert made.read(f"{ROOT}/data/schema.py") == SCHEMA
    assert "mark train" in made.read(f"{ROOT}/training/train.py")
    assert made.read(f"{ROOT}/own.py") == "from .training.train import main\n"
    assert made.read("Makefile").endswith("-m churn_model.training.train\n")
    assert "mark runbook" in made.read("docs/runbook.md")
    assert made.read("docs/run.md") == "ignored"
    assert {
        path
        for path in (f"{ROOT}/stages/train.py", f"{ROOT}/schema.py", f"{ROOT}/learning.py")
        if (made.path / path).exists()
    } == set()
    assert {
        path: planned[path] for path in (f"{ROOT}/own.py", f"{ROOT}/data/schema.py", "docs/runbook.md", "docs/run.md")
    } == {
        f"{ROOT}/own.py": "rewritten",
        f"{ROOT}/data/schema.py": "moved",
        "docs/runbook.md": "yours",
        "docs/run.md": "yours",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("moved: {}", "has keys other than moves and splits"),
        ("moves: {a: x, b: x}", "moves two files to one path"),
        ("moves: {a: ../x}", "'../x' is no path below the project's folder"),
        ("moves: {a: [x]}", "can't be read"),
        ("splits: {a: {b: [f, f]}}", "says twice where f of a went"),
        ("splits: {a: {b: [f g]}}", "'f g' is no name"),
        ("moves: {", "can't be read"),
    ],
)
def test_a_list_that_is_none_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(
        GuardError, match=f"the list of moves 9.0.0.yaml of the template can't be read: .*{sentence}|{sentence}"
    ):
        rows(text)


def test_lists_of_several_releases_are_one() -> None:
    first = parse("moves: {a.py: b.py, c.py: d.py}\nsplits: {s.py: {t.py: [f, g]}, a.py: {n.py: [h]}}", "1")
    second = parse(
        "moves: {b.py: x/b.py, t.py: x/t.py, s.py: x/s.py, c.py: e.py}\nsplits: {b.py: {m.py: [{k: l}]}}", "2"
    )
    assert composed(first, second) == {
        "a.py": Row("x/b.py", {"h": ("n.py", "h"), "k": ("m.py", "l")}),
        "c.py": Row("d.py"),
        "s.py": Row("x/s.py", {"f": ("x/t.py", "f"), "g": ("x/t.py", "g")}),
        "t.py": Row("x/t.py"),
    }


def test_a_package_with_a_new_name_takes_own_modules_along(tmp_path: Path) -> None:
    base = {f"{ROOT}/{name}.py": text for name, text in (("__init__", ""), ("a", "A = 1\n"), ("schema", "S = 1\n"))}
    theirs = {path.replace(PACKAGE, "pricing"): text for path, text in base.items()}
    ours = base | {
        f"{ROOT}/schema.py": "S = 2\n",
        f"{ROOT}/own/b.py": "import churn_model\nfrom churn_model.a import A\nfrom ..a import A\n",
        "ci.yml": "run: python -m churn_model.own.b src/churn_model/\n",
    }
    done = merged(tmp_path, base, theirs, ours, rows("", (PACKAGE, "pricing")), {f"{ROOT}/schema.py"})
    assert done.files == theirs | {
        "src/pricing/schema.py": "S = 2\n",
        "src/pricing/own/b.py": "import pricing\nfrom pricing.a import A\nfrom ..a import A\n",
        "ci.yml": "run: python -m pricing.own.b src/pricing/\n",
    }
    assert done.person == set()
