"""What makes a second rendering in the same process cheaper; the files are the same."""

from types import CodeType
from typing import Any

import copier._main
import jinja2

MOST = 20_000  # compiled texts; those of a release are some hundred
_compile = jinja2.Environment.compile
_kept: dict[tuple[Any, ...], str | CodeType] = {}


def _compiled(
    self: jinja2.Environment,
    source: Any,
    name: str | None = None,
    filename: str | None = None,
    raw: bool = False,
    defer_init: bool = False,
) -> str | CodeType:
    """Compiles a text of a template, or returns what was compiled of the same text with the same settings."""
    syntax = (
        self.block_start_string,
        self.block_end_string,
        self.variable_start_string,
        self.variable_end_string,
        self.comment_start_string,
        self.comment_end_string,
        self.line_statement_prefix,
        self.line_comment_prefix,
        self.trim_blocks,
        self.lstrip_blocks,
        self.newline_sequence,
        self.keep_trailing_newline,
        self.undefined,
        self.optimized,
        str(self.autoescape),
    )
    key = (type(self), tuple(sorted(self.extensions)), syntax, source, name, raw, defer_init)
    if not isinstance(source, str):
        return _compile(self, source, name, filename, raw, defer_init)
    if key not in _kept:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[key] = _compile(self, source, name, filename, raw, defer_init)
    else:
        self.preprocess(source, name, filename)  # Copier's own extension starts with each text
    return _kept[key]


def warm() -> None:
    """Changes Jinja and Copier in this process.

    Copier renders the texts of all paths again and again: compiling takes half of its time. And it starts git for each
    file, to ask for the mode in the index: a rendering is in no repository.
    """
    jinja2.Environment.compile = _compiled  # type: ignore[method-assign, assignment]
    copier._main.is_git_available = lambda: False  # type: ignore[attr-defined]
