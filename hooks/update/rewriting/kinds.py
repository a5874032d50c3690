"""Which files of a project name modules and paths, and how each is rewritten."""

import io
import re
import tokenize
from pathlib import PurePosixPath

from . import notebooks, python
from .names import Names
from .repeating import Rewritten
from .text import Text

LINES = re.compile(r"(.*/)?([^/]+\.ya?ml|CODEOWNERS)")
PLAIN = re.compile(
    r"(.*/)?([^/]+\.(toml|cfg|ini|mk|sh|md|rst|tf|tfvars|env\.example)|\.env\.example|(GNU)?[Mm]akefile|justfile|"
    r"Procfile|Jenkinsfile|\.(docker|git)ignore|\.gitattributes|([^/]+\.)?Dockerfile([.][^/]*)?)|\.(vscode|devcontainer)/[^/]+\.json"
)
# Written by programs, or about what was: history stays as it is.
LEFT = re.compile(
    r"(.*/)?((dvc|uv|poetry)\.lock|\.copier-answers\.ya?ml|(CHANGELOG|HISTORY|NEWS)[^/]*|MODEL_CARD\.md)|(.*/)?(decisions|adr)/.*|"
    r"(data|models|reports|mlruns|site)/.*"
)


def encoding(path: str, content: bytes) -> str:
    """Returns the encoding of a file."""
    if path.endswith(".py"):
        try:
            return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        except SyntaxError:
            return "utf-8"
    return "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"


def is_rewritten(path: str) -> bool:
    """Tells whether a file of this path may name modules and paths."""
    if LEFT.fullmatch(path):
        return False
    return PurePosixPath(path).suffix in (".py", ".ipynb") or bool(LINES.fullmatch(path) or PLAIN.fullmatch(path))


def rewrite(text: str, paths: tuple[str, str], names: Names) -> Rewritten:
    """Rewrites a file by its kind; paths are the one before and the one after the moves."""
    kind = PurePosixPath(paths[0]).suffix
    if kind == ".py":
        return python.rewrite(text, paths, names)
    if kind == ".ipynb":
        return notebooks.rewrite(text, paths, names)
    done = Text(names).rewrite(text, lines=bool(LINES.fullmatch(paths[0])))
    if kind in (".md", ".rst"):
        done.manual = []  # a sentence that names a module which was split breaks nothing
    return done
