"""The text of a Python file with its syntax tree, edited at places that the tree names; all else stays as it is."""

import ast
import io
import tokenize
from dataclasses import dataclass, field
from functools import cached_property

Span = tuple[int, int]


@dataclass
class Source:
    """A Python file.

    Attributes:
        text: The text.
        tree: Its syntax tree.
        edits: New text by span.
    """

    text: str
    tree: ast.Module
    edits: dict[Span, str] = field(default_factory=dict)

    @cached_property
    def _lines(self) -> list[str]:
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines:
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree."""
        return list(ast.walk(self.tree))

    @cached_property
    def newline(self) -> str:
        """How lines end."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def at(self, line: int, column: int) -> int:
        """Returns the place in the text of a line and a column in bytes, as the tree counts them."""
        row = self._lines[line - 1]
        inside = column if row.isascii() else len(row.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + inside

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> Span:
        """Returns where a node is."""
        end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return self.at(node.lineno, node.col_offset), self.at(*end)

    def of(self, node: ast.expr | ast.stmt | ast.alias) -> str:
        """Returns the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_of(self, node: ast.stmt) -> tuple[str, int]:
        """Returns what is before a statement on its line, and where the line of its end ends."""
        start, end = self.span(node)
        after = self.text.find("\n", end)
        return self.text[self._starts[node.lineno - 1] : start], len(self.text) if after < 0 else after + 1

    def words(self) -> list[tuple[Span, str]]:
        """Returns strings and comments, with their quotes, and where they are."""
        kinds = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
        words = []
        for token in tokenize.generate_tokens(io.StringIO(self.text, newline="").readline):
            if token.type in kinds:
                start = self._starts[token.start[0] - 1] + token.start[1]
                span = (start, start + len(token.string))
                if self.text[slice(*span)] == token.string:  # not so in an f-string with doubled braces
                    words.append((span, token.string))
        return words

    @cached_property
    def bound(self) -> set[str]:
        """Names that something but an import binds, in any scope."""
        names = set()
        for node in self.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or (
                isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name
            ):
                names.add(node.name)
        return names

    def result(self) -> str:
        """Returns the text with the edits."""
        parts, at = [], 0
        for (start, end), new in sorted(self.edits.items()):
            parts += [self.text[at:start], new]
            at = end
        return "".join([*parts, self.text[at:]])
