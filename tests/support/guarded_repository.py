"""A small project and the guard's own modules in this process: an update without Copier, in a tenth of a second.

What happens at the same time (an editor that saves, a commit, a kill) is done between two steps of the guard: its calls
of git and its calls of the operating system.
"""

import copy
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from support.template_origin import ENVIRONMENT, GUARD, commit, git, put
from support.template_origin import files as content

ANSWERS = ".copier-answers.yml"
STEPS = ("rename", "replace", "link", "symlink", "unlink", "rmdir", "mkdir")


def _modules() -> SimpleNamespace:
    """Imports the guard as its script does; the template's own folder stays without bytecode."""
    with mock.patch.object(sys, "dont_write_bytecode", new=True):
        sys.path.append(str(GUARD.parent))
        import applying
        import merging
        import obstacles
        import project
        import repository
        import temporary
        from writing import files, index
    modules = (applying, files, index, merging, obstacles, project, repository, temporary)
    return SimpleNamespace(**{module.__name__.rpartition(".")[2]: module for module in modules})


guard = _modules()
Content = dict[str, str]


def answers(version: str) -> Content:
    """What a project remembers of its template."""
    return {ANSWERS: f"_commit: {version}\n_src_path: ../template\n"}


@dataclass
class Guarded:
    """A project in Git, and two versions of its template, as files.

    Attributes:
        path: Its folder.
        base: The files of the version that it has.
        theirs: Those of the next one.
        room: Folder for what an update needs outside the project.
        messages: File with all that the guard said.
    """

    path: Path
    base: Content
    theirs: Content
    room: Path
    messages: Path
    merges: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> Any:
        """Plans an update as `planning.plan` does, from ready renderings, once for a commit."""
        head = self.ready()
        merge = copy.deepcopy(self.merges[head])
        guard.obstacles.keep(self.path, merge)
        return SimpleNamespace(project=guard.project.Project.at(self.path), merge=merge, head=head)

    def ready(self) -> str:
        """Merges for the last commit, where that was not done before; returns the commit."""
        head = self.git("rev-parse", "HEAD").strip()
        if head not in self.merges:
            self.merges[head] = self._merge(guard.project.Project.at(self.path), head)
        return head

    def _merge(self, project: Any, head: str) -> Any:
        room = self.room / head
        room.mkdir(parents=True)
        scratch = guard.merging.scratch_repository(project.top, room / "scratch")
        shutil.copytree(project.top / ".git/objects", room / "objects")  # as they are now, for copies too
        put(scratch, {"objects/info/alternates": f"{room / 'objects'}\n"})
        trees = []
        for name, texts in (("base", self.base | answers("1.0.0")), ("new", self.theirs | answers("2.0.0"))):
            put(room / name, {**texts})
            trees.append(guard.merging.store(room / name, scratch))
        ours = git(project.top, "rev-parse", f"{head}:{project.prefix}").strip()
        merge = guard.merging.merge(scratch, (*trees, ours), set(), "template-2.0.0")
        merge.stages.pop(ANSWERS, None)
        merge.reasons.pop(ANSWERS, None)
        merge.person.discard(ANSWERS)
        merge.result[ANSWERS] = merge.theirs[ANSWERS]
        return merge

    def copy(self, folder: Path) -> "Guarded":
        """Makes a copy, with what was planned so far."""
        shutil.copytree(self.path, folder / "p", symlinks=True)
        return replace(self, path=folder / "p", messages=folder / "messages")

    def update(self, meanwhile: Callable[[], None] = lambda: None) -> str:
        """Updates; returns the sentence of a refusal, or nothing.

        Args:
            meanwhile: What happens between the plan and the writing.
        """
        try:
            guard.applying.recover(self.path)
            with guard.applying.alone(guard.project.Project.at(self.path)):
                guard.project.Project.at(self.path).demand_clean()
                plan = self.plan()
                meanwhile()
                guard.applying.apply(plan)
        except guard.repository.GuardError as refused:
            logging.getLogger("guard").warning("refused: %s", refused)
            return str(refused)
        return ""

    def killed(self, step: int, event: Callable[[], None] | None = None) -> bool:
        """Updates in a process of its own that is killed at a step; returns False where it ended before.

        Args:
            step: The number of the step.
            event: What happens instead of the kill.
        """
        self.ready()  # its folders would be in the way of the next one
        child = os.fork()
        if child == 0:
            code = 1  # never back into pytest
            try:
                with at_step(step, event or (lambda: os.kill(os.getpid(), signal.SIGKILL))):
                    self.update()
                code = 0
            except BaseException:
                logging.getLogger("guard").exception("failed")
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, self.said()
        return os.WIFSIGNALED(status)

    def said(self) -> str:
        """All that the guard said so far."""
        return self.messages.read_text(encoding="utf-8")

    def read(self, name: str) -> str:
        """Returns a file of the project."""
        return (self.path / name).read_text(encoding="utf-8")

    def git(self, *arguments: str) -> str:
        """Runs git in the project."""
        return git(self.path, *arguments)

    def state(self) -> tuple[str, str, dict[str, bytes]]:
        """Commit, index and files."""
        return self.git("rev-parse", "HEAD"), self.git("ls-files", "--stage"), content(self.path)

    def refs(self) -> list[str]:
        """The refs of what people typed."""
        return self.git("for-each-ref", "--format=%(refname)", "refs/template-update").split()


@contextmanager
def at_step(number: int, event: Callable[[], None]) -> Iterator[list[str]]:
    """Lets an event happen before a step of an update, planning left out; yields the names of the steps so far."""
    steps: list[str] = []
    busy = False
    plan = Guarded.plan

    def unseen(project: Guarded) -> Any:
        nonlocal busy
        busy = True
        try:
            return plan(project)
        finally:
            busy = False

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal busy
            if not busy:
                steps.append(name)
                if len(steps) == number:
                    busy = True
                    event()
                    busy = False
            return real(*arguments, **options)

        return step

    with (
        mock.patch.multiple(os, **{name: wrapped(name, getattr(os, name)) for name in STEPS}),
        mock.patch.object(subprocess, "run", wrapped("git", subprocess.run)),
        mock.patch.object(Guarded, "plan", unseen),
    ):
        yield steps


BASE = {
    ".gitignore": "/local/\n/deploy\n*.log\n",
    "params.yaml": "".join(f"value_{number}: {number}\n" for number in range(30)),
    "docs/guide.md": "".join(f"Step {number}.\n" for number in range(20)),
    "src/old.py": "OLD = 1\n",
    "src/train.py": "".join(f"x{number} = {number}\n" for number in range(20)),
}
THEIRS = {
    ".gitignore": BASE[".gitignore"],
    "params.yaml": "added: true\n" + BASE["params.yaml"],
    "docs/manual.md": BASE["docs/guide.md"] + "Step 20.\n",
    "src/train.py": BASE["src/train.py"].replace("x0 = 0", "x0 = 'new'"),
    "src/new.py": "NEW = 1\n",
    "deploy/api/run.py": "RUN = 1\n",
}


def make(folder: Path, base: Content, theirs: Content, ours: Content | None = None) -> Guarded:
    """Makes a project, committed.

    Args:
        folder: Where; must be empty.
        base: Files of its version of the template.
        theirs: Files of the next version.
        ours: Files that the project has instead of the template's.
    """
    put(folder / "p", dict(base | answers("1.0.0") | (ours or {})))
    git(folder / "p", "init", "--quiet", "--template=", "--initial-branch=main")
    commit(folder / "p")
    return Guarded(folder / "p", base, theirs, folder / "room", folder / "messages")


@contextmanager
def listening(file: Path) -> Iterator[None]:
    """Writes what the guard says into a file, so that a kill loses nothing; git has no settings of the machine."""
    handler = logging.FileHandler(file)
    logging.getLogger().addHandler(handler)
    try:
        with mock.patch.dict(os.environ, ENVIRONMENT, clear=True):
            yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """A project whose template changes, adds, renames and removes files."""
    project = make(tmp_path, BASE, THEIRS)
    with listening(project.messages):
        yield project
