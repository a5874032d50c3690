"""The rehearsal of a release: an edited project goes through the guard and through plain Copier, and is counted."""

import shutil
from pathlib import Path

from packaging.version import Version
from release.rehearsal import rehearse
from release.step import Last, Step
from release.template import Template
from support.hostile_releases import Change, added, both, file, renamed
from support.rendered_project import ROOT

PACKAGE = "template/src/{{package_name}}"
CONFIG = """
_subdirectory: template
_envops: {undefined: jinja2.StrictUndefined, keep_trailing_newline: true}
_skip_if_exists: [src/*/schema.py]
_exclude: [.git]
package_name: {type: str, default: churn}
"""
LONG = (
    "def {0}() -> None:\n    print('a line that is longer than a team wants it to be, for sure: {0}, {0}, {0}, {0}')\n"
)
FILES = {
    "copier.yml": CONFIG,
    "template/{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers | to_nice_yaml }}",
    "template/README.md": "# Template's\n\nRead it.\n",
    "template/docs/runbook.md": "Run.\n",
    "template/params.yaml": "a: 1\n",
    f"{PACKAGE}/schema.py": "A = 1\n",
    f"{PACKAGE}/train.py": LONG.format("train"),
    f"{PACKAGE}/score.py": LONG.format("score"),
    f"{PACKAGE}/plots.py": "def plot() -> None:\n    pass\n\n\ndef draw() -> None:\n    pass\n",
}


def template(where: Path, *changes: Change) -> Template:
    """A small template with the guard of this working tree, changed."""
    for name, text in FILES.items():
        file(name, text)(where)
    shutil.copytree(ROOT / "hooks/update", where / "hooks/update", ignore=shutil.ignore_patterns("__pycache__"))
    both(*changes)(where)
    return Template(where)


def rehearsed(room: Path, *changes: Change) -> tuple[list[str], list[str]]:
    """What is said of a release with these changes, and its churn."""
    for name in ("old", "new", "rehearsal"):
        (room / name).mkdir()
    last = Last(template(room / "old"), Version("1.0.0"))
    findings, lines = rehearse(Step(last, template(room / "new", *changes)), None, room / "rehearsal")
    return [str(finding) for finding in findings], lines


def test_what_a_team_wrote_is_looked_for_and_conflicts_are_counted(tmp_path: Path) -> None:
    findings, lines = rehearsed(
        tmp_path,
        file("template/README.md", "# Template's\n\nRead this.\n"),
        file(f"{PACKAGE}/train.py", old="longer", new="wider"),
        file("template/docs/runbook.md", "Run it.\n"),
        file("template/params.yaml"),
        renamed(f"{PACKAGE}/plots.py", f"{PACKAGE}/evaluation/plots.py"),
        file(
            "hooks/release/moves/1.1.0.yaml", "moves: {'src/{package}/plots.py': 'src/{package}/evaluation/plots.py'}"
        ),
    )
    assert findings == [
        "params.yaml: has an edit that is nowhere after `copier update`; keep the path, list its move in "
        "hooks/release/moves/<version>.yaml, or list it in `_exclude`."
    ]
    assert lines[0] == "churn: 3 files change, 1 come, 1 move"
    assert lines[1].startswith("churn of make update: ")
    assert lines[2].startswith("churn of copier update: 1 of ")
    assert lines[2].endswith("conflict that a team formatted its way; of the files that a team wrote itself: README.md")
    assert lines[3] == "copier update deletes the edits in 1 files that move: only the guard carries them along"


def test_a_guard_that_breaks_and_a_copier_that_crashes(tmp_path: Path) -> None:
    findings, _ = rehearsed(
        tmp_path,
        file("hooks/update/planning.py", "raise RuntimeError('no plan')\n"),
        added("_skip_if_exists", ["src/{{ package_name }}/features.py"]),
    )
    assert findings == [
        "`make update`: fails in an edited project (RuntimeError: no plan); correct what it names.",
        "`copier update`: fails in an edited project (jinja2.exceptions.UndefinedError: 'package_name' is undefined); "
        "correct what it names.",
    ]
