"""Releases that would hurt the projects that update to them are refused, each with its sentence.

Changes that do not touch each other are made in one template, so that it is rendered once: together they get their
sentences and no other.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from packaging.version import Version
from release import archive, migrations, rules
from release.step import Last
from release.template import Template
from support.hostile_releases import (
    GUARD,
    PACKAGE,
    Change,
    added,
    both,
    file,
    folder,
    linked,
    module,
    question,
    rare,
    renamed,
    rewritten,
    setting,
    wider,
)
from support.rendered_project import ROOT

Said = Callable[[str], set[str]]
BROKEN = (ROOT / GUARD).read_text(encoding="utf-8").partition("def main(")[0].count("\n") + 1
LIST = "hooks/release/moves/<version>.yaml"
NEVER = "so such projects would be reset; accept it as before"
ROW = "add `{0}: {1}` to `moves` in " + LIST
SEEN = "so what a team has set or calls by this name is without effect or fails; keep it, or name {0} in CHANGELOG.md"


def removed(path: str, new: str | None = None, alike: int = 100) -> str:
    """What is said of a path that is gone, or moved without a row."""
    remedy = f"list it in `_exclude`, with `*` where its path has an expression; if it moved, in {LIST}"
    if new is not None:
        remedy = f"{ROW.format(path, new)}, {alike}% are alike"
    return f"{path}: is no longer rendered, so an update would delete it with the user's edits; {remedy}."


def elsewhere(path: str) -> str:
    """What is said of a path that leaves some projects, and that other answers keep."""
    return (
        f"{path}: is rendered with other answers only, so plain `copier update` deletes it with the user's edits; "
        f"name {path}, or its folder in the package, in CHANGELOG.md with the answers that keep it."
    )


def parked(path: str, new: str) -> str:
    """What is said of a path that moved without a row and is parked."""
    return (
        f"{path}: became {new} (100% alike) and is parked, so edits would stay in a file that nothing uses; "
        f"{ROW.format(path, new)}, and take the old path out of `_exclude`."
    )


def shim(path: str, new: str) -> str:
    """What is said of a file that was left where its content moved away."""
    return (
        f"{path}: became {new}, and another file is at its old path, which hides the move from Git; delete it, and "
        f"add `{path}: {new}` to `moves`, or the names that went there to `splits`, in {LIST}."
    )


MOVED = {
    "stages/train": "training/train",
    "mlops/evaluation/plots": "mlops/plotting/plots",
    "schema": "data/schema",
}
ROWS = {f"src/{{package}}/{old}.py": f"src/{{package}}/{new}.py" for old, new in MOVED.items()}
TRAIN, PLOTS, SCHEMA = ROWS
MOVES = both(
    *(module(f"{old}.py", f"{new}.py") for old, new in MOVED.items()),
    added("_skip_if_exists", ["src/*/data/schema.py"], without="src/*/schema.py"),
)
SHIMS = both(
    *(
        file(
            f"{PACKAGE}/{old}.py", f'"""Moved."""\n\nfrom {"." * len(old.split("/"))}{new.replace("/", ".")} import *\n'
        )
        for old, new in MOVED.items()
    )
)
ROOM = "mlops/schema_inference"
INFER = [
    f"src/{{package}}/{ROOM}/{path.relative_to(ROOT / PACKAGE / ROOM).as_posix()}"
    for path in sorted((ROOT / PACKAGE / ROOM).rglob("*.py"))
]


@dataclass(frozen=True)
class Hostile:
    """One change, and what is said of it."""

    name: str
    change: Change
    sentences: tuple[str, ...]


def hostile(name: str, change: Change, *sentences: str) -> Hostile:
    """One row of the table."""
    return Hostile(name, change, sentences)


GROUPS: dict[str, list[Hostile]] = {
    "settings": [
        hostile(
            "task",
            setting("_tasks", ["make setup"]),
            "copier.yml _tasks: needs or widens the user's trust; do it in the project's `make setup`.",
        )
    ],
    "folder of the template": [
        hostile(
            "subdirectory",
            setting("_subdirectory", "project"),
            "copier.yml _subdirectory: is 'project', but a release is `copier.yml` and the folder `template`; "
            "set `_subdirectory: template`, and keep the files there.",
        )
    ],
    "delimiters": [
        hostile(
            "delimiters",
            setting("_envops", lambda old: old | {"variable_start_string": "[["}),
            "copier.yml _envops: changes `variable_start_string`, so every file and path is read in another way; "
            "set it back.",
        )
    ],
    "links": [
        hostile(
            "symbolic link",
            linked("template/docs/link.md", "runbook.md"),
            "template/docs/link.md: is a symbolic link, of which projects get a copy, and Windows none; "
            "put the file itself there.",
        )
    ],
    "globs": [
        hostile(
            "include by a glob",
            file("template/docs/new.md.jinja", "{% include 'parts/*.md' %}"),
            "docs/new.md.jinja: includes `parts/*.md` by a glob; name the included files one by one.",
        )
    ],
    "names": [
        hostile(
            "undefined name in a rare branch",
            rewritten("template/.env.example.jinja", rare),
            ".env.example.jinja: uses `servess`, which is not defined there, so the copy or update that renders it "
            "fails; correct the name, or ask the question before it.",
        ),
        hostile(
            "undefined filter",
            file("template/docs/new.md.jinja", "{% if serves %}{{ project_name | uper }}{% endif %}"),
            "docs/new.md.jinja: uses the filter `uper`, which is not defined there, so the copy or update that renders "
            "it fails; correct the name, or ask the question before it.",
        ),
        hostile(
            "question renamed",
            question("author_email", renamed="contact"),
            "question author_email: is not asked any more, so its stored answers would be dropped; "
            "keep it, and map its answers in a computed value.",
            *(
                f"{where}: uses `author_email`, which is not defined there, so the copy or update that renders it "
                "fails; correct the name, or ask the question before it."
                for where in (
                    "{% if governs %}SECURITY.md{% endif %}.jinja",
                    "docs/intended-use.md.jinja",
                    "pyproject.toml.jinja",
                    "question contact",
                )
            ),
        ),
    ],
    "questions": [
        hostile(
            "question renamed, the old one computed",
            question("author_email", when=False),
            "question author_email: is not asked any more, so its stored answers would be dropped; "
            "keep it, and map its answers in a computed value.",
        ),
        hostile(
            "choice removed",
            question("license", choices=["Proprietary", "MIT", "Apache-2.0"]),
            "question license: has lost the choice 'BSD-3-Clause', so projects that chose it would be reset to the "
            "default; keep the choice, and map it in a computed value.",
            elsewhere("LICENSE"),
        ),
        hostile(
            "type changed",
            question("python_version", type="float", default=3.11, choices=[3.11, 3.12, 3.13]),
            "question python_version: changes its type from str to float, so stored answers would be reset to the "
            "default; keep the type, and convert in a computed value.",
        ),
        hostile(
            "validator tightened",
            question("author_name", validator="""{% if "'" in author_name %}No quotes.{% endif %}"""),
            "question author_name: refuses \"'quoted'\", which the last release accepted (Validation error for "
            f"question 'author_name': No quotes), {NEVER}.",
        ),
        hostile(
            "validator tightened where no edge lies",
            question("description", validator="{% if 'churn of' in description %}Too vague.{% endif %}"),
            "question description: refuses 'churn of', which the last release accepted (Validation error for question "
            f"'description': Too vague), {NEVER}.",
        ),
        hostile(
            "validator tightened by one character",
            question("github_owner", validator="{% if github_owner | length > 38 %}Too long.{% endif %}"),
            f"question github_owner: refuses '{'x' * 39}', which the last release accepted (Validation error for "
            f"question 'github_owner': Too long), {NEVER}.",
        ),
    ],
    "answers that go": [
        hostile(
            "stored question hidden",
            question("description", when="{{ false }}"),
            "question description: is not asked of a project that answered 'a', so an update would put 'Predicts which "
            "customers will leave.' there; ask it as before, and decide in a computed value what it changes.",
        ),
        hostile(
            "default of the license",
            question("license", default="MIT"),
            "question license: changes its default from 'Proprietary' to 'MIT'; "
            "keep it, or say in CHANGELOG.md that license is now MIT.",
        ),
        hostile(
            "default of Python",
            question("python_version", default="3.13"),
            "question python_version: changes its default from '3.11' to '3.13'; "
            "keep it, or say in CHANGELOG.md that python_version is now 3.13.",
        ),
        hostile(
            "default of the maturity",
            question("maturity", default="intermediate"),
            "question maturity: changes its default from 'starter' to 'intermediate', which projects of 0.1.0, 0.2.0 "
            "would get: they never stored an answer; keep the default.",
        ),
        hostile(
            "computed value",
            question("namespace", default="{{ project_name[:52] }}-x"),
            "question namespace: is computed as 'churn-model-x', and was 'churn-model' with the same answers, so "
            "projects would change; compute it as before, or name namespace in CHANGELOG.md with what changes.",
        ),
    ],
    "files": [
        hostile("path retired", file("template/docs/runbook.md"), removed("docs/runbook.md")),
        hostile(
            "new binary",
            file("template/docs/logo.png", b"\x89PNG\0"),
            "docs/logo.png: is binary, so an update would revert a user's version of it; list it in `_skip_if_exists`.",
        ),
        hostile(
            "text became binary",
            file("template/.dvcignore", b"\xff\xfe\0"),
            ".dvcignore: is binary, so an update would revert a user's version of it; list it in `_skip_if_exists`.",
        ),
        hostile(
            "guard that does not compile",
            file(GUARD, old="def main(", new="def main(:"),
            f"hooks/update/main.py: can't be read (invalid syntax (<file>, line {BROKEN})), so no project could be "
            "updated to this release; correct it.",
        ),
        hostile(
            "conflict markers",
            file("template/.gitattributes", "a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n"),
            "template/.gitattributes, line 2: has a conflict marker; resolve the merge.",
        ),
        hostile(
            "line ends of Windows",
            file("template/docs/architecture.md", b"a\r\nb\r\n"),
            "template/docs/architecture.md: has line ends of Windows, so every line of it conflicts with a team's "
            "edit; save it with line feeds only.",
        ),
        hostile(
            "mode",
            file(f"{PACKAGE}/stages/ingest.py", mode=0o755),
            f"{PACKAGE}/stages/ingest.py: is executable and has no `#!`, so an update changes the mode of a file that "
            "nothing can run; take the mode away: chmod 644.",
        ),
        hostile(
            "name that differs by case",
            file("template/Dvc.yaml", "x: 1\n"),
            "Dvc.yaml and dvc.yaml: differ by case alone, so on Windows and macOS one overwrites the other; "
            "rename one.",
        ),
        hostile(
            "path renamed by case alone",
            renamed("template/.github/dependabot.yml", "template/.github/Dependabot.yml"),
            removed(".github/dependabot.yml", ".github/Dependabot.yml"),
            ".github/Dependabot.yml and .github/dependabot.yml: differ by case alone, so on Windows and macOS an "
            "update loses the file; choose a name that differs by more.",
        ),
        hostile(
            "contract no longer the project's own",
            added("_skip_if_exists", [], without="src/*/schema.py"),
            f"{SCHEMA}: is no longer in `_skip_if_exists`, so an update would write over or into the project's own "
            "text; list it as before.",
        ),
        hostile(
            "path that becomes the project's own",
            added("_skip_if_exists", ["SECURITY.md"]),
            "SECURITY.md: becomes the project's own by `_skip_if_exists`, so `copier update` leaves the text of the "
            "release that a project comes from; take it out, or name SECURITY.md in CHANGELOG.md with what to do.",
        ),
        hostile(
            "living path in _exclude",
            added("_exclude", ["src/*/stages/train.py"]),
            f"{TRAIN}: is in the template and in `_exclude`, so no project gets it or a change of it; "
            "take it out of `_exclude`, by a narrower pattern, or out of the template.",
        ),
        hostile(
            "key of params.yaml renamed",
            file("template/params.yaml.jinja", old="\nsplit:", new="\nsplitting:"),
            f"params.yaml key split: is gone, {SEEN.format('split')} with what to do.",
        ),
        hostile(
            "stage renamed",
            file("template/dvc.yaml.jinja", old="\n  split:", new="\n  splitting:"),
            f"stage split: is gone, {SEEN.format('split')} with what to do.",
        ),
        hostile(
            "command renamed",
            file("template/Makefile.jinja", old="\ntemplate-status:", new="\ntemplate-state:"),
            f"command template-status: is gone, {SEEN.format('template-status')} with what to do.",
        ),
    ],
    "answers file renamed": [
        hostile(
            "answers file renamed",
            setting("_answers_file", ".answers.yml"),
            ".copier-answers.yml: is not rendered, so no project could be updated again; set `_answers_file: "
            ".copier-answers.yml`, and keep `{{_copier_conf.answers_file}}.jinja`.",
        )
    ],
    "answers file removed": [
        hostile(
            "answers file removed",
            file("template/{{_copier_conf.answers_file}}.jinja"),
            ".copier-answers.yml: is not rendered, so no project could be updated again; set `_answers_file: "
            ".copier-answers.yml`, and keep `{{_copier_conf.answers_file}}.jinja`.",
        )
    ],
    "guard and folders": [
        hostile(
            "main module of the guard renamed",
            both(renamed(GUARD, "hooks/update/update.py"), file("template/tools/update.py")),
            "hooks/update/main.py: is not there, so no project could be updated to this release; keep the guard there.",
            "tools/update.py: is not in every project, so `make update` can't start the guard; keep it.",
            removed("tools/update.py"),
        ),
        hostile(
            "folder became a file",
            both(folder(f"{PACKAGE}/{ROOM}"), file(f"{PACKAGE}/{ROOM}", "x = 1\n")),
            f"src/{{package}}/{ROOM}: was a folder and becomes a file, so an update can't keep what a project has "
            "there; choose another name.",
            *(removed(path) for path in INFER),
        ),
        hostile(
            "file became a folder",
            both(file("template/.dvcignore"), file("template/.dvcignore/policy.md", "x\n")),
            ".dvcignore: was a file and becomes a folder, so an update can't keep what a project has there; "
            "choose another name.",
            removed(".dvcignore"),
        ),
        hostile(
            "every line laid out again",
            rewritten("template/src/[{][{]package_name[}][}]/*.py", wider),
            "src/{package}/__init__.py, src/{package}/expectations.py, src/{package}/features.py and 5 more files: are "
            "only laid out in another way, so every line of them conflicts with a team's edit; take it back, or say in "
            "CHANGELOG.md that files are reformatted.",
        ),
    ],
    "A: moves": [hostile("moves without a list", MOVES, *(removed(old, new) for old, new in ROWS.items()))],
    "B: parked moves": [
        hostile(
            "moves, old paths parked",
            both(
                MOVES,
                added("_exclude", ["src/*/stages/train.py", "src/*/mlops/evaluation/plots.py", "src/*/schema.py"]),
            ),
            *(parked(old, new) for old, new in ROWS.items()),
        )
    ],
    "C: parked moves, old owners kept": [
        hostile(
            "moves, old paths parked or still the project's own",
            both(
                MOVES,
                added("_exclude", ["src/*/stages/train.py", "src/*/mlops/evaluation/plots.py"]),
                added("_skip_if_exists", ["src/*/schema.py"]),
            ),
            parked(TRAIN, ROWS[TRAIN]),
            parked(PLOTS, ROWS[PLOTS]),
            removed(SCHEMA, ROWS[SCHEMA]),
        )
    ],
    "D: shims": [
        hostile(
            "files at the old paths",
            both(MOVES, SHIMS),
            *(shim(old, new) for old, new in ROWS.items()),
            f"{SCHEMA}: is no longer in `_skip_if_exists`, so an update would write over or into the project's own "
            "text; list it as before.",
        )
    ],
    "E: rewritten": [
        hostile(
            "moved and rewritten, so that Git sees no rename",
            both(
                module("stages/train.py", "training/train.py", lambda text: text.replace("\n", "  # rewritten\n")),
                added("_exclude", ["src/*/stages/train.py"]),
            ),
            parked(TRAIN, ROWS[TRAIN]),
        )
    ],
    "meaning of an answer": [
        hostile(
            "maturity means less",
            question("on_airflow", default="{{ monitoring and airflow if maturity == 'custom' else false }}"),
            "question on_airflow: is computed as False, and was True with the same answers, so projects would change; "
            "compute it as before, or name on_airflow in CHANGELOG.md with what changes.",
            *(
                elsewhere(path)
                for path in (
                    "dags/.airflowignore",
                    "dags/README.md",
                    "dags/assets.py",
                    "dags/calling.py",
                    "dags/materialization.py",
                    "dags/monitoring.py",
                    "dags/pyproject.toml",
                    "dags/retraining.py",
                    "dags/scoring.py",
                    "mk/airflow.mk",
                )
            ),
        )
    ],
}


@pytest.fixture(scope="module")
def said(in_memory: Template, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """Returns what is said of the changes of a group together."""
    last = Last(in_memory, Version("0.5.0"), {"maturity": ["0.1.0", "0.2.0"]})

    @functools.cache
    def findings(group: str) -> set[str]:
        made = archive.unpacked(ROOT, tmp_path_factory.mktemp("hostile"))
        both(*(row.change for row in GROUPS[group]))(made)
        return {str(finding) for finding in rules.findings(Template(made), last, None, "", migrations)}

    return findings


@pytest.mark.parametrize(
    ("group", "row"),
    [pytest.param(group, row, id=row.name) for group, rows in GROUPS.items() for row in rows],
)
def test_a_hostile_release_is_refused(group: str, row: Hostile, said: Said) -> None:
    missing = set(row.sentences) - said(group)
    assert not missing, "\n".join(sorted(said(group)))


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_else_is_said(group: str, said: Said) -> None:
    assert said(group) == {sentence for row in GROUPS[group] for sentence in row.sentences}


def test_all_hostile_releases_are_there() -> None:
    assert sum(len(rows) for rows in GROUPS.values()) >= 38
