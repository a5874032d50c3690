"""What an update leaves is checked before it is written: markers, syntax, own imports, the lock file."""

import subprocess
from pathlib import Path

import pytest
from content.checking import check
from content.imports import lost, names
from content.locking import stale
from support.guard_process import Inner
from support.small_template import FILES, named
from support.template_origin import SECOND, commit, git

SOURCE = "src/{{package_name}}"
OWN = "src/churn_model/own.py"


def told(small: Inner) -> str:
    """Updates to what needs a person, and returns the report."""
    done = small.guard("update")
    assert done.returncode == 3, done.stdout + done.stderr
    return done.stdout


def test_an_own_module_that_loses_what_it_imports_is_named(small: Inner) -> None:
    small.work({OWN: "from .split import split\n\nfrom churn_model import train\n\nDO = (split, train)\n"})
    small.origin.release(SECOND, named({f"{SOURCE}/split.py": None}))
    assert f"check     {OWN}: imports split from churn_model.split, which is not there after this update" in told(small)


def test_a_name_that_is_gone_is_named(small: Inner) -> None:
    small.work({"tests/test_own.py": "from churn_model.split import split\n\nassert split\n"})
    small.origin.release(
        SECOND, named({f"{SOURCE}/split.py": '"""Splits."""\n\n\ndef cut() -> None:\n    """Cuts."""\n'})
    )
    assert "check     tests/test_own.py: imports split from churn_model.split" in told(small)


def test_an_import_that_never_resolved_is_not_the_updates_fault(small: Inner) -> None:
    small.work({OWN: "from .nowhere import x\nfrom .split import y\n\nDO = (x, y)\n"})
    small.origin.release(SECOND, named({f"{SOURCE}/split.py": '"""Splits."""\n'}))
    small.update()


def test_a_merge_that_does_not_compile(small: Inner) -> None:
    text = "".join(f"a{number} = {number}\n" for number in range(9))
    small.origin.release("1.1.0", named({f"{SOURCE}/many.py": text}))
    small.update()
    commit(small.path)
    small.work({"src/churn_model/many.py": text.replace("a8 = 8\n", "a8 = 8\nif a8:\n    pass\n")})
    small.origin.release(SECOND, named({f"{SOURCE}/many.py": "if (\n" + text}))
    assert "check     src/churn_model/many.py: does not compile" in told(small)


def test_markers_that_were_committed_are_named(small: Inner) -> None:
    small.work(
        {"docs/guide.md": "<<<<<<< yours\nours\n=======\n>>>>>>> template-1.0.0\n" + small.read("docs/guide.md")}
    )
    text = FILES["docs/guide.md"] + "more\n"
    small.origin.release(SECOND, named({"docs/guide.md": text}))
    assert "check     docs/guide.md: line 1 is a conflict marker that was committed: resolve it" in told(small)


def entries(files: dict[str, str], scratch: Path) -> dict[str, tuple[str, str]]:
    """Stores texts, and returns them as entries of a tree."""
    found = {}
    for path, text in files.items():
        done = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],  # noqa: S607
            cwd=scratch,
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        found[path] = ("100644", done.stdout.strip())
    return found


def test_conflicts_of_this_update_are_said_once(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    before = entries({"a.py": "a = 1\n", "b.py": "import a\n"}, tmp_path)
    after = entries({"a.py": "<<<<<<< yours\n", "b.py": "import a\n"}, tmp_path)
    assert check(before, after, ["a.py"], tmp_path) == {}
    assert check(before, after, [], tmp_path) == {"a.py": "line 1 is a conflict marker that was committed: resolve it"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = b, (c, *d) = 1\ne: int = 2\n", {"a", "b", "c", "d", "e"}),
        ("import x.y as z, os.path\nfrom . import q\n", {"z", "os", "q"}),
        ("try:\n    import fast\nexcept ImportError:\n    fast = None\nif 1:\n    def f(): inner = 1\n", {"fast", "f"}),
        ("from .all import *\n", {"*"}),
        ("def __getattr__(name): ...\n", {"*"}),
        ("class A:\n    b = 1\n", {"A"}),
        ("def (", {"*"}),
    ],
)
def test_names_of_a_module(text: str, found: set[str]) -> None:
    assert names(text.encode()) == found


def test_imports_that_resolve(tmp_path: Path) -> None:
    files = {
        "src/p/__init__.py": "from .a import one\n",
        "src/p/a.py": "one = two = 1\n",
        "src/p/deep/b.py": "from ..a import two\nfrom .. import one, a\nfrom . import c\nfrom .c import *\n",
        "src/p/deep/c.py": "import p.deep.b\nimport os.path\nfrom p.a import one\nfrom p.deep import b\n",
        "tests/test_a.py": "from p import deep\nfrom .helper import h\n",
        "tests/helper.py": "h = 1\n",
    }
    before = {path: text.encode() for path, text in files.items()}
    after = {**before, "src/p/a.py": b"one = 1\n"}
    sentence = "imports two from p.a, which is not there after this update"
    assert lost(before, after, {"src/p/a.py"}, set()) == {"src/p/deep/b.py": sentence}
    assert lost(before, before, set(before), set()) == {}


LOCKED = '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'


def test_a_lock_is_stale_where_dependencies_differ(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")

    def of(text: str) -> dict[str, tuple[str, str]]:
        return entries({"pyproject.toml": text, "uv.lock": "", "dags/pyproject.toml": text, "a.toml": text}, tmp_path)

    one = of(LOCKED)
    assert stale(one, of(LOCKED + "[tool.ruff]\nline-length = 1\n"), tmp_path) == []
    assert stale(one, of(LOCKED.replace("[]", '["x"]')), tmp_path) == ["uv.lock"]
    assert stale(one, of(LOCKED + '[tool.uv]\nexclude-newer = "2026-01-01"\n'), tmp_path) == ["uv.lock"]
    assert stale(one, of("<<<<<<< yours\n"), tmp_path) == ["uv.lock"]


def release_with(small: Inner, dependency: str) -> None:
    """Releases a version with a dependency more."""
    text = FILES["pyproject.toml.jinja"].replace("dependencies = []", f'dependencies = ["{dependency}"]')
    small.origin.release(SECOND, named({"pyproject.toml.jinja": text}))


def locked(small: Inner) -> None:
    """Locks the project, and commits that."""
    subprocess.run(["uv", "lock", "--quiet", "--offline"], cwd=small.path, check=True)  # noqa: S607
    commit(small.path)


def test_the_lock_file_is_part_of_the_update(small: Inner) -> None:
    """With a dependency on a folder, so that no index is needed."""
    small.work({"own/pyproject.toml": LOCKED.replace('"p"', '"own"')})
    locked(small)
    text = FILES["pyproject.toml.jinja"].replace("[]", '["own"]') + '[tool.uv.sources]\nown = {path = "own"}\n'
    small.origin.release(SECOND, named({"pyproject.toml.jinja": text}))
    dry = small.guard("update", "--dry-run", UV_OFFLINE="1")
    assert "warning   uv.lock will be locked again: dependencies change" in dry.stdout
    assert small.update(UV_OFFLINE="1")["uv.lock"] == "changed"
    assert 'name = "own"' in small.read("uv.lock")
    assert git(small.path, "status", "--porcelain", "uv.lock") == "M  uv.lock\n"
    subprocess.run(["uv", "lock", "--check", "--quiet", "--offline"], cwd=small.path, check=True)  # noqa: S607


def test_what_can_not_be_locked_is_one_sentence(small: Inner) -> None:
    locked(small)
    release_with(small, "no-such-package-here>=7")
    done = small.guard("update", UV_OFFLINE="1")
    assert done.returncode == 3
    said = [line for line in done.stdout.splitlines() if "uv.lock" in line]
    assert len(said) == 1
    assert "check     uv.lock: doesn't fit the new dependencies of pyproject.toml: run `uv lock` (it failed" in said[0]


def test_a_project_without_a_lock_file_gets_none(small: Inner) -> None:
    release_with(small, "no-such-package-here>=7")
    assert "uv.lock" not in small.update()


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_a_lock_file_that_the_project_keeps_stays(option: tuple[str, ...], small: Inner) -> None:
    locked(small)
    text = "# ours\n" + small.read("uv.lock")
    small.work({".template-keep.yml": "keep:\n  - uv.lock\n", "uv.lock": text})
    small.origin.release(
        SECOND, named({"pyproject.toml.jinja": FILES["pyproject.toml.jinja"].replace("0.1.0", "0.2.0")})
    )
    done = small.guard("update", *option, UV_OFFLINE="1")
    assert done.returncode == 0, done.stdout
    said = "uv.lock stays as you have it, and dependencies change: bring it up to date yourself"
    assert [line for line in done.stdout.splitlines() if "uv.lock" in line] == [f"  warning   {said}"]
    assert small.read("uv.lock") == text


def test_a_merge_driver_of_the_clone_takes_no_part(small: Inner) -> None:
    """As `make setup` installs one: an update merges lines, whatever git does with the file in a merge of branches."""
    small.work({"docs/guide.md": "mine\n" + FILES["docs/guide.md"], ".gitattributes": "* merge=mlops-made\n"})
    git(small.path, "config", "merge.mlops-made.driver", "touch called; false")
    small.origin.release(SECOND, named({"docs/guide.md": FILES["docs/guide.md"] + "theirs\n"}))
    small.update()
    assert small.read("docs/guide.md") == f"mine\n{FILES['docs/guide.md']}theirs\n"
    assert not (small.path / "called").exists()
