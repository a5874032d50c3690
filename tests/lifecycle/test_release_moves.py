"""Lists of moves: a release that moves files by them is safe; a row that does not fit is refused with its sentence."""

from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from release import archive, migrations, move_list, rules
from release.move_list import Moves
from release.rules.moving import lists, rows
from release.step import Last, Step
from release.template import Template
from support.hostile_releases import PACKAGE, added, both, file, listed, module, setting
from support.rendered_project import ROOT

VERSION = Version("0.5.0")
P = "src/{package}"
MOVES = {
    f"{P}/stages/train.py": f"{P}/training/train.py",
    f"{P}/schema.py": f"{P}/data/schema.py",
    f"{P}/stage.py": f"{P}/core/runner.py",
}
SPLITS: dict[str, Any] = {
    f"{P}/stage.py": {f"{P}/core/errors.py": ["Refusal"]},
    f"{P}/plots.py": {f"{P}/evaluation/curves.py": [{"first": "one"}], f"{P}/evaluation/bars.py": ["second"]},
}
PLOTS = "def first() -> None:\n    pass\n\n\ndef second() -> None:\n    pass\n"
STAGE = "class Refusal(Exception):\n    pass\n\n\ndef run() -> None:\n    pass\n\n\ndef tell() -> None:\n    pass\n"
CHANGES = both(
    module("stages/train.py", "training/train.py"),
    module("schema.py", "data/schema.py"),
    module("stage.py", "core/runner.py", lambda text: text.replace("class Refusal", "class _Refusal")),
    file(f"{PACKAGE}/core/errors.py", "class Refusal(Exception):\n    pass\n"),
    file(f"{PACKAGE}/plots.py"),
    file(f"{PACKAGE}/evaluation/curves.py", "def one() -> None:\n    pass\n"),
    file(f"{PACKAGE}/evaluation/bars.py", "def second() -> None:\n    pass\n"),
    added("_skip_if_exists", ["src/*/data/schema.py"], without="src/*/schema.py"),
)


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Last:
    """The template as it is, with two modules of two definitions."""
    made = archive.unpacked(ROOT, tmp_path_factory.mktemp("last"))
    both(file(f"{PACKAGE}/plots.py", PLOTS), file(f"{PACKAGE}/stage.py", STAGE))(made)
    return Last(Template(made), VERSION)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that moves three modules, one of them the project's own, and splits two."""
    made = archive.unpacked(ROOT, tmp_path_factory.mktemp("moved"))
    both(file(f"{PACKAGE}/plots.py", PLOTS), file(f"{PACKAGE}/stage.py", STAGE))(made)
    both(CHANGES, listed(MOVES, SPLITS))(made)
    return made


@pytest.fixture(scope="module")
def step(last: Last, folder: Path) -> Step:
    """The step to it."""
    return Step(last, Template(folder))


def sentences(*said: Any) -> list[str]:
    """Findings as they are printed."""
    return sorted({str(finding) for findings in said for finding in findings})


def test_listed_moves_are_safe(step: Step) -> None:
    listed_moves = lists.moved(step.last, step.new)
    assert listed_moves.moves == MOVES
    assert listed_moves.splits[f"{P}/plots.py"][f"{P}/evaluation/curves.py"] == {"first": "one"}
    assert sentences(rules.findings(step.new, step.last, "0.6.0", "", migrations)) == []


ROWS = [
    (
        {f"{P}/trian.py": f"{P}/training/train.py"},
        f"move of {P}/trian.py: was not rendered by the last release; "
        "write it as a project has it, `{package}` included.",
    ),
    (
        {f"{P}/stages/train.py": f"{P}/stage/train.py"},
        f"move of {P}/stages/train.py: goes to {P}/stage/train.py, which not every project gets that has it; "
        "correct the path, or its condition.",
    ),
    (
        {f"{P}/stages/train.py": f"{P}/model.py"},
        f"move of {P}/stages/train.py: goes to {P}/model.py, where the last release has another file; "
        "choose another path.",
    ),
    (
        {f"{P}/schema.py": f"{P}/core/errors.py"},
        f"move of {P}/schema.py: is the project's own and goes to {P}/core/errors.py, which is not in "
        f"`_skip_if_exists`; list {P}/core/errors.py there.",
    ),
    (
        {f"{P}/stages/train.py": f"{P}/core/runner.py", f"{P}/stage.py": f"{P}/core/runner.py"},
        f"move of {P}/core/runner.py: is the new path of two files; make it `splits`, or leave one where it is.",
    ),
    (
        {f"{P}/expectations.py": f"{P}/data/schema.py"},
        f"move of {P}/expectations.py: moves and is in `_exclude` or `_skip_if_exists`, so plain Copier would leave a "
        "dead file with the edits; take the old path out.",
    ),
]


@pytest.mark.parametrize(("moves", "sentence"), ROWS)
def test_a_row_fits_both_releases(moves: dict[str, str], sentence: str, step: Step) -> None:
    assert sentences(rows.rows(step, Moves(moves))) == [sentence]


def test_a_move_that_only_some_answers_get_is_said(last: Last, folder: Path, tmp_path: Path) -> None:
    """The guard leaves an edited file to the others: they read which answers keep it."""
    made = archive.unpacked(folder, tmp_path)
    train = made / PACKAGE / "training/train.py"
    train.rename(train.with_name("{% if serves %}train.py{% endif %}"))
    new, moved = Template(made), Moves({f"{P}/stages/train.py": f"{P}/training/train.py"})
    assert sentences(rows.rows(Step(last, new), moved)) == [
        f"move of {P}/stages/train.py: goes to {P}/training/train.py, which not every project gets that has it; "
        "correct the path, or its condition; or name stages/train.py in CHANGELOG.md with the answers that keep it."
    ]
    news = "- `stages/train.py` and `stages/split.py` begin with intermediate"
    assert sentences(rows.rows(Step(last, new, news), moved)) == []
    nowhere = Moves({f"{P}/stages/split.py": f"{P}/training/split.py"})
    (sentence,) = sentences(rows.rows(Step(last, new, news), nowhere))
    assert sentence.endswith("which not every project gets that has it; correct the path, or its condition.")


@pytest.mark.parametrize(
    ("splits", "sentence"),
    [
        (
            {f"{P}/plots.py": {f"{P}/evaluation/bars.py": {"second": "second", "third": "second"}}},
            f"move of {P}/plots.py: splits off third, which it does not define; name what the module defines.",
        ),
        (
            {f"{P}/plots.py": {f"{P}/evaluation/bars.py": {"first": "first", "second": "second"}}},
            f"move of {P}/plots.py: splits first off to {P}/evaluation/bars.py, which does not define it; "
            "correct the name or path.",
        ),
        (
            {f"{P}/plots.py": {f"{P}/evaluation/curves.py": {"first": "one"}, f"{P}/evaluation/bars.py": {}}},
            f"move of {P}/plots.py: leaves out second, which is in {P}/evaluation/bars.py; list the name, or an edit "
            "in it would strand.",
        ),
    ],
)
def test_a_split_names_what_is_there(splits: dict[str, Any], sentence: str, step: Step) -> None:
    assert sentences(rows.split(step, Moves({}, splits))) == [sentence]


def test_nothing_stays_where_a_file_was(last: Last, folder: Path, tmp_path: Path) -> None:
    made = archive.unpacked(folder, tmp_path)
    both(
        file(f"{PACKAGE}/stages/train.py", '"""Moved."""\n\nfrom ..training.train import *\n'),
        file(f"{PACKAGE}/plots.py", '"""Split."""\n\nfrom .evaluation.bars import *\n'),
    )(made)
    left = "and a file is left at its old path, where edits would strand; delete it; the guard's list keeps old names"
    step = Step(last, Template(made))
    assert sentences(rows.left(step, lists.moved(last, step.new))) == [
        f"{P}/plots.py: moves to {P}/evaluation/bars.py, {P}/evaluation/curves.py, {left} working.",
        f"{P}/stages/train.py: moves to {P}/training/train.py, {left} working.",
    ]


def test_people_are_told_who_update_without_the_guard(last: Last, folder: Path, tmp_path: Path) -> None:
    made = archive.unpacked(folder, tmp_path)
    setting("_message_before_update", "Good luck.\n")(made)
    assert sentences(rules.findings(Template(made), last, None, "", migrations)) == [
        "copier.yml _message_before_update: does not say that files move, and plain `copier update` deletes the edits "
        "in them; tell people to use `make update`."
    ]


# -- the files --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a", "it has other keys than moves and splits"),
        ("renames: {}", "it has other keys than moves and splits"),
        ("moves: [a, b]", "['a', 'b'] is no mapping of paths"),
        ("moves: {a.py: /b.py}", "'/b.py' is no path below the project's folder"),
        ("moves: {a.py: ../b.py}", "'../b.py' is no path below the project's folder"),
        ("moves: {a.py: 1}", "1 is no path below the project's folder"),
        ("splits: {a.py: {b.py: []}}", "[] is no list of names"),
        ("splits: {a.py: {b.py: [c-d]}}", "['c-d'] is no list of names"),
    ],
)
def test_a_list_is_one(text: str, reason: str, last: Last, tmp_path: Path) -> None:
    assert sentences(lists.unreadable(last, of_lists(tmp_path, {"0.6.0.yaml": text}))) == [
        f"hooks/release/moves/0.6.0.yaml: is no list of moves ({reason}); write `moves` and `splits` of paths."
    ]


def test_yaml_that_is_none(last: Last, tmp_path: Path) -> None:
    (sentence,) = sentences(lists.unreadable(last, of_lists(tmp_path, {"0.6.0.yaml": "moves: {a"})))
    assert "is no list of moves (while parsing a flow mapping" in sentence


def test_a_list_is_named_by_its_version(last: Last, tmp_path: Path) -> None:
    new = of_lists(tmp_path, dict.fromkeys(("next.yaml", "0.6.0.yml", "0.5.0.yaml", "9.0.0.yaml", "0.6.0.yaml"), ""))
    where = "hooks/release/moves"
    assert sentences(lists.unnamed(last, new, "0.6.0")) == [
        f"{where}/0.5.0.yaml: is not after the last release, 0.5.0; name it by the next release.",
        f"{where}/0.6.0.yml: is named by no version; name it by the release that moves: 1.2.0.yaml.",
        f"{where}/9.0.0.yaml: is of a later release than 0.6.0; name it 0.6.0.yaml.",
        f"{where}/next.yaml: is named by no version; name it by the release that moves: 1.2.0.yaml.",
    ]


def test_a_released_list_never_changes(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    last = Last(
        of_lists(tmp_path / "old", {"0.5.0.yaml": "moves: {a: b}", "0.4.0.yaml": "", "0.3.0.yaml": ""}), VERSION
    )
    new = of_lists(tmp_path / "new", {"0.5.0.yaml": "moves: {a: c}", "0.4.0.yaml": ""})
    assert sentences(lists.changed(last, new), lists.unnamed(last, new, None)) == [
        f"hooks/release/moves/{name}.yaml: was released, and is gone or changed, so older projects would be carried to "
        "the wrong paths; restore it, and write the new moves into a list of the next version."
        for name in ("0.3.0", "0.5.0")
    ]


def test_the_lists_of_this_template_can_be_read() -> None:
    for text in move_list.files(ROOT).values():
        assert move_list.parsed(text).rows


def of_lists(folder: Path, texts: dict[str, str]) -> Template:
    """A template of nothing but lists of moves."""
    (folder / "copier.yml").write_text("_subdirectory: template\n", encoding="utf-8")
    for name, text in texts.items():
        file(f"hooks/release/moves/{name}", text)(folder)
    return Template(folder)
