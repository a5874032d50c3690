"""An update is done by the guard of the version that is updated to, out of the recorded source, without tokens."""

import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest
from release import archive
from source import handover
from support.guard_process import Inner
from support.small_template import named, source
from support.template_origin import ROOT, SECOND, files, git, put

GUARD = ROOT / "template/tools/template"
PLACE = "tools/template/main.py"
# Says what it was started with, and ends as it is told to.
OTHER = """# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
import json, os, sys
GENERATION = 99

open(os.environ.pop("TEMPLATE_UPDATE_STARTED"), "w").close()
json.dump({"arguments": sys.argv[1:], "environment": sorted(os.environ), "from": __file__}, sys.stderr)
sys.exit(CODE)
"""


def other(code: int = 0, generation: int = 99) -> str:
    """The text of another guard."""
    assert "\nGENERATION = 99\n" in OTHER
    return OTHER.replace("CODE", str(code)).replace("GENERATION = 99", f"\nGENERATION = {generation}")


@pytest.fixture
def handed(small: Inner, capfd: pytest.CaptureFixture[str]) -> Inner:
    """A project whose next release has another guard."""
    small.origin.release(SECOND, named({PLACE: other(3), "docs/new.md": "new\n"}))
    put(small.origin.path, named({PLACE: "raise SystemExit('not this one')"}))
    capfd.readouterr()
    return small


def told(capfd: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """What the other guard was started with."""
    found: dict[str, list[str]] = json.loads(capfd.readouterr().err)
    return found


def test_the_other_guard_gets_the_arguments_and_decides(handed: Inner, capfd: pytest.CaptureFixture[str]) -> None:
    done = handed.guard("update", "--dry-run", "--data", "description=a b", GH_TOKEN="t", FOO="x")  # noqa: S106
    assert done.returncode == 3
    assert f"handed over to the guard of version {SECOND}" in done.stderr
    found = told(capfd)
    where = ["--project", str(handed.path), "--template", str(handed.origin.path), "--to", SECOND]
    assert found["arguments"] == ["update", "--dry-run", "--data", "description=a b", *where]
    assert not {"GH_TOKEN", "FOO", "TEMPLATE_UPDATE_STARTED"} & set(found["environment"])
    assert {"PATH", "HOME"} <= set(found["environment"])
    assert not (handed.path / "docs/new.md").exists()


def test_a_version_by_name(handed: Inner, capfd: pytest.CaptureFixture[str]) -> None:
    handed.guard("update", "--to", SECOND)
    assert told(capfd)["arguments"].count("--to") == 1


def test_the_source_is_cloned_once(handed: Inner, capfd: pytest.CaptureFixture[str]) -> None:
    source(handed, f"file://{handed.origin.path}")
    handed.guard("update")
    arguments = told(capfd)["arguments"]
    assert Path(arguments[arguments.index("--template") + 1]).name == "clone"


def test_hooks_come_first(handed: Inner, capfd: pytest.CaptureFixture[str]) -> None:
    """The place of the guard once it has left the projects."""
    handed.origin.release("3.0.0", {"hooks/update/main.py": other(0), f"template/{PLACE}": other(3)})
    assert handed.guard("update").returncode == 0
    assert str(told(capfd)["from"]).endswith("guard/hooks/update/main.py")


@pytest.mark.parametrize("generation", [handover.GENERATION, 0])
def test_the_same_and_an_older_guard_are_not_asked(generation: int, small: Inner) -> None:
    small.origin.release(SECOND, named({PLACE: other(1, generation), "docs/new.md": "new\n"}))
    assert small.update() == {".copier-answers.yml": "changed", PLACE: "added", "docs/new.md": "added"}


def test_a_user_may_refuse_it(handed: Inner) -> None:
    assert handed.update("--own-guard")["docs/new.md"] == "added"


def test_who_was_handed_an_update_keeps_it(handed: Inner, tmp_path: Path) -> None:
    assert handed.update(TEMPLATE_UPDATE_STARTED=str(tmp_path / "started"))["docs/new.md"] == "added"
    assert (tmp_path / "started").exists()


@pytest.mark.parametrize("broken", ['requires-python = ">=99"', "dependencies = ['no-such-package-here']"])
def test_what_can_not_be_started_changes_nothing(broken: str, small: Inner) -> None:
    """Codes of uv are not those of a guard: 2 is a failure there, and nothing to do here."""
    text = re.sub(r"requires-python.*|dependencies.*", "", other()).replace(
        "# /// script\n", f"# /// script\n# {broken}\n"
    )
    small.origin.release(SECOND, named({PLACE: text}))
    sentence = small.refused("update", UV_OFFLINE="1")
    assert f"the guard of version {SECOND} could not be started, see above: `--own-guard` does it without" in sentence


def test_a_guard_that_leads_out_of_its_folder_is_not_unpacked(small: Inner) -> None:
    put(small.origin.path, named({PLACE: other()}))
    (small.origin.path / "template/tools/template/evil").symlink_to("/etc")
    small.origin.release(SECOND, {})
    assert "has a file that leads out of its folder" in small.refused("update")


@pytest.mark.e2e
def test_a_whole_update_by_the_guard_of_the_target(small: Inner) -> None:
    """This working tree's guard as that of the next release, started by uv as a user's is."""
    folder = small.origin.path / "template/tools/template"
    shutil.copytree(GUARD, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "source/handover.py").read_text()
    (folder / "source/handover.py").write_text(text.replace("GENERATION = 1\n", "GENERATION = 2\n"))
    small.origin.release(SECOND, named({"docs/new.md": "new\n"}))
    done = small.guard("update")
    assert done.returncode == 0, done.stderr
    assert f"handed over to the guard of version {SECOND}" in done.stderr
    assert small.read("docs/new.md") == "new\n"
    assert small.read("tools/template/source/handover.py").count("GENERATION = 2\n") == 1
    assert f"_commit: {SECOND}\n" in small.read(".copier-answers.yml")
    assert git(small.path, "status", "--porcelain").splitlines()[0] == "M  .copier-answers.yml"


def test_a_guard_that_differs_has_another_generation(tmp_path: Path) -> None:
    """Else a project that has the last release would not hand over to this one."""
    newest = list(archive.released().values())[-1]
    with tarfile.open(newest) as packed:
        packed.extractall(tmp_path, filter="data")
    before, now = (
        {name: text for name, text in files(folder).items() if "__pycache__" not in name}
        for folder in (tmp_path / "template/tools/template", GUARD)
    )
    numbers = re.findall(rb"^GENERATION = (\d+)$", b"".join(before.values()), re.MULTILINE)
    assert before == now or int(numbers[0] if numbers else 0) < handover.GENERATION
