"""Compiles each text of Jinja once a process: the tests render the same template some thousand times.

Three fifths of the time in which Copier renders a project are Jinja's compilation.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any
from unittest import mock

from jinja2 import Environment

# What the code of a text depends on besides the text, as the names of attributes of an environment.
SETTINGS = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
    "autoescape",
    "optimized",
    "finalize",
)


@contextmanager
def kept() -> Iterator[None]:
    """Keeps the code of each text until the block ends."""
    codes: dict[tuple[Any, ...], CodeType] = {}
    compile_ = Environment.compile

    def compiled(
        self: Environment, source: Any, name: Any = None, filename: Any = None, *rest: Any, **more: Any
    ) -> Any:
        if rest or more or not isinstance(source, str):
            return compile_(self, source, name, filename, *rest, **more)
        settings = tuple(getattr(self, setting) for setting in SETTINGS)
        known = (frozenset(self.extensions), frozenset(self.filters), frozenset(self.tests))
        key = (type(self), source, name, settings, known)  # without the file's name, which only tracebacks show
        if key not in codes:
            codes[key] = compile_(self, source, name, filename)
        return codes[key]

    with mock.patch.object(Environment, "compile", compiled):
        yield
