"""Renders a Jinja2 page that the project owns."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..core.errors import UsageError
from ..core.untrusted_text import reason


def render(page: Path, values: dict[str, Any], shown: Callable[[Any], Any], functions: dict[str, Any]) -> str:
    """Renders a page, which reads its values without changing them.

    Args:
        page: Of the project.
        values: What it may show.
        shown: Makes any value harmless for who reads the page.
        functions: What it may call.

    Raises:
        UsageError: There is no such page, or Jinja2 can't render it.
    """
    if not page.is_file():
        raise UsageError(f"{page}: there is no such file. Write it, or restore it with `git restore {page}`.")
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(page.parent),
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {}
    try:
        return environment.get_template(page.name, globals=functions).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == page]
        where, why = f"{page}, line {lines[-1]}" if lines else str(page), reason(error).rstrip(".")
        raise UsageError(f"{where}: {why}. Fix the page, or restore it with `git restore {page}`.") from error
