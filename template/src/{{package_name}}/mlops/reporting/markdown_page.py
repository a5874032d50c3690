"""Renders a Jinja2 page that the project owns as Markdown, in which no value of the data is markup."""

import traceback
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..core.errors import UsageError
from ..core.untrusted_text import markdown, reason


class Markdown(str):
    """Text that is Markdown already; a page escapes any other that it shows."""


def _shown(value: Any) -> Any:
    return value if isinstance(value, Markdown | int | float) else markdown(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(_shown(value))


def table(rows: list[dict[str, Any]]) -> Markdown:
    """Returns a Markdown table of rows that have the same keys."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(row.values() for row in rows)]
    return Markdown("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))


def render(page: Path, values: dict[str, Any]) -> str:
    """Renders a page. It may call `table`, and reads its values without changing them.

    Raises:
        UsageError: There is no such page, or Jinja2 can't render it.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(page.parent),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {}
    try:
        return environment.get_template(page.name, globals={"table": table}).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == page]
        where, why = f"{page}, line {lines[-1]}" if lines else str(page), reason(error).rstrip(".")
        raise UsageError(f"{where}: {why}. Fix the page, or restore it with `git restore {page}`.") from error
