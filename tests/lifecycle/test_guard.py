"""The update guard: what template and project changed meets, nothing of the project's is lost, and all is said."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support.guard_process import Inner
from support.template_origin import ENVIRONMENT, FIRST, GUARD, ROOT, SECOND, Made, commit, files, git, put

pytestmark = pytest.mark.e2e

RUNBOOK = "docs/runbook.md"


@pytest.fixture
def made(made: Made) -> Inner:
    """The project, with its guard in this process: that it starts as users start it is shown by `test_crash.py`."""
    return Inner(made.path, made.origin)


def test_what_both_sides_did(made: Made) -> None:
    """One update with every verdict: each edit of the project's is there afterwards, and each of the template's."""
    architecture = made.read("docs/architecture.md")
    made.work(
        {
            RUNBOOK: made.read(RUNBOOK) + "\nAsk Ada.\n",
            "docs/architecture.md": architecture.replace("\n", "\nours\n", 1),
            "docs/intended-use.md": "Ours alone.\n",
            ".dvcignore": "ours\n",
            ".gitattributes": None,
            "src/churn_model/mlops/evaluation/slices.py": None,
            "src/churn_model/mlops/core/lineage.py": made.read("src/churn_model/mlops/core/lineage.py") + "\n# ours\n",
            "notes/ours.md": "ours\n",
            "new.md": "ours\n",
            "logo.png": b"\x89PNG\0ours",
        }
    )
    template = made.origin
    template.release(
        SECOND,
        {
            f"template/{RUNBOOK}": "The template's line.\n\n" + template.read(f"template/{RUNBOOK}"),
            "template/docs/architecture.md": architecture.replace("\n", "\ntheirs\n", 1),
            "template/docs/intended-use.md.jinja": "Theirs.\n",
            "template/.gitattributes": "# theirs\n",
            "template/.dvcignore": None,
            "template/src/{{package_name}}/mlops/evaluation/slices.py": "# theirs\n",
            "template/src/{{package_name}}/mlops/core/lineage.py": None,
            "template/src/{{package_name}}/py.typed": None,
            "template/src/{{package_name}}/added.py": "# theirs\n",
            "template/new.md": "theirs\n",
            "template/logo.png": b"\x89PNG\0theirs",
        },
    )
    before = made.state()
    planned = made.update("--dry-run", code=3)
    assert made.state() == before
    done = made.guard("update")
    assert done.returncode == 3
    assert planned == {
        ".copier-answers.yml": "changed",
        ".dvcignore": "yours",
        ".gitattributes": "yours",
        RUNBOOK: "merged",
        "docs/architecture.md": "conflict",
        "logo.png": "yours",
        "new.md": "yours",
        "src/churn_model/added.py": "added",
        "src/churn_model/mlops/core/lineage.py": "yours",
        "src/churn_model/py.typed": "removed",
        "src/churn_model/mlops/evaluation/slices.py": "yours",
    }
    for path, verdict in planned.items():
        assert f"  {verdict:9} {path}" in done.stdout
    assert "lineage.py: changed here, removed from the template: your file stays" in done.stdout
    assert "slices.py: deleted or moved here, changed in the template" in done.stdout
    assert "new.md: made here and in the template: your file stays" in done.stdout
    assert "5 files need a person" in done.stdout
    assert "Ask Ada." in made.read(RUNBOOK)
    assert "The template's line." in made.read(RUNBOOK)
    conflict = made.read("docs/architecture.md")
    assert all(line in conflict for line in ("<<<<<<< yours\nours\n", f"theirs\n>>>>>>> template-{SECOND}"))
    assert "UU docs/architecture.md" in git(made.path, "status", "--porcelain")
    assert (made.path / "logo.png").read_bytes() == b"\x89PNG\0ours"
    assert made.read("docs/intended-use.md") == "Ours alone.\n"
    assert made.read("src/churn_model/added.py") == "# theirs\n"
    assert not (made.path / "src/churn_model/py.typed").exists()
    assert f"_commit: {SECOND}" in made.read(".copier-answers.yml")


def test_an_untouched_project_becomes_what_a_new_one_is(made: Made, tmp_path: Path) -> None:
    made.origin.release(SECOND, {"template/docs/new.md": "new\n", "template/.dvcignore": None})
    assert made.update() == {".copier-answers.yml": "changed", ".dvcignore": "removed", "docs/new.md": "added"}
    assert git(made.path, "ls-files", "--others") == ""
    commit(made.path)
    assert "nothing to do" in made.guard("update").stdout
    made.update(code=2)


def test_a_renamed_file_takes_the_edits_along(made: Made) -> None:
    made.work({RUNBOOK: made.read(RUNBOOK) + "\nAsk Ada.\n"})
    text = made.origin.read(f"template/{RUNBOOK}")
    made.origin.release(SECOND, {f"template/{RUNBOOK}": None, "template/docs/operations.md": text})
    assert made.update()["docs/operations.md"] == "moved"
    assert "Ask Ada." in made.read("docs/operations.md")


def test_a_file_that_the_project_moved_gets_the_changes(made: Made) -> None:
    text = made.read(RUNBOOK)
    made.work({RUNBOOK: None, "ops/runbook.md": text})
    made.origin.release(SECOND, {f"template/{RUNBOOK}": text + "\nThe template's line.\n"})
    assert made.update() == {".copier-answers.yml": "changed", "ops/runbook.md": "merged"}
    assert "The template's line." in made.read("ops/runbook.md")


OPTION = {
    "copier.yml": "\nextra:\n  type: bool\n  default: false\n  help: Writes extra.md.\n",
    "template/{% if extra %}extra.md{% endif %}.jinja": "".join(f"line {number}\n" for number in range(9)),
}


def test_an_option_off_and_on_again(made: Made) -> None:
    template = made.origin
    template.release(SECOND, {**OPTION, "copier.yml": template.read("copier.yml") + OPTION["copier.yml"]})
    assert "question  extra is new and has its default, false" in made.guard("update", "--dry-run").stdout
    assert made.update("--data", "extra=true")["extra.md"] == "added"
    commit(made.path)
    made.work({"extra.md": made.read("extra.md") + "ours\n"})
    assert made.update("--data", "extra=false", code=3)["extra.md"] == "yours"
    assert "ours" in made.read("extra.md")
    commit(made.path)
    assert made.update("--data", "extra=true", code=3)["extra.md"] == "yours"
    assert "ours" in made.read("extra.md")
    commit(made.path)
    made.update("--data", "extra=true", code=2)


def test_an_answer_that_changes_by_itself_needs_a_person(made: Made) -> None:
    choices = "default: Proprietary\n  choices: [Proprietary, MIT,"
    text = made.origin.read("copier.yml")
    assert choices in text
    made.origin.release(SECOND, {"copier.yml": text.replace(choices, "default: MIT\n  choices: [MIT,")})
    done = made.guard("update", "--dry-run")
    assert done.returncode == 3
    assert 'answer    license changed by itself, from "Proprietary" to "MIT"' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("update", "--data", "licence=MIT"),
            f"version {SECOND} of the template has no question licence; it asks project_name",
        ),
        (("update", "--data", "_src_path=x"), "has no question _src_path"),
        (("update", "--data", "unprintable=x"), "has no question unprintable"),
        (("update", "--data", "license"), "'license' is no answer: write key=value"),
        (("update", "--data", "license=GPL"), "can't be rendered with this project's answers"),
        (("update", "--to", "7.7.7"), f"the template has no version '7.7.7'; its newest release is {SECOND}"),
        (("update", "--to", "--output=x"), "expected one argument"),
        (("update", "--too"), "unrecognized arguments: --too"),
        (("upgrade",), "invalid choice"),
    ],
)
def test_bad_arguments(arguments: tuple[str, ...], sentence: str, made: Made) -> None:
    made.origin.release(SECOND, {})
    assert sentence in made.refused(*arguments)


def test_an_answer_to_what_is_not_asked_is_refused(made: Made) -> None:
    level = "\nlevel:\n  type: str\n  default: low\n  choices: [low, own]\n  help: Which.\n"
    extra = "\nextra:\n  type: bool\n  default: true\n  when: \"{{ level == 'own' }}\"\n  help: More.\n"
    made.origin.release(SECOND, {"copier.yml": made.origin.read("copier.yml") + level + extra})
    assert "with the other answers extra is not asked, so it would change nothing" in made.refused(
        "update", "--data", "extra=false"
    )
    made.update("--data", "level=own", "--data", "extra=false")
    assert "\nextra: false\n" in made.read(".copier-answers.yml")


def test_older_versions_are_refused(made: Made) -> None:
    made.origin.release(SECOND, {})
    made.update()
    commit(made.path)
    assert f"version {FIRST} of the template is older than {SECOND}" in made.refused("update", "--to", FIRST)


@pytest.mark.parametrize("staged", [True, False])
@pytest.mark.parametrize("change", [{RUNBOOK: "mine\n"}, {RUNBOOK: None}, {"new.md": "mine\n"}])
def test_uncommitted_work_is_refused(change: dict[str, str | None], staged: bool, made: Made) -> None:
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n"})
    put(made.path, change)
    if staged:
        git(made.path, "add", "--all")
    sentence = made.refused()
    assert f"has uncommitted work ({next(iter(change))}): commit or stash it first" in sentence


def test_a_merge_in_progress_is_refused(made: Made) -> None:
    git(made.path, "switch", "--quiet", "--create", "other")
    commit(made.path)
    git(made.path, "switch", "--quiet", "main")
    git(made.path, "merge", "--no-commit", "--no-ff", "--quiet", "other")
    assert "is in the middle of a merge (MERGE_HEAD): finish it first" in made.refused()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (None, "is no project of a template: .copier-answers.yml is missing"),
        ("project_name: x\n", "doesn't say which version of the template it was made from"),
        ("- [\n", "doesn't say which version"),
        ("_commit: 0.0.9\n_src_path: SOURCE\n", f"the template has no version '0.0.9'; its newest release is {FIRST}"),
        (
            f"_commit: {FIRST}\n_src_path: /no/where\n",
            "the template can't be fetched from /no/where: name a local clone",
        ),
    ],
)
def test_what_is_no_project(answers: str | None, sentence: str, made: Made) -> None:
    put(made.path, {".copier-answers.yml": answers and answers.replace("SOURCE", str(made.origin.path))})
    commit(made.path)
    assert sentence in made.refused()


def test_a_project_without_a_commit(made: Made, tmp_path: Path) -> None:
    put(tmp_path / "new", {".copier-answers.yml": made.read(".copier-answers.yml")})
    git(tmp_path / "new", "init", "--quiet")
    done = Made(tmp_path / "new", made.origin).guard("update")
    assert done.returncode == 1
    assert "has no commit: `git init`, `git add --all`, `git commit` first" in done.stderr


def test_a_folder_of_a_repository(made: Made, tmp_path: Path) -> None:
    """A project in a monorepo, updated from a folder of its own; its neighbours don't matter and don't change."""
    mono = tmp_path / "mono"
    put(
        mono,
        {"a.md": "a\n", "team/z.md": "z\n"} | {f"team/p/{name}": text for name, text in files(made.path).items()},
    )
    git(mono, "init", "--quiet")
    commit(mono)
    made.origin.release(SECOND, {"template/docs/new.md": "new\n", f"template/{RUNBOOK}": "theirs\n"})
    put(mono, {"a.md": "uncommitted\n"})
    inner = Made(mono / "team/p/docs", made.origin)
    inner.update()
    changed = set(git(mono, "status", "--porcelain").splitlines())
    assert changed == {" M a.md", "M  team/p/.copier-answers.yml", "M  team/p/docs/runbook.md", "A  team/p/docs/new.md"}
    assert (mono / "team/p/docs/runbook.md").read_text() == "theirs\n"


def test_a_name_that_git_ignores_is_not_overwritten(made: Made) -> None:
    made.work({".gitignore": made.read(".gitignore") + "/local/\n"})
    put(made.path, {"local/settings.toml": "mine\n"})
    made.origin.release(SECOND, {"template/local/settings.toml": "theirs\n"})
    assert made.update(code=3)["local/settings.toml"] == "yours"
    assert made.read("local/settings.toml") == "mine\n"


@pytest.mark.parametrize("kind", ["file", "link", "link to a folder"])
def test_what_git_ignores_where_the_template_brings_a_folder(kind: str, made: Made, tmp_path: Path) -> None:
    """Git never had it, so it could not be had back."""
    made.work({".gitignore": made.read(".gitignore") + "/deploy\n"})
    put(tmp_path, {"elsewhere/mine": "mine\n"})
    if kind == "file":
        put(made.path, {"deploy": "mine\n"})
    else:
        (made.path / "deploy").symlink_to(tmp_path / ("elsewhere/mine" if kind == "link" else "elsewhere"))
    made.origin.release(SECOND, {"template/deploy/api/run.md": "theirs\n", f"template/{RUNBOOK}": "theirs\n"})
    before = files(made.path / "deploy") if kind == "link to a folder" else (made.path / "deploy").read_bytes()
    done = made.guard("update")
    assert done.returncode == 3, done.stderr
    assert "yours     deploy/api/run.md: new in the template, but here is deploy, which is no folder" in done.stdout
    after = files(made.path / "deploy") if kind == "link to a folder" else (made.path / "deploy").read_bytes()
    assert after == before
    assert (made.path / "deploy").is_symlink() is (kind != "file")
    assert made.read(RUNBOOK) == "theirs\n"


def test_many_ignored_files_cost_nothing(made: Made) -> None:
    folder = made.path / "data/many"
    folder.mkdir(parents=True)
    for number in range(60_000):
        (folder / str(number)).touch()
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n"})
    assert made.update() == {".copier-answers.yml": "changed", RUNBOOK: "changed"}
    assert sum(1 for _ in folder.iterdir()) == 60_000


HOSTILE = """[core]
  hooksPath = HOOKS
  autocrlf = AUTOCRLF
  safecrlf = true
  excludesFile = EXCLUDES
  attributesFile = ATTRIBUTES
  quotePath = true
[status]
  showUntrackedFiles = no
  relativePaths = true
[commit]
  gpgSign = true
[diff]
  noprefix = true
  external = false
  renames = false
[merge]
  conflictStyle = diff3
  renames = false
[protocol]
  allow = never
[color]
  ui = always
[init]
  templateDir = HOOKS
[alias]
  status = !false
"""


@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
def test_hostile_settings_of_git(autocrlf: str, made: Made, tmp_path: Path) -> None:
    hook = "#!/bin/sh\necho hook >> FOLDER/called\nexit 1\n".replace("FOLDER", str(tmp_path))
    names = ("pre-commit", "post-checkout", "post-index-change", "reference-transaction", "commit-msg")
    put(tmp_path / "hooks", dict.fromkeys(names, hook))
    for name in names:
        (tmp_path / "hooks" / name).chmod(0o755)
    put(tmp_path, {"excludes": "*.md\n", "attributes": "* -text\n"})
    settings = HOSTILE.replace("HOOKS", str(tmp_path / "hooks")).replace("AUTOCRLF", autocrlf)
    settings = settings.replace("EXCLUDES", str(tmp_path / "excludes")).replace(
        "ATTRIBUTES", str(tmp_path / "attributes")
    )
    put(tmp_path, {"gitconfig": settings})
    hostile = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    made.work({RUNBOOK: made.read(RUNBOOK) + "\nAsk Ada.\n"})
    template = made.origin
    text = "The template's line.\n\n" + template.read(f"template/{RUNBOOK}")
    template.release(SECOND, {f"template/{RUNBOOK}": text, "template/ä.md": "new\n"})
    verdicts = made.update(**hostile)
    assert verdicts == {".copier-answers.yml": "changed", RUNBOOK: "merged", "ä.md": "added"}
    assert not (tmp_path / "called").exists()
    assert {"Ask Ada.", "The template's line."} <= set(made.read(RUNBOOK).splitlines())
    put(made.path, {"untracked": "mine\n"})
    assert "has uncommitted work" in made.refused(**hostile)


def test_an_update_is_taken_back_and_the_audit_log_stays(made: Made) -> None:
    """As `docs/how-to/roll-back.md` says, before the update is committed and after."""
    page = (ROOT / "docs/how-to/roll-back.md").read_text(encoding="utf-8")
    before, after = re.findall(r"^git restore --staged .*?(?=  +#|$)", page, re.MULTILINE)
    made.work({RUNBOOK: "ours\n", "audit.jsonl": "{}\n"})
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n", "template/docs/new.md": "new\n"})
    made.update(code=3)
    put(made.path, {"audit.jsonl": "{}\n{}\n"})
    git(made.path, *shlex.split(before)[1:])
    assert git(made.path, "status", "--porcelain") == " M audit.jsonl\n"
    git(made.path, "restore", "audit.jsonl")
    made.update(code=3)
    commit(made.path)
    made.work({"audit.jsonl": "{}\n{}\n"})
    git(made.path, "revert", "--no-commit", "HEAD^")
    git(made.path, *shlex.split(after)[1:])
    commit(made.path)
    assert (made.read(RUNBOOK), made.read("audit.jsonl")) == ("ours\n", "{}\n{}\n")
    assert f"_commit: {FIRST}" in made.read(".copier-answers.yml")
    assert not (made.path / "docs/new.md").exists()


def test_status(made: Made) -> None:
    made.origin.release("1.1.0", {"template/.dvcignore": None, "copier.yml": _parked(made)})
    made.update("--to", "1.1.0", code=0)
    put(made.path, {".dvcignore": "mine\n"})
    commit(made.path)
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n"})
    made.origin.release("3.0.0rc1", {})
    put(made.path, {RUNBOOK: "mine\n", ".gitattributes": None})
    found = json.loads(made.guard("status", "--json").stdout)
    assert (found["version"], found["newest"], found["behind"]) == ("1.1.0", SECOND, 1)
    assert (found["edited"], found["missing"], found["parked"]) == ([RUNBOOK], [".gitattributes"], [".dvcignore"])
    assert "Makefile" in found["identical"]
    text = made.guard("status").stdout
    assert f"version 1.1.0, 1 release behind {SECOND}" in text
    assert f"  edited    {RUNBOOK}\n  missing   .gitattributes\n  parked    .dvcignore" in text


def _parked(made: Made) -> str:
    text = made.origin.read("copier.yml")
    assert "_exclude: [" in text
    return text.replace("_exclude: [", "_exclude: [.dvcignore, ")


def test_the_environment_of_the_project_has_no_copier(made: Made) -> None:
    assert "copier" not in made.read("pyproject.toml")
    head = GUARD.read_text(encoding="utf-8").split("# ///")[1]
    assert "copier>=9.19,<10" in head
    done = subprocess.run(
        ["make", "template-status"],  # noqa: S607
        cwd=made.path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"version {FIRST}, the newest" in done.stdout, done.stderr
