"""Old names of modules work after a release that moved them: no files at the old paths, one warning a name."""

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from release.old_names import runtime, table
from release.old_names.__main__ import main
from release.template import Template
from support import moved_release
from support.guard_modules import write

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
    "__init__.py": "from . import old_names\n\nold_names.install()\n",
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
    main(["--lists", str(tmp_path / "lists"), "--out", str(folder / "old_names.py")])
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
    return module, [str(warning.message) for warning in caught if warning.category is DeprecationWarning]


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
        with pytest.warns(DeprecationWarning) as caught:
            importlib.import_module("own_code")
    finally:
        sys.path.remove(str(tmp_path / "own"))
        sys.modules.pop("own_code", None)
    assert [(Path(warning.filename).name, warning.lineno) for warning in caught] == [("own_code.py", 2)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_the_synthetic_release(in_memory: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path: in_memory.usual.text(path) for path in in_memory.usual.sources if path.startswith("src/")}
    root, listed = "src/churn_model", table.guard("moves.lists").parse(moved_release.listed(), "9.0.0")
    new = moved_release.moved(files, "churn_model") | {f"{root}/old_names.py": table.text(listed)}
    new[f"{root}/__init__.py"] += "\nfrom . import old_names\n\nold_names.install()\n"
    write(tmp_path / "p", new)
    monkeypatch.syspath_prepend(tmp_path / "p/src")
    try:
        for old, room in (("paths", "core"), ("roles", "data"), ("schema", "data")):
            module = importlib.import_module(f"churn_model.{old}")
            assert module is importlib.import_module(f"churn_model.{room}.{old}")
        roles = importlib.import_module("churn_model.roles")
        assert importlib.import_module("churn_model.schema").Id is roles.Id
        assert not (tmp_path / "p" / root / "roles.py").exists()
    finally:
        sys.meta_path[:] = [one for one in sys.meta_path if getattr(one, "__module__", "") != "churn_model.old_names"]
        for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == "churn_model"]:
            del sys.modules[loaded]


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
    names = importlib.import_module(f"{package}.old_names")
    before = list(sys.meta_path)
    names.install()
    assert sys.meta_path == before
    assert names.MODULES["train"] == "stages.fitting"
    assert names.MODULES["inference.draw"] == "inference.sampling"
    assert names.RUNS == {"audit": "stages.audit"}
    assert not any(name.startswith("docs") for name in names.MODULES)


def test_without_moves_there_is_no_module(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has no list of moves"):
        main(["--lists", str(tmp_path), "--out", str(tmp_path / "old_names.py")])
    assert list(tmp_path.iterdir()) == []
    assert (runtime.MODULES, runtime.NAMES, runtime.RUNS) == ({}, {}, {})
    template = table.archive.ROOT / "template/src/{{package_name}}"
    assert (template / "old_names.py").exists() == bool(list((table.archive.ROOT / table.archive.MOVES).glob("*.yaml")))
