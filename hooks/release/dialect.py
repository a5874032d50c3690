"""Jinja as one template configures it: what depends on a text alone is made once for all templates of a dialect.

A release has most texts of the last one, and many rules read a text.
"""

import functools
from collections.abc import Callable
from types import CodeType
from typing import Any

from copier._jinja_ext import SandboxedEnvironment
from jinja2 import meta, nodes

_KNOWN: dict[tuple[str, str, str], Any] = {}


class Dialect:
    """Copier's Jinja with the settings of a template."""

    def __init__(self, environment: SandboxedEnvironment, options: object) -> None:
        """Takes the environment, and what it was configured with."""
        self.environment, self.options = environment, repr(options)
        compiler = environment.compile

        def compiled(source: str, name: str | None = None, filename: str | None = None) -> CodeType:
            code: CodeType = self._once(f"code of {name}", source, lambda: compiler(source, name, filename))
            return code

        environment.compile = compiled  # type: ignore[assignment,method-assign]
        environment.from_string = functools.cache(environment.from_string)  # type: ignore[assignment,method-assign]

    def tree(self, text: str) -> nodes.Template:
        """Returns the syntax tree of a text.

        Raises:
            TemplateSyntaxError: It has none.
        """
        parsed: nodes.Template = self._once("tree", text, lambda: self.environment.parse(text))
        return parsed

    def needed(self, text: str) -> frozenset[str]:
        """Returns the names that a text uses and does not define itself."""
        names: frozenset[str] = self._once("names", text, lambda: self._names(self.tree(text)))
        return names

    def _names(self, parsed: nodes.Template) -> frozenset[str]:
        # Jinja leaves its own names out, and a question may have one of them: `namespace`.
        used = {node.name for node in parsed.find_all(nodes.Name) if node.ctx == "load"}
        return frozenset(meta.find_undeclared_variables(parsed) | (used & self.environment.globals.keys()))

    def _once(self, what: str, text: str, make: Callable[[], Any]) -> Any:
        key = (what, self.options, text)
        if key not in _KNOWN:
            _KNOWN[key] = make()
        return _KNOWN[key]
