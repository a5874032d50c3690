"""Branches that recorded something merge: with the driver of `make setup`, without it, and in every way git merges."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from support.template_origin import ENVIRONMENT, commit, git, put

TOOLS = ("tools/merge_driver.py", "tools/merge_rules.py")
LOCK = "stages:\n  train:\n    outs:\n    - path: models/model.skops\n      hash: md5\n      md5: {}\n"
Team = Callable[..., tuple["Clone", "Clone"]]
PRELUDE = "from churn_model.mlops.governance import audit_log, graph; from pathlib import Path\n"


@dataclass(frozen=True)
class Clone:
    """A clone of a project, of which only what is recorded matters."""

    top: Path
    source: Path
    folder: str = "."

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self.top / self.folder

    def git(self, *arguments: str, passes: bool = True) -> str:
        """Runs git in the folder, and returns what it printed."""
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=self.path, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603
        assert (done.returncode == 0) == passes, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, code: str, passes: bool = True) -> str:
        """Runs code with the project's modules, and returns what it printed."""
        environment = ENVIRONMENT | {"PYTHONPATH": str(self.source / "src"), "PYTHONUTF8": "1"}
        command = [sys.executable, "-c", PRELUDE + code]
        done = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert (done.returncode == 0) == passes, done.stdout + done.stderr
        return done.stdout if passes else done.stderr.splitlines()[-1]

    def tool(self, *arguments: str, passes: bool = True) -> str:
        """Runs the merge tool, and returns what it said."""
        command = [sys.executable, "tools/merge_driver.py", *arguments]
        done = subprocess.run(command, cwd=self.path, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603
        assert (done.returncode == 0) == passes, done.stdout + done.stderr
        return done.stderr

    def record(self, *whys: str, action: str = "register", path: str = "audit.jsonl", **facts: str) -> None:
        """Appends entries, makes the generated files of a model, and commits both."""
        said = f"path=Path({path!r}), **{facts!r}"
        self.python(f"for why in {whys!r}:\n    audit_log.append({action!r}, 'm', '1', why, {said})")
        made = {"dvc.lock": LOCK.format(whys[-1]), "metrics.json": f'{{"auc": "{whys[-1]}"}}\n'}
        put(self.path, made | {"MODEL_CARD.md": f"# Card\n\nauc {whys[-1]}\n"})
        commit(self.top, whys[-1])

    def whys(self, path: str = "audit.jsonl") -> list[str]:
        """The reasons of the entries of a log that verifies."""
        code = f"audit_log.verify(None, Path({path!r})); print([e['why'] for e in audit_log.entries(Path({path!r}))])"
        return list(json.loads(self.python(code).replace("'", '"')))

    def heads(self) -> int:
        """How many entries nothing follows."""
        return int(self.python("print(len(audit_log.heads(audit_log.entries())))"))

    def model(self) -> set[str]:
        """Which models the generated files are of."""
        names = ("dvc.lock", "metrics.json", "MODEL_CARD.md")
        return {(self.path / name).read_text().split()[-1].strip('"}') for name in names}


@pytest.fixture(scope="module")
def source(files_of: Callable[..., Path]) -> Path:
    """The files of a project that serves."""
    return files_of(maturity="intermediate")


@pytest.fixture(scope="module")
def clones(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a bare remote with a first entry, and two clones; the second one is on the branch `feature`."""

    @cache
    def make(folder: str) -> Path:
        room = tmp_path_factory.mktemp("team")
        first = Clone(room / "a", source, folder)
        first.path.mkdir(parents=True)
        git(first.top, "init", "--quiet", "--initial-branch=main")
        for name in (".gitattributes", "deploy/.gitattributes", *TOOLS):
            put(first.path, {name: (source / name).read_text(encoding="utf-8")})
        put(first.path, {"params.yaml": "seed: 0\n"})
        first.record("base")
        git(room, "clone", "--quiet", "--bare", "a", "remote.git")
        git(first.top, "remote", "add", "origin", "../remote.git")
        git(room, "clone", "--quiet", "remote.git", "b")
        git(room / "b", "remote", "set-url", "origin", "../remote.git")
        git(room / "b", "switch", "--quiet", "--create", "feature")
        return room

    return make


@pytest.fixture
def team(clones: Callable[[str], Path], source: Path, tmp_path: Path) -> Team:
    """Copies the clones, and lets git of both know the driver, unless a test is about those who have none."""

    def make(folder: str = ".", *, driver: bool = True) -> tuple[Clone, Clone]:
        shutil.copytree(clones(folder), tmp_path, dirs_exist_ok=True)
        both = Clone(tmp_path / "a", source, folder), Clone(tmp_path / "b", source, folder)
        for clone in both if driver else ():
            clone.tool("install")
        return both

    return make


def share(clone: Clone, branch: str) -> None:
    """Pushes a branch."""
    clone.git("push", "--quiet", "origin", branch)


@pytest.mark.capability("merged branches")
@pytest.mark.parametrize("folder", [".", "models of/churn"], ids=["repository", "folder of one"])
def test_two_branches_merge_by_themselves(team: Team, folder: str) -> None:
    ours, theirs = team(folder)
    ours.record("a1", "a2")
    theirs.record("b1")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    said = ours.git("merge", "--no-edit", "origin/feature")
    assert ours.whys() == ["base", "a1", "a2", "b1"]
    assert ours.heads() == 2
    assert ours.model() == {"a2"}, "none was promoted, so this side's"
    assert "those of this side (HEAD), never merged by lines: `uv run dvc checkout` brings" in said
    ours.record("after")
    assert ours.heads() == 1
    share(ours, "main")
    theirs.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    theirs.record("b2")
    assert theirs.whys() == ["base", "a1", "a2", "b1", "after", "b2"]


@pytest.mark.capability("merged branches")
@pytest.mark.parametrize("promoted", ["ours", "theirs"])
@pytest.mark.parametrize(
    ("how", "named"),
    [("merge", True), ("merge", False), ("rebase", True), ("cherry-pick", True), ("squash", True)],
    ids=["merge", "merge of entries that name no file", "rebase", "cherry-pick", "squash"],
)
def test_generated_files_are_those_of_the_champion(team: Team, how: str, promoted: str, named: bool) -> None:
    ours, theirs = team()
    for clone, name, side in ((ours, "a", "ours"), (theirs, "b", "theirs")):
        facts = {"model_hash": name * 64} | ({"model_file": name} if named else {})
        clone.record(name, action="promote" if promoted == side else "register", **facts)
    share(ours, "main")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    theirs.git("fetch", "--quiet")
    if how == "rebase":
        said, result = theirs.git("rebase", "origin/main"), theirs
    elif how == "squash":
        said, result = ours.git("merge", "--squash", "origin/feature"), ours
        commit(ours.top)
    else:
        options = ["--no-edit"] if how == "merge" else []
        said, result = ours.git(how, *options, "origin/feature"), ours
    assert result.whys() == ["base", "a", "b"]
    assert result.model() == {"a" if promoted == "ours" else "b"}
    assert ("the other side, which has the champion" in said) == (promoted == "theirs")
    assert result.git("status", "--porcelain") == ""


@pytest.mark.capability("merged branches")
@pytest.mark.parametrize(
    ("how", "staged"),
    [("merge", False), ("merge", True), ("rebase", False), ("cherry-pick", False), ("stash", False)],
    ids=["merge", "added with its markers", "rebase", "cherry-pick", "stash"],
)
def test_who_has_no_driver_resolves_afterwards(team: Team, how: str, staged: bool) -> None:
    ours, theirs = team(driver=False)
    ours.record("a", model_hash="a" * 64)
    theirs.record("b", action="promote", model_hash="b" * 64)
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    ours.git("switch", "--quiet", "--create", "mine")
    if staged:
        put(ours.path, {".gitattributes": "# of the repository itself\n"})
        commit(ours.top)
    if how == "stash":
        ours.git("reset", "--quiet", "--soft", "HEAD~1")
        ours.git("stash", "--quiet")
        ours.git("merge", "--quiet", "origin/feature")
    arguments = {"merge": ("merge", "--no-edit", "origin/feature"), "stash": ("stash", "pop")}
    ours.git(*arguments.get(how, (how, "origin/feature")), passes=False)
    assert "run `make merge`." in ours.python("audit_log.append('promote', 'm', '1', 'no')", passes=False)
    if staged:
        ours.git("add", "audit.jsonl")
    said = ours.tool()
    assert "resolved audit.jsonl\nresolved MODEL_CARD.md\nresolved dvc.lock\nresolved metrics.json\n" in said
    assert "`git status` says how to go on." in said
    first = ["b", "a"] if how in ("rebase", "stash") else ["a", "b"]
    assert ours.whys() == ["base", *first]
    assert ours.model() == {"b"}
    assert ours.tool() == "there is nothing to merge here.\n"
    if how != "stash":
        commands = {"merge": ("commit", "--no-edit"), "rebase": ("-c", "core.editor=true", "rebase", "--continue")}
        ours.git(*commands.get(how, ("-c", "core.editor=true", "cherry-pick", "--continue")))
        assert ours.git("status", "--porcelain") == ""


@pytest.mark.capability("merged branches")
def test_other_conflicts_are_left_to_a_person(team: Team) -> None:
    ours, theirs = team()
    for clone, seed in ((ours, "1"), (theirs, "2")):
        put(clone.path, {"params.yaml": f"seed: {seed}\n"})
        clone.record(seed)
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    ours.git("merge", "origin/feature", passes=False)
    assert ours.git("diff", "--name-only", "--diff-filter=U") == "params.yaml\n"
    assert "refused: still in conflict: params.yaml; resolve and `git add`" in ours.tool(passes=False)
    assert ours.whys() == ["base", "1", "2"]


@pytest.mark.capability("merged branches")
def test_markers_that_were_committed(team: Team) -> None:
    ours, theirs = team(driver=False)
    ours.record("a")
    theirs.record("b")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    ours.git("merge", "origin/feature", passes=False)
    commit(ours.top)
    ours.git("read-tree", "HEAD")  # as in a new clone: git knows the sides no more
    said = ours.tool(passes=False)
    for name in ("MODEL_CARD.md", "dvc.lock", "metrics.json"):
        assert f"refused: {name}" in said or f", {name}" in said
    assert "have been committed with conflict markers: `git rm` them, and `make run`" in said
    assert ours.whys() == ["base", "a", "b"], "a log is repaired: no line of it was lost"


@pytest.mark.capability("merged branches")
def test_three_branches_and_an_octopus(team: Team) -> None:
    ours, theirs = team()
    for name in ("one", "two", "three"):
        theirs.git("switch", "--quiet", "--create", name, "main")
        theirs.record(name)
        share(theirs, name)
    ours.git("fetch", "--quiet")
    ours.git("merge", "--no-edit", "origin/one", "origin/two", "origin/three", passes=False)
    assert ours.whys() == ["base"], "git itself takes no octopus of files that several changed"
    ours.git("reset", "--quiet", "--hard")
    for name in ("one", "two", "three"):
        ours.git("merge", "--no-edit", f"origin/{name}")
    assert ours.whys() == ["base", "one", "two", "three"]
    assert ours.heads() == 3
    ours.record("joined")
    assert len(json.loads((ours.path / "audit.jsonl").read_text().splitlines()[-1])["previous"].split(" ")) == 3
    assert ours.heads() == 1


@pytest.mark.capability("merged branches")
def test_branches_that_merged_each_other_merge_again(team: Team) -> None:
    ours, theirs = team()
    ours.record("a")
    theirs.record("b")
    share(ours, "main")
    share(theirs, "feature")
    for clone, other in ((ours, "feature"), (theirs, "main")):
        clone.git("fetch", "--quiet")
        clone.git("merge", "--no-edit", f"origin/{other}")
        clone.record(f"after {other}")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    ours.git("merge", "--no-edit", "origin/feature")
    assert ours.whys() == ["base", "a", "b", "after feature", "after main"]
    assert ours.heads() == 2


@pytest.mark.capability("merged branches")
def test_deliveries_merge_too(team: Team) -> None:
    ours, theirs = team()
    for clone in (ours, theirs):
        clone.record(clone.top.name, action="deliver", path="deploy/deliveries.jsonl", environment="staging")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    ours.git("merge", "--no-edit", "origin/feature")
    assert ours.whys("deploy/deliveries.jsonl") == ["a", "b"], "both began it"
    ours.record("c", action="deliver", path="deploy/deliveries.jsonl")
    assert ours.heads() == 1


@pytest.mark.capability("merged branches")
def test_two_champions_are_one_sentence_and_one_command(team: Team) -> None:
    ours, theirs = team()
    ours.record("a", action="promote", model_hash="a" * 64, threshold="0.5")
    theirs.record("b", action="promote", model_hash="b" * 64, threshold="0.5")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    said = ours.git("merge", "--no-edit", "origin/feature")
    sentence = f"each branch chose a champion, {'a' * 12} (by 'a@b.c') and {'b' * 12} (by 'a@b.c'): choose one, "
    assert f'{sentence}`make promote MODEL={"a" * 12} WHY="..."`.' in said
    assert ours.model() == {"a"}
    ask = "print(audit_log.chosen(audit_log.entries(), 'm')['model_hash'][0])"
    refused = ours.python(ask, passes=False)
    assert "m has 2 champions, of branches that did not know of each other, " in refused
    assert all(f"{model * 12} (by a@b.c, 20" in refused for model in "ab")
    assert "choose one, `make promote MODEL=" in refused
    ours.record("other", action="register")
    assert "m has 2 champions" in ours.python(ask, passes=False), "an entry of another kind decides nothing"
    ours.record("decided", action="promote", model_hash="b" * 64, threshold="0.5")
    assert ours.python(ask) == "b\n"
    # The other branch goes on without knowing, and its rollback is a choice, too.
    theirs.record("back", action="rollback", model_hash="a" * 64, threshold="0.5")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    assert "each branch chose" in ours.git("merge", "--no-edit", "origin/feature")


@pytest.mark.capability("merged branches")
@pytest.mark.parametrize("threshold", ["0.5", "0.4"])
def test_the_same_champion_of_two_branches_is_one(team: Team, threshold: str) -> None:
    ours, theirs = team()
    ours.record("a", action="promote", model_hash="a" * 64, threshold="0.5")
    theirs.record("b", action="promote", model_hash="a" * 64, threshold=threshold)
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    assert ("each branch chose" in ours.git("merge", "--no-edit", "origin/feature")) == (threshold == "0.4")
    ask = "print(audit_log.chosen(audit_log.entries(), 'm')['model_hash'][0])"
    said = ours.python(ask, passes=threshold == "0.5")
    assert said == "a\n" if threshold == "0.5" else "m has 2 champions" in said


TAMPERED: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "changed": (lambda lines: [lines[0], lines[1].replace('"a"', '"x"'), *lines[2:]], "line 2: the entry was changed"),
    "dropped": (lambda lines: [lines[0], *lines[2:]], "line 3: the entry was changed, or one before it is missing"),
    "an end dropped": (lambda lines: lines[:-1], "lacks 1 of the last commit's entries, the first is"),
    "moved": (lambda lines: [lines[0], lines[3], *lines[1:3]], "line 2: the entry was changed, or one before"),
    "twice": (lambda lines: [*lines, lines[1]], "line 5: the entry was changed"),
    "forged parent": (
        lambda lines: [*lines, lines[3].replace("previous", "previous2")],
        "line 5: the entry was changed",
    ),
    "emptied": (lambda _: [], "lacks 4 of the last commit's entries"),
}


@pytest.mark.capability("audit log")
@pytest.mark.parametrize("case", TAMPERED)
def test_what_is_wrong_after_a_merge_is_found(team: Team, case: str) -> None:
    ours, theirs = team()
    ours.record("a")
    theirs.record("b")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    ours.git("merge", "--no-edit", "origin/feature")
    ours.record("joined")
    log, (tamper, sentence) = ours.path / "audit.jsonl", TAMPERED[case]
    log.write_text("".join(tamper(log.read_text().splitlines(keepends=True))))
    assert sentence in ours.python("audit_log.append('promote', 'm', '1', 'next')", passes=False)


@pytest.mark.capability("audit log")
def test_an_entry_of_another_branch_is_not_an_end_that_was_cut_off(team: Team) -> None:
    ours, theirs = team("models of/churn")
    theirs.record("b")
    anchor = json.loads((theirs.path / "audit.jsonl").read_text().splitlines()[-1])["hash"]
    ask = f"audit_log.verify({anchor!r})"
    assert "and no branch has here: its end was cut off, or it was not pushed yet" in ours.python(ask, passes=False)
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    assert "and branch origin/feature has: merge it first, `git merge origin/feature`." in ours.python(
        ask, passes=False
    )
    ours.git("merge", "--quiet", "origin/feature")
    ours.python(ask)
    ours.git("revert", "--no-edit", "HEAD")
    assert "its end was cut off" in ours.python(ask, passes=False), "the branch had it"
    ours.git("reset", "--quiet", "--hard", "HEAD~1")
    ours.git("switch", "--quiet", "--detach", "HEAD~1")
    assert "and branch main has: merge it first, `git merge main`." in ours.python(ask, passes=False)


@pytest.mark.capability("audit log")
def test_what_git_or_dvc_took_back_comes_back(team: Team) -> None:
    """What is not committed yet is in git's stash; what is, an experiment may take back."""
    ours, _ = team()
    ours.python("audit_log.append('register', 'm', '1', 'new')")
    anchor = json.loads((ours.path / "audit.jsonl").read_text().splitlines()[-1])["hash"]
    ours.git("stash", "--quiet")
    ask = f"audit_log.verify({anchor!r})"
    assert "and git's stash has: bring it back, `git stash pop`." in ours.python(ask, passes=False)
    ours.git("stash", "pop", "--quiet")
    ours.python(ask)
    commit(ours.top)
    ours.git("checkout", "--quiet", "HEAD~1", "--", "audit.jsonl")
    said = ours.python(ask, passes=False)
    assert "audit.jsonl lacks 1 of the last commit's entries" in said
    assert (
        "`dvc exp apply`, a checkout or an edit took it back; restore it, `git checkout HEAD -- audit.jsonl`." in said
    )
    ours.git("checkout", "HEAD", "--", "audit.jsonl")
    ours.python(ask)
    ours.git("update-ref", "refs/exps/ab/cd/swift-newt", "HEAD")
    ours.git("reset", "--quiet", "--hard", "HEAD~1")
    assert "and refs/exps/ab/cd/swift-newt has: bring it back, `git checkout refs/exps/" in ours.python(
        ask, passes=False
    )


@pytest.mark.capability("audit log")
@pytest.mark.parametrize("both", [False, True], ids=["one branch", "both branches"])
@pytest.mark.parametrize("driver", [True, False])
def test_a_re_anchoring_merges_unless_both_branches_did(team: Team, both: bool, driver: bool) -> None:
    ours, theirs = team(driver=driver)
    resume = """
from churn_model.mlops.governance.audit_chain import REANCHOR, extend, lines, seal
text = audit_log.content(Path("audit.jsonl"))
said = {"action": REANCHOR, "model": "m", "version": "", "why": "broken", "broken": "x", "lost": ""}
extend(Path("audit.jsonl"), text, audit_log.made(seal(lines(text)), **said))
"""
    ours.record("a")
    for clone in (ours, theirs) if both else (theirs,):
        clone.python(resume)
        clone.record(f"{clone.top.name} resumed")
    share(theirs, "feature")
    ours.git("fetch", "--quiet")
    said = ours.git("merge", "--no-edit", "origin/feature", passes=driver and not both)
    if both or not driver:
        said = ours.tool(passes=not both)
    if both:
        assert "refused: both branches re-anchored audit.jsonl: take one of them, `git checkout --ours" in said
        ours.git("checkout", "--ours", "--", "audit.jsonl")
        ours.git("add", "audit.jsonl")
        assert ours.whys() == ["base", "a", "broken", "a resumed"]
    else:
        assert ours.whys() == ["base", "broken", "b resumed", "a"]
    ours.python("audit_log.append('register', 'm', '1', 'next')")


def test_no_repository_is_one_sentence(source: Path, tmp_path: Path) -> None:
    environment = ENVIRONMENT | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "HOME": str(tmp_path)}
    command = [sys.executable, str(source / TOOLS[0]), "install"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["refused: git can't write its settings here: run `git init`, then `make setup`."],
    )


def test_the_tool_is_of_the_grammar_of_python_3_9() -> None:
    """The one that macOS has; the driver runs with what it finds, where the project has no environment."""
    for name in TOOLS:
        text = (Path(__file__).parents[3] / "template" / name).read_text(encoding="utf-8")
        ast.parse(text, feature_version=(3, 9))
