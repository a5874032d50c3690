"""What the git hooks and `make check` leave alone at first: a list that shrinks as the files are put in order."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from adopt.draft import Draft
from adopt.files import layout
from adopt.sides.repository import SUBMODULE, SYMLINK, AdoptError

CONFIG = ".pre-commit-config.yaml"
LARGE = 1_000_000  # bytes, as in the template's hook
AT_ONCE = 500
COMMENT = "# Files from before the adoption: remove a line once its file is in order."


def leave_out(draft: Draft) -> None:
    """Excludes from the hooks against large files and secrets those files from before that they would refuse.

    Raises:
        AdoptError: The template's hooks are not what this command knows.
    """
    large = _large(draft)
    texts = _texts(draft, large)
    found = {"secrets": secrets(draft, texts), "tokens": tokens(draft, texts)}
    for path in large:
        draft.say("legacy", path, "over 1 MB and in Git already: the hook against large files leaves it out")
    for path in sorted({path for files in found.values() for path in files}):
        lines = sorted({line for files in found.values() for line in files.get(path, [])})
        said = f"line {', '.join(map(str, lines))}"
        draft.say(
            "secret", path, f"{said} looks like a key or password: replace it, then take the file out of the list"
        )
    config = draft.place(CONFIG)
    if config in draft.files:
        _exclude(draft, config, "large-files", large)
        for hook, files in found.items():
            _exclude(draft, config, hook, sorted({*large, *files}))


def ruff_setting(draft: Draft) -> str:
    """Returns the setting with which ruff leaves out the Python files from before; empty, where there are none."""
    paths = layout.legacy(draft)
    if not paths:
        return ""
    for path in paths:
        draft.say("legacy", path, "ruff leaves it out, so that nothing reformats it")
    lines = "".join(f"    {json.dumps(layout.pattern(path), ensure_ascii=False)},\n" for path in paths)
    return f"{COMMENT}\nextend-exclude = [\n{lines}]\n"


def _exclude(draft: Draft, config: str, hook: str, paths: list[str]) -> None:
    if not paths:
        return
    block = re.search(rf"(?m)^      - id: {hook}\n(?:^        .*\n)+", draft.text(config))
    if block is None:
        message = f"the template's {CONFIG} has no hook {hook}: take the command from a checkout of the same release"
        raise AdoptError(message)
    lines = "".join(f"            {'| ' if number else ''}{re.escape(path)}\n" for number, path in enumerate(paths))
    text = f"        {COMMENT}\n        exclude: |\n          (?x)^(\n{lines}          )$\n"
    draft.swap(config, block[0], block[0] + text)


def _files(draft: Draft) -> list[str]:
    entries = draft.repository.entries
    return sorted(path for path, entry in entries.items() if entry.mode not in (SYMLINK, SUBMODULE))


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" not in file.read(1024)


def _large(draft: Draft) -> list[str]:
    """Returns the committed files that are large in the working tree, where Git LFS has replaced its pointers."""
    top = draft.repository.top
    return [path for path in _files(draft) if (top / path).is_file() and (top / path).stat().st_size > LARGE]


def _entry(draft: Draft, name: str) -> str:
    """Returns what a hook of the template runs or looks for; nothing where the template has no such hook."""
    config = yaml.safe_load(draft.files.get(draft.place(CONFIG), b"repos: []"))
    hooks: dict[str, Any] = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    return str(hooks[name]["entry"]) if name in hooks else ""


def _texts(draft: Draft, large: list[str]) -> list[str]:
    """Returns the committed text files that are not large."""
    top, left = draft.repository.top, {*large}
    return [path for path in _files(draft) if path not in left and (top / path).is_file() and _is_text(top / path)]


def tokens(draft: Draft, texts: list[str]) -> dict[str, list[int]]:
    """Returns what the template's hook against tokens, a pattern, finds in these files: lines by path."""
    entry = _entry(draft, "tokens")
    if not entry:
        return {}
    pattern, found = re.compile(entry.encode()), {}
    for path in texts:
        lines = (draft.repository.top / path).read_bytes().split(b"\n")
        found[path] = [number for number, line in enumerate(lines, 1) if pattern.search(line)]
    return {path: numbers for path, numbers in found.items() if numbers}


def secrets(draft: Draft, texts: list[str]) -> dict[str, list[int]]:
    """Returns what the template's hook against secrets says of these files: lines by path."""
    entry = _entry(draft, "secrets")
    if not entry:
        return {}
    options = shlex.split(entry)
    options = options[options.index("detect-secrets-hook") + 1 :]
    found: dict[str, list[int]] = {}
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        command = [sys.executable, "-m", "detect_secrets.pre_commit_hook", "--json", *options, "--", *some]
        done = subprocess.run(command, cwd=draft.repository.top, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode not in (0, 1) or (done.returncode and not done.stdout.startswith("{")):
            message = (
                f"detect-secrets failed: {' '.join(done.stderr.split())}; run `uv sync` in the template's checkout"
            )
            raise AdoptError(message)
        results = json.loads(done.stdout)["results"] if done.returncode else {}
        found |= {path: sorted({one["line_number"] for one in listed}) for path, listed in results.items()}
    return found
