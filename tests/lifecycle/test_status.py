"""What a status says about the paths that a template retired: parked, or simply no longer there."""

import json
from typing import Any

import tables
from support.guard_process import Inner
from support.small_template import COPIER, FILES, named
from support.template_origin import SECOND, commit, put

OLD = "src/churn_model/train.py"
# As releases write it that move a file: one line with an expression, and one that is plain.
PARKED = COPIER + '_exclude: ["*.py[co]", "__pycache__", "src/{{ package_name }}/train.py", docs/old.md, .*_cache]\n'


def status(project: Inner) -> dict[str, Any]:
    """What the guard says."""
    found: dict[str, Any] = json.loads(project.guard("status", "--json").stdout)
    return found


def test_parked_paths_are_seen_however_they_are_written(small: Inner) -> None:
    small.work({OLD: small.read(OLD) + "# ours\n", "docs/old.md": "ours\n", "docs/mine.md": "ours\n"})
    moved = {
        "src/{{package_name}}/train.py": None,
        "src/{{package_name}}/fit.py": FILES["src/{{package_name}}/train.py"],
    }
    small.origin.release(SECOND, {"copier.yml": PARKED, **named(moved)})
    small.update(code=3)
    # As `copier update` leaves it: the old file stays, edits and all, and nothing imports it.
    small.work({OLD: "# ours\n", "a.pyc": b"\0", ".ours_cache/x": "x\n"})
    found = status(small)
    assert found["parked"] == ["docs/old.md", OLD]
    assert found["retired"] == []
    assert f"  parked    {OLD}" in small.guard("status").stdout


def test_what_the_template_no_longer_has_is_seen(small: Inner) -> None:
    small.work({"docs/old.md": "ours\n", "docs/mine.md": "ours\n", "src/churn_model/split.py": "ours = 1\n"})
    gone = {"docs/old.md": None, "src/{{package_name}}/split.py": None, "params.yaml": None}
    small.origin.release(SECOND, named(gone))
    small.update(code=3)
    commit(small.path)
    found = status(small)
    assert found["retired"] == ["docs/old.md", "src/churn_model/split.py"]
    assert "2 retired" in small.guard("status").stdout
    small.origin.release("3.0.0", named({"docs/old.md": "back\n"}))
    small.update(code=3)
    commit(small.path)
    assert status(small)["retired"] == ["src/churn_model/split.py"]


def test_a_file_of_another_option_is_not_retired(small: Inner) -> None:
    small.work({"deploy/where.txt": "ours\n"})
    assert status(small)["retired"] == []


PART = "src/{{package_name}}/mlops"
HERE = "src/churn_model/mlops"


def fence(project: Inner) -> str:
    """The line about the template's folder; nothing where there is none."""
    lines = project.guard("status").stdout.splitlines()
    return "".join(line for line in lines if line.startswith("mlops/"))


def test_a_line_says_whether_the_templates_folder_is_untouched(small: Inner) -> None:
    assert fence(small) == ""
    assert status(small)["fence"] is None
    part = {f"{PART}/{name}.py": f'"""{name}."""\n' for name in "abcde"}
    small.origin.release(SECOND, named({**part, f"{PART}/core/{{{{project_name}}}}.py": "", ".gitignore": "*.pyc\n"}))
    small.update()
    commit(small.path)
    small.work({"src/churn_model/train.py": "ours\n"})
    put(small.path, {f"{HERE}/a.pyc": b"\0"})
    assert fence(small) == f"mlops/: untouched, equals {SECOND}"
    assert status(small)["fence"] == {"folder": f"{HERE}/", "version": SECOND, "changed": []}

    put(small.path, {f"{HERE}/a.py": "ours\n"})  # not even committed
    assert fence(small) == f"mlops/: changed, differs from {SECOND} in {HERE}/a.py"
    put(small.path, {f"{HERE}/b.py": None, f"{HERE}/own.py": "", f"{HERE}/core/own.py": ""})
    said = f"mlops/: changed, differs from {SECOND} in {HERE}/a.py, {HERE}/b.py, {HERE}/core/own.py and 1 more"
    assert fence(small) == said
    commit(small.path)
    assert fence(small) == said
    shown = dict(zip((*tables.COLUMNS["status"], "error"), tables.cells("status", status(small)), strict=True))
    assert shown["fence"] == f"4 changed: {HERE}/a.py, {HERE}/b.py, {HERE}/core/own.py, {HERE}/own.py"
