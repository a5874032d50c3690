"""Rules about changes that change no meaning: each line of them conflicts with a team's edit, for nothing."""

import ast
import re
from collections.abc import Iterator

from release.finding import Finding
from release.step import Step

FEW = 5  # files that a release may lay out again without a word
SPACE = re.compile(r"\s+")
WORD = "reformatted"


def reformatted(step: Step) -> Iterator[Finding]:
    """Refuses many files that are only laid out in another way."""
    only = [path for path, texts in step.changed.items() if _same(path, *texts)]
    if len(only) > FEW and not step.said(WORD):
        yield Finding(
            f"{', '.join(only[:3])} and {len(only) - 3} more files",
            "are only laid out in another way, so every line of them conflicts with a team's edit",
            f"take it back, or say in CHANGELOG.md that files are {WORD}",
        )


def _same(path: str, before: str, after: str) -> bool:
    if SPACE.sub("", before) == SPACE.sub("", after):
        return True
    if not path.endswith(".py"):
        return False
    try:
        return ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    except SyntaxError:  # said by the rule about files that can't be read
        return False
