"""Old names of modules work after a release that moved them: no files at the old paths, one warning a name."""

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version
from release import archive
from release.old_names import table
from release.old_names.__main__ import main
from release.rules.moving import likeness
from release.template import Template
from support.guard_modules import write

MODULE = archive.ROOT / "template/src/{{package_name}}/mlops/core/old_names.py"
MOVED_FROM = Version("0.6.0")
LIST = """
moves:
  src/{package}/train.py: src/{package}/stages/fitting.py
  src/{package}/infer/__init__.py: src/{package}/inference/__init__.py
  src/{package}/infer/__main__.py: src/{package}/inference/__main__.py
  src/{package}/infer/draw.py: src/{package}/inference/sampling.py
  src/{package}/audit.py: src/{package}/core/log.py
  src/{package}/gone.py: src/{package}/core/gone.py
  docs/a.md: docs/b.md
splits:
  src/{package}/files.py:
    src/{package}/core/atomic.py: [write, {hold: keep}]
  src/{package}/model.py:
    src/{package}/core/atomic.py: [save]
  src/{package}/audit.py:
    src/{package}/stages/audit.py: [main]
"""
CODE = {
    "__init__.py": "from .mlops.core import old_names\n\nold_names.install()\n",
    "mlops/core/old_names.py": MODULE.read_text(encoding="utf-8"),
    "stages/fitting.py": "from ..core import atomic\n\n\nclass Model: ...\n\n\n"
    "if __name__ == '__main__':\n    print('fit', atomic.write())\n",
    "stages/audit.py": "def main(): print('main')\n\n\nif __name__ == '__main__':\n    main()\n",
    "inference/__init__.py": "LIMIT = 3\n",
    "inference/__main__.py": "from . import LIMIT\n\nprint('infer', LIMIT)\n",
    "inference/sampling.py": "rows = [1]\n",
    "core/log.py": "entries = []\n",
    "core/atomic.py": "def write(): return 'written'\n\n\ndef keep(): return 'kept'\n\n\ndef save(): return 'saved'\n",
    "model.py": "build = 1\n",
    "gone.py": "mine = 1\n",  # a file of the project's at an old path
    "infer/mine.py": "from ..inference.sampling import rows\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with old names, importable; its name is new in each test."""
    name = f"pkg_{tmp_path.name.strip('_')}"[:60]
    write(tmp_path / "lists", {"9.0.0.yaml": LIST})
    folder = write(tmp_path / name, CODE)
    main(["--lists", str(tmp_path / "lists"), "--out", str(folder / "mlops/core/old_names.json")])
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.meta_path[:] = [finder for finder in sys.meta_path if not getattr(finder, "__module__", "").startswith(name)]
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
        del sys.modules[loaded]


def get(name: str) -> tuple[ModuleType, list[str]]:
    """Imports a module, and returns it with the warnings and where they point."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module = importlib.import_module(name)
    return module, [str(warning.message) for warning in caught if warning.category is FutureWarning]


def test_an_old_name_gives_the_new_module(package: str) -> None:
    module, warned = get(f"{package}.train")
    assert module is importlib.import_module(f"{package}.stages.fitting")
    assert warned == [f"{package}.train is now {package}.stages.fitting: the old name will go"]
    assert module.__spec__ is not None
    assert module.__spec__.name == f"{package}.stages.fitting"
    assert get(f"{package}.train") == (module, [])
    assert sys.modules[package].train is module


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("from {p} import train; x = train.Model.__module__", "{p}.stages.fitting"),
        ("from {p}.infer import draw; x = draw.rows", [1]),
        ("import {p}.infer.draw; x = {p}.infer.draw.rows", [1]),
        ("from {p}.infer.draw import rows; import {p}.inference.sampling as s; x = s.rows is rows", True),
        ("from {p}.files import write, hold; x = write() + hold()", "writtenkept"),
        ("from {p}.files import *; x = write()", "written"),
        ("from {p}.model import build, save; x = save() * build", "saved"),
        ("from {p} import model; x = model.save()", "saved"),
        ("from {p}.audit import main, entries; x = entries", []),
        ("from {p}.gone import mine as x", 1),
        ("from {p}.infer.mine import rows as x", [1]),
    ],
)
def test_each_form_of_import(statement: str, value: object, package: str) -> None:
    names: dict[str, object] = {}
    with pytest.deprecated_call() if "gone" not in statement and "mine" not in statement else warnings.catch_warnings():
        exec(statement.format(p=package), names)  # noqa: S102
    assert names["x"] == (value.format(p=package) if isinstance(value, str) else value)


@pytest.mark.parametrize(
    ("statement", "error", "sentence"),
    [
        ("import {p}.none", ModuleNotFoundError, "No module named '{p}.none'"),
        ("from {p}.files import other", ImportError, "cannot import name 'other'"),
        ("import {p}.model as m; m.other", AttributeError, "module {p}.model has no attribute 'other'"),
    ],
)
def test_what_is_no_old_name(statement: str, error: type[Exception], sentence: str, package: str) -> None:
    with pytest.raises(error, match=sentence.format(p=package)):
        exec(statement.format(p=package), {})  # noqa: S102


def test_the_warning_names_the_line_that_imports(package: str, tmp_path: Path) -> None:
    write(tmp_path / "own", {"own_code.py": f"\nfrom {package}.train import Model\n"})
    sys.path.insert(0, str(tmp_path / "own"))
    try:
        with pytest.warns(FutureWarning) as caught:
            importlib.import_module("own_code")
    finally:
        sys.path.remove(str(tmp_path / "own"))
        sys.modules.pop("own_code", None)
    assert [(Path(warning.filename).name, warning.lineno) for warning in caught] == [("own_code.py", 2)]


ALL = {"maturity": "advanced", "cloud": "aws", "kubernetes": True, "scale": "ray"}


@pytest.fixture(scope="module")
def sides(in_memory: Template, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    """Modules of a project with all options, without the package, as they were before the move and as they are."""
    before = Template(archive.unpacked(archive.released()[MOVED_FROM], tmp_path_factory.mktemp("before")))
    texts = []
    for template in (before, in_memory):
        made = template.rendering(ALL)
        below = f"src/{made.worker.answers.combined['package_name']}/"
        files = {path.removeprefix(below): made.text(path) for path in made.sources if path.startswith(below)}
        texts.append({_dotted(path): text for path, text in files.items() if path.endswith(".py")})
    return texts[0], texts[1]


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def runs(module: str, modules: dict[str, str]) -> bool:
    """Says whether `python -m` does something with a module."""
    return f"{module}.__main__" in modules or "\nif __name__ == " in modules.get(module, "")


def test_each_old_module_of_the_last_release_is_found(sides: tuple[dict[str, str], dict[str, str]]) -> None:
    before, after = sides
    modules, names, ran = table.table(table.rows(archive.ROOT / archive.MOVES))
    assert {new for old, new in modules.items() if old in before} <= after.keys()
    lost = before.keys() - after.keys() - modules.keys() - names.keys()
    assert lost == set()
    for old, places in names.items():
        for place in places.values():
            module, _, name = place.rpartition(".")
            assert name in likeness.defined(after[module]), f"{old}: {place}"
    commands = [old for old in before if runs(old, before) and not old.endswith("__main__")]
    assert len(commands) > 20
    assert {old: new for old in commands if not runs(new := ran.get(old) or modules.get(old, old), after)} == {}


def test_a_module_that_the_answers_leave_out_is_said(in_memory: Template, tmp_path: Path) -> None:
    made = in_memory.usual
    write(tmp_path / "p", {path: made.text(path) for path in made.sources if path.startswith("src/")})
    code = "import runpy, sys\nrunpy._run_module_as_main(sys.argv[1])\n"
    for old, new in (("cost", "commands.cost"), ("audit", "commands.audit"), ("prices", "mlops.cost.prices")):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, f"churn_model.{old}", "verify"],
            cwd=tmp_path / "p/src",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert f"churn_model.{old} is now churn_model.{new}: the old name will go" in done.stderr
        assert f"this project has no churn_model.{new}: its answers to the template's questions leave" in done.stderr


def test_an_old_name_can_be_run(package: str, tmp_path: Path) -> None:
    """In one interpreter, for its start is what costs: `python -m` does the same as `runpy` with these arguments."""
    code = "import json, runpy, sys\nfor name in sys.argv[1:]:\n    runpy._run_module_as_main(name)\n"
    names = [f"{package}.{name}" for name in ("train", "infer", "audit")]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "always", "-c", code, *names], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:3] == ["fit written", "infer 3", "main"], done.stderr
    assert f"{package}.train is now {package}.stages.fitting" in done.stderr


def test_the_finder_is_installed_once_and_the_table_is_small(package: str) -> None:
    importlib.import_module(package)
    names = importlib.import_module(f"{package}.mlops.core.old_names")
    before = list(sys.meta_path)
    names.install()
    assert sys.meta_path == before
    assert names.MODULES["train"] == "stages.fitting"
    assert names.MODULES["inference.draw"] == "inference.sampling"
    assert names.RUNS == {"audit": "stages.audit"}
    assert not any(name.startswith("docs") for name in names.MODULES)


def test_what_left_a_module_after_it_moved_is_found_under_both_its_names(tmp_path: Path) -> None:
    moved = "moves:\n  src/{package}/a.py: src/{package}/m/a.py\n"
    first = f"{moved}splits:\n  src/{{package}}/a.py:\n    src/{{package}}/m/b.py: [x]\n"
    second = "splits:\n  src/{package}/m/a.py:\n    src/{package}/m/c.py: [y]\n"
    modules, names, _ = table.table(table.rows(write(tmp_path / "lists", {"9.0.0.yaml": first, "9.1.0.yaml": second})))
    assert modules == {"a": "m.a"}
    assert names == {old: {"x": "m.b.x", "y": "m.c.y"} for old in ("a", "m.a")}


def test_without_moves_there_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has no list of moves"):
        main(["--lists", str(tmp_path), "--out", str(tmp_path / "old_names.json")])
    assert list(tmp_path.iterdir()) == []


def test_the_table_of_the_template_is_that_of_its_lists() -> None:
    listed = table.rows(archive.ROOT / archive.MOVES)
    assert MODULE.with_suffix(".json").read_text(encoding="utf-8") == table.text(listed), (
        "run PYTHONPATH=hooks uv run python -m release.old_names"
    )
