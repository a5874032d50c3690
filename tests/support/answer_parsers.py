"""Which rendered files carry an answer, and how the real parser of each format reads it back."""

import ast
import functools
import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import Any

import hcl2
import yaml
from release import answers
from release.archive import WORDS
from release.template import ANSWERS_FILE, Rendering, Template

# An answer to each question without choices, found again wherever it is carried.
MARKERS = {
    "project_name": "marked-project-of-a-team",  # long enough for its short name to be another one
    "package_name": "marked_package",
    "description": "Marked description.",
    "author_name": "Marked Author",
    "author_email": "marked.author@example.org",
    "github_owner": "marked-owner",
}


def python(text: str) -> str:
    """Reads Python: what each node is, its names and its texts; comments are lost."""
    parts: list[str] = []
    nodes: list[Any] = [ast.parse(text)]
    while nodes:  # ast.walk looks at what each field may be, and takes three times as long
        node = nodes.pop()
        parts.append(type(node).__name__)
        for value in vars(node).values():
            if isinstance(value, str):
                parts.append(value)
            elif isinstance(value, list):
                parts += [part for part in value if isinstance(part, str)]
                nodes += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return "\0".join(parts)


def lines(text: str) -> str:
    """Reads a text line by line; the lines are kept apart by what no answer may have in it."""
    return text.replace("\n", "\0")


def make(text: str) -> str:
    """Reads a Makefile: the commands that its verbs would run."""
    verbs = re.findall(r"^([a-z-]+):.*## ", text, re.M)
    command = ["make", "--dry-run", "--always-make", "--no-builtin-rules", "--file=-", *verbs]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603
    return lines(done.stdout)


LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built

# The first pattern that fits a path. What people read is read line by line, as it stands.
READERS: dict[str, Callable[[str], Any]] = {
    "*.toml": tomllib.loads,
    "*.y*ml": lambda text: list(yaml.load_all(text, LOADER)),
    "*.json": json.loads,
    "*.tf*": hcl2.loads,
    "*.py": python,
    "Makefile": make,
    "*.mk": make,
    "*Dockerfile": lambda text: lines(text.replace("\\\n", "")),
    "*.md": lines,
    "LICENSE": lines,
    "CODEOWNERS": lines,
}


@functools.lru_cache(maxsize=256)
def read(path: str, text: str) -> Any:
    """Reads a file with the parser of its format.

    Raises:
        LookupError: There is none.
    """
    for pattern, reader in READERS.items():
        if fnmatch(PurePath(path).name, pattern):
            return reader(text)
    raise LookupError(f"{path} carries an answer: READERS needs the parser of its format")


def replaced(value: Any, texts: Mapping[str, str]) -> Any:
    """Returns what a parser gave, with other texts in all strings."""
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {replaced(key, texts): replaced(part, texts) for key, part in value.items()}
    return [replaced(part, texts) for part in value] if isinstance(value, list) else value


def occurrences(value: Any, text: str) -> int:
    """Counts how often a text stands in what a parser gave."""
    if isinstance(value, str):
        return value.count(text)
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return sum(occurrences(part, text) for part in parts)


def options(template: Template) -> list[dict[str, Any]]:
    """Returns a pairwise set of answers to the questions with choices."""
    chosen = [name for name in template.asked if name not in MARKERS]
    return answers.pairwise({name: answers.choices(template, name) or [True, False] for name in chosen})


def carrying(rendering: Rendering, questions: Iterable[str]) -> dict[str, str]:
    """Returns the files that carry the marker of one of some questions, with their texts."""
    texts = {path: rendering.text(path) for path in rendering.sources}
    return {path: text for path, text in texts.items() if any(MARKERS[name] in text for name in questions)}


def namespaces(project: str) -> dict[str, str]:
    """Returns the namespaces of a project by those of the marked one; Kubernetes allows 63 characters."""
    begin = project
    if len(f"{project}-production") > 63:
        begin = f"{project[:43]}-{_hash(project)[:8]}"
    return {f"{MARKERS['project_name']}-{name}": f"{begin}-{name}" for name in ("staging", "production")}


def short_name(project: str) -> str:
    """Returns what begins the names of buckets: at most 22 characters."""
    return project if len(project) <= 22 else f"{project[:16].removesuffix('-')}-{_hash(project)[:5]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Carriers:
    """A template of nothing but the files that carry the answers to some questions, so that it renders in no time."""

    template: Template
    marked: tuple[tuple[dict[str, Any], dict[str, Any]], ...]  # options, and what the parsers then read

    @classmethod
    def of(cls, template: Template, questions: Iterable[str], folder: Path) -> "Carriers":
        """Finds the carriers by their markers, under all options, and copies them into a folder."""
        marked = [(option, template.rendering(option | MARKERS)) for option in options(template)]
        sources = {rendering.sources[path] for _, rendering in marked for path in carrying(rendering, questions)}
        words = (template.folder / WORDS).glob("*.txt")
        for source in [template.folder / "copier.yml", *words, *sources]:
            copy = folder / source.relative_to(template.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
        found = []
        for option, rendering in marked:
            paths = [path for path, source in rendering.sources.items() if source in sources]
            found.append((option, {path: read(path, rendering.text(path)) for path in paths}))
        return cls(Template(folder), tuple(found))

    def changed(self, given: Mapping[str, str], which: int = 0) -> list[str]:
        """Renders answers, with one of the sets of options, and returns where they do not arrive as they were given."""
        option, expected = self.marked[which % len(self.marked)]
        rendering = self.template.rendering(option | given)
        texts = {marker: rendering.answers[name] for name, marker in MARKERS.items()}
        project = rendering.answers["project_name"]
        texts = namespaces(project) | {short_name(MARKERS["project_name"]): short_name(project)} | texts
        unlike = [name for name in given if rendering.answers[name] != given[name]]
        unlike += sorted({replaced(path, texts) for path in expected} ^ rendering.sources.keys())
        stored = yaml.safe_load(rendering.text(ANSWERS_FILE))
        unlike += [f"{ANSWERS_FILE}: {name}" for name in MARKERS if stored[name] != rendering.answers[name]]
        for path, content in expected.items():
            carrier = replaced(path, texts)
            if carrier != ANSWERS_FILE and read(carrier, rendering.text(carrier)) != replaced(content, texts):
                unlike.append(carrier)
        return unlike
