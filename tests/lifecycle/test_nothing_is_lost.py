"""Random edits, at random moments of saving, committing and killing, on random releases: no typed byte is ever gone.

Each save types a word that exists once. It must be in the tree, in Git, or under a ref that a message names.
`GUARD_CASES=1000` tries more cases.
"""

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.guarded_repository import ANSWERS, Content, Guarded, answers, at_step, listening, make
from support.template_origin import ENVIRONMENT

CASES = int(os.environ.get("GUARD_CASES", "20"))
PATHS = ("a.md", "docs/b.md", "docs/c/d.md", "src/e.py", "src/f.py", "g", "g/h.md", "local/i.md", "run.log")
STEPS = 60


def lines(random: random.Random, name: str) -> str:
    """A text that Git takes for the same file after a small edit."""
    return "".join(f"{name} {number} {random.random()}\n" for number in range(8))


def base(random: random.Random) -> Content:
    """A version of the template."""
    chosen = [path for path in PATHS if random.random() < 0.6 and path not in ("run.log", "local/i.md")]
    texts = {path: lines(random, path) for path in chosen if path != "g" or "g/h.md" not in chosen}
    return {".gitignore": "/local/\n*.log\n", **texts}


def release(random: random.Random, old: Content) -> Content:
    """The next version: files changed, removed, renamed, added, folders that were files, files that git ignores."""
    new = dict(old)
    for path in [path for path in old if path != ".gitignore"]:
        deed = random.randrange(5)
        if deed == 0:
            del new[path]
        elif deed == 1 and f"moved/{path}" not in new:
            new[f"moved/{path}"] = new.pop(path) + "moved\n"
        elif deed < 4:
            new[path] = f"theirs {random.random()}\n{new[path]}"
    for path in random.sample(PATHS, 3):
        if path not in new and not any(
            f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/") for other in new
        ):
            new[path] = lines(random, f"new {path}")
    return new


class Person:
    """Somebody who works in the project while the guard runs, is killed, and runs again."""

    def __init__(self, project: Guarded, chance: random.Random) -> None:
        self.project, self.random = project, chance
        self.buffers = answers("1.0.0")
        self.words: set[str] = set()

    def tries(self, *arguments: str) -> None:
        """Runs git, which may refuse."""
        subprocess.run(["git", *arguments], cwd=self.project.path, env=ENVIRONMENT, capture_output=True, check=False)  # noqa: S603, S607

    def save(self) -> None:
        """Saves a file with a new word in it, in one of the ways of editors; the buffer may be older than the file."""
        paths = [*PATHS, *self.project.base, *self.project.theirs, ANSWERS]
        path = self.random.choice(sorted(set(paths)))
        file = self.project.path / path
        if file.is_dir() or any(parent.is_file() for parent in file.parents):
            return
        word = f"typed-{len(self.words)}-{self.random.random()}"
        self.words.add(word)
        file.parent.mkdir(parents=True, exist_ok=True)
        if path not in self.buffers:
            self.buffers[path] = file.read_text() if file.exists() else ""
        self.buffers[path] += f"# {word}\n"
        if self.random.random() < 0.5:
            file.write_text(self.buffers[path])
        else:
            part = file.with_name("part.tmp")
            part.write_text(self.buffers[path])
            part.replace(file)

    def commit(self) -> None:
        """Commits everything."""
        self.tries("add", "--all")
        self.tries("commit", "--quiet", "--message", "work")

    def clean(self) -> None:
        """Throws all that is not committed away, knowingly."""
        self.tries("reset", "--quiet", "--hard")
        self.tries("clean", "--quiet", "-d", "--force", *(["-x"] if self.random.random() < 0.5 else []))
        self.words -= self.missing(everywhere=False)
        self.buffers = answers("1.0.0")

    def branch(self) -> None:
        """Goes to another branch."""
        self.tries("switch", "--quiet", "--create", f"branch-{self.random.random()}")

    def back(self) -> None:
        """Goes back to the first branch; files that are in the way stay."""
        self.tries("switch", "--quiet", "main")
        self.buffers = answers("1.0.0")

    def unlock(self) -> None:
        """Removes the lock of a killed command, as Git advises."""
        (self.project.path / ".git/index.lock").unlink(missing_ok=True)

    def act(self) -> None:
        """Does one of these things."""
        deeds: list[tuple[Callable[[], None], int]] = [
            (self.save, 8),
            (self.commit, 3),
            (self.unlock, 2),
            (self.clean, 1),
            (self.branch, 1),
            (self.back, 1),
        ]
        (deed,) = self.random.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])
        deed()

    def missing(self, *, everywhere: bool = True) -> set[str]:
        """Returns the words that are nowhere."""
        project = self.project
        said = project.said()
        refs = project.git("for-each-ref", "--format=%(refname)").split()
        named = [ref for ref in refs if not ref.startswith("refs/template-update/") or ref in said]
        objects = project.git("rev-list", "--objects", "--no-object-names", "HEAD", *named)
        objects += "".join(f"{line.split()[1]}\n" for line in project.git("ls-files", "--stage").splitlines())
        texts = subprocess.run(
            ["git", "cat-file", "--batch"],  # noqa: S607
            cwd=project.path,
            env=ENVIRONMENT,
            input=objects.encode(),
            capture_output=True,
            check=True,
        ).stdout
        files = [
            path
            for path in project.path.rglob("*")
            if path.is_file() and path.relative_to(project.path).parts[0] != ".git"
        ]
        texts += b"".join(file.read_bytes() for file in files)
        return {word for word in self.words if word.encode() not in texts}


def one(seed: int, folder: Path) -> None:
    """Plays a case to its end."""
    chance = random.Random(seed)  # noqa: S311
    old = base(chance)
    edits = {path: text + "ours\n" for path, text in old.items() if chance.random() < 0.3}
    project = make(folder, old, release(chance, old), edits)
    person = Person(project, chance)
    with listening(project.messages):
        for _ in range(chance.randint(1, 3)):
            kind = chance.choice(["plan", "write", "kill", "kill"])
            if kind == "plan":
                project.update(person.act)
            elif kind == "write":
                with at_step(chance.randint(1, STEPS), person.act):
                    project.update()
            else:
                project.killed(chance.randint(1, STEPS))
            assert not person.missing(), f"seed {seed}: {person.missing()}\n{project.said()}"
            for _ in range(chance.randint(0, 3)):
                person.act()
        for _ in range(2):
            person.unlock()
            if not project.update():
                break
            assert not person.missing(), f"seed {seed}: {person.missing()}\n{project.said()}"
            person.commit()
        else:
            assert project.update() == "", f"seed {seed}: {project.said()}"
        assert not person.missing(), f"seed {seed}: {person.missing()}\n{project.said()}"
        assert "_commit: 2.0.0" in project.read(ANSWERS), f"seed {seed}: {project.said()}"


@pytest.mark.parametrize("part", range(4))
def test_every_typed_byte_is_somewhere(part: int, tmp_path: Path) -> None:
    for seed in range(part, CASES, 4):
        one(seed, tmp_path / str(seed))
