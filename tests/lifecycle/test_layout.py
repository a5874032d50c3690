"""Layout makes no conflicts: another line length, line ends of Windows."""

import shutil
import subprocess
from pathlib import Path

import pytest
from ruff import find_ruff_bin
from support.guard_process import Inner
from support.small_template import TRAIN, named
from support.template_origin import SECOND, commit, git, make, put

PATH = "src/churn_model/train.py"
SOURCE = "src/{{package_name}}/train.py"
NEW = (
    '"""New."""\n\nTEXTS = ["one text of some length", "another text of some length", "a third", "a fourth one, too"]\n'
)


def ruff(folder: Path, length: int) -> None:
    """Formats a project's Python, as its team does."""
    command = [find_ruff_bin(), "format", "--quiet", "--isolated", "--line-length", str(length), "src"]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603
    commit(folder)


def changed() -> str:
    """The file as the next release has it: a change in a line that a shorter line length breaks."""
    return TRAIN.replace("rounds: int,", "rounds: int, seed: int = 0,").replace(
        '"""Trains."""', '"""Trains a model."""'
    )


@pytest.mark.parametrize("said", ["ruff", "black", "nothing"])
def test_a_reformatted_project_has_no_conflict(said: str, small: Inner) -> None:
    text = small.read("pyproject.toml")
    config = {"ruff": text.replace("120", "88"), "black": text + "\n[tool.black]\n", "nothing": text}
    small.work({"pyproject.toml": config[said]})
    ruff(small.path, 88)
    assert small.read(PATH) != TRAIN
    small.origin.release(SECOND, named({SOURCE: changed(), "src/{{package_name}}/new.py": NEW}))
    verdicts = small.update()
    assert verdicts[PATH] in ("changed", "merged")
    assert "    seed: int = 0,\n" in small.read(PATH)
    # Where the settings don't say it, one file is too few to give the layout to all.
    assert ("TEXTS = [\n" in small.read("src/churn_model/new.py")) is (said != "nothing")
    before = small.read(PATH)
    commit(small.path)
    ruff(small.path, 88)
    assert small.read(PATH) == before


def test_an_edit_in_a_reformatted_file_is_merged(small: Inner) -> None:
    ruff(small.path, 88)
    small.work({PATH: small.read(PATH) + "\n\nOURS = 1\n"})
    small.origin.release(SECOND, named({SOURCE: changed()}))
    assert small.update()[PATH] == "merged"
    assert "OURS = 1" in small.read(PATH)
    assert "    seed: int = 0,\n" in small.read(PATH)


def test_a_project_that_has_the_templates_layout_keeps_it(small: Inner) -> None:
    small.work({PATH: TRAIN + "\n\nOURS = 1\n"})
    small.origin.release(SECOND, named({SOURCE: changed(), "src/{{package_name}}/new.py": NEW}))
    small.update()
    assert small.read(PATH) == changed() + "\n\nOURS = 1\n"
    assert small.read("src/churn_model/new.py") == NEW


def test_one_line_that_was_broken_by_hand_is_no_layout(small: Inner) -> None:
    broken = (
        '"""Splits."""\n\n\ndef split() -> None:\n    """Splits."""\n    assert isinstance(\n        1, int\n    )\n'
    )
    small.work({"src/churn_model/split.py": broken})
    small.origin.release(SECOND, named({SOURCE: changed(), "src/{{package_name}}/new.py": NEW}))
    small.update()
    assert small.read(PATH) == changed()
    assert small.read("src/churn_model/new.py") == NEW


def test_line_ends_of_windows(small: Inner) -> None:
    names = [PATH, "docs/guide.md", "params.yaml"]
    small.work({".gitattributes": "* -text\n", **{name: small.read(name).replace("\n", "\r\n") for name in names}})
    small.work({"docs/guide.md": (small.path / "docs/guide.md").read_bytes() + b"ours\r\n"})
    guide = small.origin.read("template/docs/guide.md").replace("line 3\n", "line three\n")
    small.origin.release(
        SECOND, named({SOURCE: changed(), "docs/guide.md": guide, "params.yaml": "rate: 0.2\nrounds: 10\n"})
    )
    assert set(small.update().values()) == {"changed", "merged"}
    assert (small.path / "params.yaml").read_bytes() == b"rate: 0.2\r\nrounds: 10\r\n"
    found = (small.path / "docs/guide.md").read_bytes()
    assert b"line three\r\n" in found
    assert found.endswith(b"line 19\r\nours\r\n")
    assert (small.path / PATH).read_bytes() == changed().replace("\n", "\r\n").encode()


def test_what_can_not_be_formatted_is_compared_as_it_is(small: Inner) -> None:
    small.work({PATH: TRAIN + "def (\n", "pyproject.toml": small.read("pyproject.toml") + "[tool.ruff.lint\n"})
    small.origin.release(SECOND, named({SOURCE: changed()}))
    assert small.update()[PATH] == "merged"
    assert small.read(PATH) == changed() + "def (\n"


def test_attributes_above_the_project_hold_for_new_files(small: Inner, tmp_path: Path) -> None:
    top = tmp_path / "top"
    small.origin.release("1.1.0", named({".gitattributes": "*.txt text\n"}))
    make(small.origin, top / "a/b", "1.1.0")
    shutil.rmtree(top / "a/b/.git")
    git(top, "init", "--quiet")
    git(top, "config", "filter.rot.clean", "tr a-y b-z")
    git(top, "config", "filter.rot.smudge", "tr b-z a-y")
    put(top, {".gitattributes": "*.md text eol=crlf\n", "a/.gitattributes": "*.txt filter=rot\n"})
    commit(top)
    more = {".gitattributes": "*.txt text\n*.x text\n", "docs/n.txt": "bcd\n", "docs/n.md": "one\ntwo\n"}
    small.origin.release(SECOND, named(more))
    Inner(top / "a/b", small.origin).update()
    assert (top / "a/b/docs/n.txt").read_bytes() == b"abc\n"
    assert (top / "a/b/docs/n.md").read_bytes() == b"one\r\ntwo\r\n"
    assert git(top, "diff", "--name-only") == ""
