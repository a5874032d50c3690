"""Rewrites a Python file: imports, uses of modules, and the strings and comments that name modules and paths."""

import ast
import re

from .imports import Imports
from .names import Names, package
from .repeating import Rewritten
from .source import Source
from .text import Text
from .usage import Usage


def rewrite(text: str, paths: tuple[str, str], names: Names) -> Rewritten:
    """Rewrites a Python file.

    Args:
        text: The file.
        paths: Its path before and after the moves.
        names: The moves.

    Returns:
        The file; left alone, with a sentence, where Python can't read it.
    """
    done = Rewritten(text)
    try:
        source = Source(text, ast.parse(text))
        _edit(source, paths, names, done)
    except (SyntaxError, ValueError) as error:
        return _unread(text, names, error)
    done.text = source.result()
    try:
        if source.edits:
            ast.parse(done.text)
    except (SyntaxError, ValueError) as error:
        return _unread(text, names, error)
    return done


def _edit(source: Source, paths: tuple[str, str], names: Names, done: Rewritten) -> None:
    usage = Usage(source, names, done)
    old, new = map(package, paths)
    imports = Imports(source, names, old, new, usage.used, done)
    imported = {}
    for node in source.nodes:
        base = imports.absolute(node) if isinstance(node, ast.ImportFrom) else None
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else []:
            whole = f"{base}.{alias.name}" if base else alias.name
            if whole in names.names and (base or alias.asname):
                imported[alias.asname or alias.name] = whole
    usage.split(imported)
    usage.chains()
    for node in source.nodes:
        if isinstance(node, ast.Import):
            imports.plain(node)
        elif isinstance(node, ast.ImportFrom):
            imports.from_(node)
    _words(source, names, done)


def _words(source: Source, names: Names, done: Rewritten) -> None:
    """Rewrites strings and comments; what can't follow is said of strings that are values."""
    texts = Text(names)
    if not texts.touches(source.text):
        return
    shown = {node.value.lineno for node in source.nodes if isinstance(node, ast.Expr)}
    for (start, end), word in source.words():
        inner = {span: edit for span, edit in source.edits.items() if start <= span[0] and span[1] <= end}
        part = Source(word, source.tree, {(a - start, b - start): edit for (a, b), edit in inner.items()}).result()
        rewritten = texts.rewrite(part, before=source.text[max(0, start - 12) : start])
        line = source.text.count("\n", 0, start) + 1
        if not word.startswith("#") and line not in shown:
            done.manual += [re.sub(r"^line \d+", f"line {line}", sentence) for sentence in rewritten.manual]
        done.changes |= rewritten.changes
        if rewritten.text != word:
            for span in inner:
                del source.edits[span]
            source.edits[start, end] = rewritten.text


def _unread(text: str, names: Names, error: Exception) -> Rewritten:
    """Leaves a file alone that Python can't read, and says where it names what moved."""
    done = Rewritten(text)
    leaves = {old.rpartition(".")[2] for old in (*names.modules, *names.names)}
    imports = re.compile(r"^\s*(?:from|import)\s.*")
    for number, line in enumerate(text.splitlines(), 1):
        if imports.match(line) and leaves & set(re.findall(r"\w+", line)):
            done.manual.append(f"line {number}: `{line.strip()}` may name a module that moved")
    changed = Text(names).rewrite(text)
    if done.manual or changed.changes:
        where = f"line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else "a line"
        moved = [f"{old} is now {new}" for old, new in changed.changes.items()]
        done.manual = [f"left as it is, for Python can't read {where}", *done.manual, *moved]
    return done
