"""Bytecode that a session compiled once reaches virtual environments that are made later, where it fits."""

import os
import py_compile
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from support.bytecode import Bytecode


def environment(folder: Path, *packages: str) -> Path:
    """Returns an environment with packages of one module, equal to the time."""
    for package in packages:
        module = folder / "lib/site-packages" / package / "module.py"
        module.parent.mkdir(parents=True)
        module.write_text("a = 1\n", encoding="utf-8")
        os.utime(module, (1_000_000_000, 1_000_000_000))
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Bytecode:
    """What an environment with two packages compiled."""
    first = environment(tmp_path / "first", "one", "two")
    for module in first.rglob("module.py"):
        py_compile.compile(str(module))
    bytecode = Bytecode(tmp_path / "session/bytecode")
    bytecode.keep(first)
    return bytecode


def test_what_is_installed_gets_its_bytecode_and_nothing_else_appears(kept: Bytecode, tmp_path: Path) -> None:
    later = environment(tmp_path / "later", "two", "three")
    kept.lend(later)
    assert {path.parent.parent.name for path in later.rglob("*.pyc")} == {"two"}
    assert not (later / "lib/site-packages/one").exists()
    lent = Path(cache_from_source(str(later / "lib/site-packages/two/module.py")))
    assert lent.samefile(next(kept.folder.rglob("two/__pycache__/*.pyc")))


def test_what_an_environment_compiled_itself_stays(kept: Bytecode, tmp_path: Path) -> None:
    later = environment(tmp_path / "later", "one")
    own = Path(py_compile.compile(str(next(later.rglob("module.py"))), doraise=True) or "")
    before = own.stat().st_ino
    kept.lend(later)
    kept.keep(later)
    assert own.stat().st_ino == before


def test_nothing_is_lent_before_something_is_kept(tmp_path: Path) -> None:
    later = environment(tmp_path / "later", "one")
    Bytecode(tmp_path / "nothing").lend(later)
    assert not list(later.rglob("*.pyc"))
