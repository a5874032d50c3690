"""Renders a Jinja2 page that the project owns as Markdown, in which no value of the data is markup."""

from pathlib import Path
from typing import Any

from ..core.untrusted_text import markdown
from . import jinja_page


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
    """Renders a page as `jinja_page.render`; it may call `table`."""
    return jinja_page.render(page, values, _shown, {"table": table})
