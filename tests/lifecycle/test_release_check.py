"""Each rule of the release check refuses what it must with its sentence, and the template as it is passes."""

import logging
import shutil
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.version import Version
from release import answers, archive, migrations, rules, version
from release import check as release_check
from release.finding import Finding
from release.move_list import Moves
from release.rules import files, gitignore, paths, patterns, purity, settings
from release.rules.answering import questions
from release.step import Last, Step
from release.template import Template
from support.rendered_project import ROOT

Change = Callable[..., Template]
RESET = "so projects that chose it would be reset to the default"


def sentences(found: Iterable[Finding]) -> list[str]:
    """The findings as they are printed."""
    return [str(finding) for finding in found]


@pytest.fixture(scope="module")
def last(in_memory: Template) -> Template:
    """The template as it is, taken for the last release."""
    return in_memory


def step(last: Template, new: Template, news: str = "") -> Step:
    """The step from one template to another."""
    return Step(Last(last, Version("0.0.1")), new, news)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the template, to be changed."""
    target = tmp_path / "new"
    target.mkdir()
    return archive.unpacked(ROOT, target)


@pytest.fixture
def change(request: pytest.FixtureRequest, tmp_path: Path) -> Change:
    """Makes a template with other settings or questions; `None` removes one. Only `folder` has the files."""
    if "folder" in request.fixturenames:
        folder = request.getfixturevalue("folder")
    else:
        folder = tmp_path
        (folder / "template").mkdir()
        shutil.copytree(ROOT / archive.WORDS, folder / archive.WORDS)
        for name in ("copier.yml", "template/{{_copier_conf.answers_file}}.jinja"):
            shutil.copy(ROOT / name, folder / name)

    def apply(settings: dict[str, Any] | None = None, **fields: dict[str, Any] | None) -> Template:
        config = yaml.load((folder / "copier.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
        for name, new in ((settings or {}) | fields).items():
            if new is None:
                del config[name]
            else:
                config[name] = config.get(name, {}) | new if isinstance(new, dict) else new
        (folder / "copier.yml").write_text(
            yaml.dump(config, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8"
        )
        return Template(folder)

    return apply


def test_the_working_tree_is_safe_after_the_last_release(last: Template, tmp_path: Path) -> None:
    released = release_check.released(next(reversed(archive.released().values())), tmp_path)
    assert released.unasked["maturity"] == ["0.1.0", "0.2.0"]
    news = release_check.news(ROOT, released)
    assert sentences(rules.findings(last, released, None, news, migrations)) == []


def test_the_template_as_it_is_passes(last: Template) -> None:
    assert sentences(rules.findings(last, Last(last, Version("0.0.1")), "9.0.0", "", migrations)) == []


# -- files ------------------------------------------------------------------------------------------------------------
REMOVED = "{}: is no longer rendered, so an update would delete it with the user's edits; list it in `_exclude`"


def removed(last: Template, new: Template) -> list[str]:
    """What is said of the paths that are gone."""
    return sentences(paths.removed(step(last, new), Moves()))


def test_a_removed_path_must_be_parked(last: Template, folder: Path, change: Change) -> None:
    (folder / "template/docs/runbook.md").unlink()
    assert [sentence.split(", with")[0] for sentence in removed(last, Template(folder))] == [
        REMOVED.format("docs/runbook.md")
    ]
    parked = change({"_exclude": [*last.settings["exclude"], "docs/runbook.md"]})
    assert step(last, parked).lost == {"docs/runbook.md": True}
    assert removed(last, parked) == []


def test_a_renamed_path_must_be_listed(last: Template, folder: Path) -> None:
    (folder / "template/docs/runbook.md").rename(folder / "template/docs/run.md")
    (sentence,) = removed(last, Template(folder))
    assert sentence.startswith("docs/runbook.md: is no longer")
    assert sentence.endswith(
        "add `docs/runbook.md: docs/run.md` to `moves` in hooks/release/moves/<version>.yaml, 100% are alike."
    )


def test_a_path_with_a_name_is_parked_by_a_pattern(last: Template, folder: Path, change: Change) -> None:
    (folder / "template/src/{{package_name}}/features.py").unlink()
    literal = step(last, change({"_exclude": ["src/churn_model/features.py"]}))
    assert literal.lost == {"src/{package}/features.py": False}
    assert {pair.after.parked(path) for pair in literal.pairs for path in pair.lost} == {True, False}
    assert step(last, change({"_exclude": ["src/*/features.py"]})).lost == {"src/{package}/features.py": True}


@pytest.mark.parametrize("setting", ["_skip_if_exists", "_message_before_update"])
def test_an_expression_that_copier_reads_too_early(setting: str, change: Change) -> None:
    text = "src/{{ package_name }}/schema.py"
    (found,) = sentences(patterns.early(change({setting: [text] if setting == "_skip_if_exists" else text})))
    assert found.startswith(f"copier.yml {setting}: names package_name, so `copier update` crashes")


def test_a_pattern_that_names_a_new_question(last: Template, change: Change) -> None:
    new = change({"_exclude": ["{% if new %}docs/old.md{% endif %}"]}, new={"type": "bool", "default": True})
    (found,) = sentences(patterns.unknown(last, new))
    assert found.startswith("copier.yml _exclude: names new, which the last release does not have")
    known = change({"_exclude": ["src/{{ package_name }}/old.py", "{% if _copier_operation == 'copy' %}x{% endif %}"]})
    assert sentences(patterns.unknown(last, known)) == []


def test_a_path_that_only_one_option_renders_counts(last: Template, folder: Path) -> None:
    (folder / "template/{% if license == 'Apache-2.0' %}LICENSE{% endif %}").unlink()
    assert removed(last, Template(folder))[0].startswith("LICENSE: is rendered with other answers only")


def test_a_path_that_other_answers_keep_is_said(last: Template, folder: Path) -> None:
    """It can't be parked, for those projects would not get it: a word to the others does."""
    docs = folder / "template/docs"
    (docs / "architecture.md").rename(docs / "{% if serves %}architecture.md{% endif %}")
    new = Template(folder)
    (found,) = removed(last, new)
    assert found.startswith("docs/architecture.md: is rendered with other answers only, so plain `copier update`")
    news = "- `docs/architecture.md` begins with intermediate"
    assert sentences(paths.removed(step(last, new, news), Moves())) == []


def test_a_binary_is_written_once(folder: Path, change: Change) -> None:
    (folder / "template/docs/logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    (folder / "template/docs/zero.txt").write_bytes(b"a\x00b")
    assert binary(Template(folder)) == [
        f"docs/{name}: is binary, so an update would revert a user's version of it; list it in `_skip_if_exists`."
        for name in ("logo.png", "zero.txt")
    ]
    assert binary(change({"_skip_if_exists": ["docs/logo.png", "*.txt"]})) == []


def binary(new: Template) -> list[str]:
    """What is said of files that are no text."""
    return sentences(files.binary(new, [new.usual]))


def test_a_rendered_path_is_not_ignored(folder: Path) -> None:
    ignoring = folder / "template/.gitignore"
    ignoring.write_text(ignoring.read_text(encoding="utf-8") + "docs/*.md\n!docs/runbook.md\n", encoding="utf-8")
    (folder / "template/tests/.gitignore.jinja").write_text("/{{ 'conftest' }}.py\n", encoding="utf-8")
    found = sentences(gitignore.ignored([Template(folder).usual]))
    ignored = {sentence.split(": ")[0]: sentence.split(": ")[1] for sentence in found}
    written = ("architecture", "extend", "intended-use")
    assert set(ignored) == {"tests/conftest.py", *(f"docs/{name}.md" for name in written)}
    assert ignored["tests/conftest.py"] == (
        "is ignored by tests/.gitignore, so an update would write over it; do not render it, or do not ignore it."
    )


@pytest.mark.parametrize("lines", ["/data/*\n!/data/.gitkeep\n", "data/*\n!data/keep/\n"])
def test_a_folder_is_ignored_as_a_whole(lines: str, folder: Path) -> None:
    (folder / "template/.gitignore").write_text(lines, encoding="utf-8")
    pattern = lines.split()[0]
    assert sentences(gitignore.starred([Template(folder).usual])) == [
        f".gitignore: has `{pattern}` with an exception, on which an update fails half-way when the folder is full; "
        f"ignore the folder as a whole, `{pattern[:-1]}`."
    ]
    (folder / "template/.gitignore").write_text("/data/*\n!/other/.gitkeep\n", encoding="utf-8")
    assert sentences(gitignore.starred([Template(folder).usual])) == []


# -- questions --------------------------------------------------------------------------------------------------------
def test_a_question_has_a_default(change: Change) -> None:
    assert sentences(questions.defaults(change(team={"type": "str", "help": "Team."}))) == [
        "question team: has no default, so `copier copy --defaults` fails; give it a default."
    ]


def test_a_default_passes_its_validator(change: Change) -> None:
    (found,) = sentences(questions.defaults(change(project_name={"default": "Not A Slug"})))
    assert found.startswith("copier.yml: `copier copy --defaults` fails (Validation error for question 'project_name'")
    assert found.endswith("; correct the default.")
    (found,) = sentences(questions.defaults(change(project_name={"default": "{{ nobody }}"})))
    assert found == "copier.yml: `copier copy --defaults` fails ('nobody' is undefined); correct the default."


def test_a_question_is_not_dropped(last: Template, change: Change) -> None:
    expected = [
        "question author_email: is not asked any more, so its stored answers would be dropped; "
        "keep it, and map its answers in a computed value."
    ]
    assert sentences(questions.gone(last, change(author_email={"when": False}))) == expected
    assert sentences(questions.gone(last, change(author_email=None))) == expected


def test_a_type_does_not_change(last: Template, change: Change) -> None:
    changed = change(python_version={"type": "float", "default": 3.11, "choices": [3.11, 3.12, 3.13]})
    assert sentences(questions.stored(last, changed)) == [
        "question python_version: changes its type from str to float, so stored answers would be reset to the "
        "default; keep the type, and convert in a computed value."
    ]
    several = change(python_version=None) and change(
        python_version={"type": "str", "default": ["3.11"], "choices": ["3.11", "3.12", "3.13"], "multiselect": True}
    )
    assert "from str to list of str" in sentences(questions.stored(last, several))[0]


def test_a_choice_is_not_removed(last: Template, change: Change) -> None:
    assert sentences(questions.stored(last, change(license={"choices": ["Proprietary", "MIT"]}))) == [
        f"question license: has lost the choice 'BSD-3-Clause', {RESET}; keep the choice, and map it in a computed "
        "value."
    ]
    assert sentences(questions.stored(last, change(license={"choices": {**last_choices(last), "New": "new"}}))) == []


def last_choices(last: Template) -> dict[str, str]:
    """The licences, each as its own label."""
    return {choice: choice for choice in answers.choices(last, "license")}


def test_a_choice_is_not_refused_by_its_validator(last: Template, change: Change) -> None:
    changed = change(license={"validator": "{% if license == 'MIT' %}No.{% endif %}"})
    assert "has lost the choice 'MIT'" in sentences(questions.stored(last, changed))[0]


@pytest.mark.parametrize(
    ("question", "validator", "refused", "reason"),
    [
        ("description", "{% if description | length > 150 %}Too long.{% endif %}", "'xxxxx", "Too long"),
        ("author_name", '{% if "\'" in author_name %}No quotes.{% endif %}', "\"'quoted", "No quotes"),
        ("project_name", "{% if project_name | length < 2 %}Too short.{% endif %}", "'a'", "Too short"),
        ("package_name", "{% if package_name == 'polars' %}Taken.{% endif %}", "'polars'", "Taken"),
        ("author_email", "{% if '+' in author_email %}No tags.{% endif %}", "'first.last+tag@mail", "No tags"),
        ("author_email", "{{ missing.name }}", "'ml-team@example.com'", "'missing' is undefined"),
    ],
)
def test_a_validator_does_not_become_tighter(
    question: str, validator: str, refused: str, reason: str, last: Template, change: Change
) -> None:
    spec = {"validator": validator}
    if question == "author_email" and "missing" in validator:
        spec["when"] = "{{ project_name == 'x' }}"  # asked of some projects only, so that the defaults still render
    (found,) = sentences(questions.stored(last, change(**{question: spec})))
    assert found.startswith(f"question {question}: refuses {refused}")
    assert f"which the last release accepted (Validation error for question '{question}': {reason})" in found
    assert found.endswith("so such projects would be reset; accept it as before.")


def test_names_of_new_dependencies_are_said(last: Template, change: Change) -> None:
    names = {name: last.questions[name]["default"] + " big_tree zonk" for name in ("installed_names", "reserved_names")}
    new = change(**{name: {"default": text} for name, text in names.items()})
    refused = "which its list has now, so projects of such a name would be reset; take them out of the list, or name"
    assert sentences(questions.stored(last, new)) == [
        f"question package_name: refuses big_tree, zonk, {refused} them in CHANGELOG.md with what to do.",
        f"question project_name: refuses big-tree, zonk, {refused} them in CHANGELOG.md with what to do.",
    ]
    news = "- No project may be called `big-tree`, `big_tree` or `zonk`: these are dependencies now."
    assert sentences(questions.stored(last, new, step(last, new, news).said)) == []


def test_a_validator_may_become_looser(last: Template, change: Change) -> None:
    assert sentences(questions.stored(last, change(project_name={"validator": ""}))) == []


# -- settings ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("_tasks", ["make setup"], "do it in the project's `make setup`"),
        ("_jinja_extensions", ["no_such.Extension"], "use Jinja's own filters"),
        ("_migrations", [{"version": "2.0.0", "command": "true"}], "write a function in hooks/release/migrations"),
        ("_external_data", {"parent": ".parent.yml"}, "ask a question"),
    ],
)
def test_nothing_needs_trust(setting: str, value: Any, remedy: str, change: Change) -> None:
    (found,) = sentences(rules.findings(change({setting: value}), None, None, "", migrations))
    assert found.startswith(f"copier.yml {setting}: needs or widens the user's trust; {remedy}")


def test_undefined_names_are_errors(change: Change) -> None:
    assert sentences(settings.strict(change({"_envops": {"undefined": "jinja2.Undefined"}}))) == [
        "copier.yml _envops: lets an undefined name render as nothing; set `undefined: jinja2.StrictUndefined`."
    ]


def test_the_oldest_copier_is_named(change: Change) -> None:
    assert sentences(settings.minimum_given(change({"_min_copier_version": None}))) == [
        "copier.yml _min_copier_version: is missing; name the oldest Copier that the tests pass with."
    ]


def test_the_oldest_copier_is_raised_with_a_word(last: Template, change: Change) -> None:
    new = change({"_min_copier_version": "9.99.0"})
    assert sentences(settings.minimum_said(step(last, new, "Faster."))) == [
        "copier.yml _min_copier_version: is raised from 9.19.0 to 9.99.0 without a word; "
        "say in CHANGELOG.md that Copier 9.99.0 is needed."
    ]
    assert sentences(settings.minimum_said(step(last, new, "Needs Copier 9.99.0."))) == []
    assert sentences(settings.minimum_said(step(new, last))) == []


# -- Jinja ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("{{ now().year }}", "now"),
        ("{{ make_secret() }}", "make_secret"),
        ("{{ [1, 2] | random }}", "random"),
        ("{% set x = 9 | ans_random %}", "ans_random"),
        ("{{ [1, 2] | shuffle | join }}", "shuffle"),
        ("{{ '%Y' | strftime }}", "strftime"),
        ("{{ '~' | expanduser }}", "expanduser"),
        ("{{ _folder_name }}", "_folder_name"),
        ("{{ _copier_conf.dst_path }}", "_copier_conf.dst_path"),
    ],
)
def test_jinja_is_pure(expression: str, name: str, folder: Path, change: Change) -> None:
    said = f"uses `{name}`, so that a second render differs and an update reports edits that nobody made; ask a"
    (folder / "template/docs/new.md.jinja").write_text(expression, encoding="utf-8")
    (folder / f"template/docs/{expression.replace('/', '')}").write_text("", encoding="utf-8")
    template = change(
        {"_exclude": [expression], "_message_after_copy": expression}, computed={"default": expression, "when": False}
    )
    assert [sentence.split(" question")[0] for sentence in sentences(purity.impure(template))] == [
        f"copier.yml _exclude: {said}",
        f"question computed: {said}",
        *(f"docs/{where}: {said}" for where in sorted(["new.md.jinja", expression])),
    ]


def test_a_word_is_no_impurity(folder: Path) -> None:
    text = "now, random {{ project_name }} {# now() #}{% raw %}{{ now() }}{% endraw %}{{ 'now' }}"
    (folder / "template/docs/new.md.jinja").write_text(text, encoding="utf-8")
    assert sentences(purity.impure(Template(folder))) == []


@pytest.mark.parametrize("include", ["{% include 'parts/*.md' %}", "{% include ['a.md', 'part[s].md'] %}"])
def test_included_files_are_named(include: str, folder: Path) -> None:
    (folder / "template/docs/new.md.jinja").write_text(include, encoding="utf-8")
    (found,) = sentences(purity.globbed(Template(folder)))
    assert found.startswith("docs/new.md.jinja: includes `part")
    assert found.endswith("` by a glob; name the included files one by one.")


def test_included_questions_are_named(folder: Path) -> None:
    with (folder / "copier.yml").open("a", encoding="utf-8") as config:
        config.write("---\n!include questions/*.yml\n---\n!include one.yml\n")
    assert sentences(purity.globbed(Template(folder))) == [
        "copier.yml: includes `questions/*.yml` by a glob; name the included files one by one."
    ]


# -- version and migrations -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("next", "tag next: is no version of PEP 440, so Copier would not see the release; write it as 1.2.3."),
        ("v1.2.0", "tag v1.2.0: is not the usual spelling of its version; write it as 1.2.0."),
        ("1.2.0+mine", "tag 1.2.0+mine: is not the usual spelling of its version; write it as 1.2.0."),
        ("1.0.0", "tag 1.0.0: is not newer than the last release, 1.1.0; choose a higher version."),
        ("1.1.0", "tag 1.1.0: is not newer than the last release, 1.1.0; choose a higher version."),
        ("1.1.0rc1", "tag 1.1.0rc1: is not newer than the last release, 1.1.0; choose a higher version."),
    ],
)
def test_the_tag_is_a_newer_version(tag: str, sentence: str) -> None:
    assert sentences(version.tagged(tag, Version("1.1.0"))) == [sentence]
    assert sentences(version.tagged("1.2.0rc1", Version("1.1.0"))) == []


def module(source: str) -> types.ModuleType:
    """A module of migrations with this source."""
    made = types.ModuleType("migrations")
    exec(source, made.__dict__)  # noqa: S102
    return made


def test_a_migration_has_a_version_and_says_what_it_does() -> None:
    assert sentences(version.migrations_named(module("def move(): pass\n\ndef _helper(): pass"))) == [
        "hooks/release/migrations move: is named by no version; name it by the version that needs it: v2_0_0.",
        "hooks/release/migrations move: does not say what it does; give it a docstring.",
    ]
    assert sentences(version.migrations_named(module("def v2_0_0():\n    'Moves.'"))) == []


def test_the_migrations_are_named_and_documented() -> None:
    assert sentences(version.migrations_named(migrations)) == []


def test_a_breaking_version_has_a_migration(last: Template, folder: Path, change: Change) -> None:
    (folder / "template/docs/runbook.md").unlink()
    new = change({"_exclude": [*last.settings["exclude"], "docs/runbook.md"]})
    found = rules.findings(new, Last(last, Version("1.4.0")), "2.0.0", "", module(""))
    assert sentences(found) == [
        "tag 2.0.0: is a breaking version that retires docs/runbook.md and has no migration; "
        "write hooks/release/migrations v2_0_0, which says what a project has to do."
    ]
    written = module("def v2_0_0():\n    'Moves.'")
    assert rules.findings(new, Last(last, Version("1.4.0")), "2.0.0", "", written) == []
    assert rules.findings(new, Last(last, Version("1.4.0")), "1.5.0", "", module("")) == []


# -- the command ------------------------------------------------------------------------------------------------------
def test_the_command_refuses(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shutil.copy(ROOT / "CHANGELOG.md", folder)
    (folder / "template/docs/runbook.md").unlink()
    (folder / "template/docs/new.md.jinja").write_text("{{ now() }}", encoding="utf-8")
    with pytest.raises(SystemExit, match="not safe to release: 3 found, compared with") as ended:
        release_check.main(["--template", str(folder), "--against", str(ROOT), "--tag", "later"])
    assert ended.value.code != 0
    said = [record.getMessage() for record in caplog.records]
    assert [sentence.split(":")[0] for sentence in said] == ["docs/new.md.jinja", "docs/runbook.md", "tag later"]


def test_the_command_passes(folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(release_check, "rehearse", lambda step, tag, room: ([], ["churn: none"]))
    release_check.main(["--template", str(folder), "--against", str(ROOT)])
    assert "safe to release: nothing found, compared with" in caplog.text
    assert "churn: none" in caplog.text


def test_the_command_wants_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--against", "--template"):
        with pytest.raises(SystemExit):
            release_check.main([option, str(tmp_path / "nowhere")])
    said = capsys.readouterr().err
    assert f"there is no {tmp_path / 'nowhere'}" in said
    assert f"{tmp_path / 'nowhere'} has no copier.yml" in said


def test_a_copier_yml_that_is_none(folder: Path) -> None:
    (folder / "copier.yml").write_text("<<<<<<< ours\na: {b\n", encoding="utf-8")
    (finding,), _ = release_check.check(folder, None, None)
    assert str(finding).startswith("copier.yml: can't be read (")


def test_the_template_is_taken_as_it_is(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("template/a.md", "template/.mypy_cache/b.json", "hooks/release/moves/1.0.0.yaml", "copier.yml"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x\n", encoding="utf-8")
    (source / "template/link.md").symlink_to("a.md")
    target.mkdir()
    archive.unpacked(source, target)
    assert (target / "template/link.md").is_symlink()
    assert {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()} == {
        "copier.yml",
        "hooks/release/moves/1.0.0.yaml",
        "template/a.md",
        "template/link.md",
    }


def test_the_news_are_those_since_the_last_release(tmp_path: Path, last: Template) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# C\n\n## Unreleased\n\nNew.\n\n## 0.1.0\n\nOld.\n", encoding="utf-8")
    assert "Old." not in release_check.news(tmp_path, Last(last, Version("0.1.0")))
    assert "New." in release_check.news(tmp_path, Last(last, Version("0.1.0")))
    assert "Old." in release_check.news(tmp_path, None)
