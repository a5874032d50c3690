"""Further answers to try where a validator changed: those that lie next to what its text names."""

import re
from collections.abc import Iterator
from itertools import chain
from string import ascii_letters, digits, punctuation
from typing import Any

from jinja2 import nodes

from release.answers import choices, possible, refusal
from release.template import Template

SIGNS = f"{ascii_letters}{digits}{punctuation} \t\u00e9\u00df\u6f22\U0001f389"
WORD = re.compile(r"[^\s'\"|(){}\[\],]+")
NUMBER = re.compile(r"\d+")
LONGEST = 1000
BASES = 4  # accepted answers that are varied


def further(last: Template, new: Template, name: str) -> list[Any]:
    """Returns answers that the last release accepts, more than usual; none where nothing that decides has changed."""
    before, after = _deciding(last, name), _deciding(new, name)
    if before == after or choices(last, name) or last.question(name).get_type_name() != "str":
        return []
    tried = dict.fromkeys(
        [*_quoted(new, after[0]), *_named(before, after), *_varied([str(answer) for answer in possible(last, name)])]
    )
    return [answer for answer in tried if refusal(last, name, answer) is None]


def listed(last: Template, new: Template, name: str) -> set[str]:
    """Returns the answers that a computed list of the validator names, and that no list of the last release named."""
    before, after = (_words(_deciding(template, name)[1:]) for template in (last, new))
    return {spelled for word in after - before for spelled in (word, word.replace("_", "-"))}


def _words(texts: list[str]) -> set[str]:
    return {word for text in texts for word in WORD.findall(text)}


def _deciding(template: Template, name: str) -> list[str]:
    """Returns the validator of a question, and the computed values that it uses."""
    texts = [str(template.questions[name].get("validator", ""))]
    waiting = template.dialect.needed(texts[0]) - template.asked.keys()
    for used in sorted(waiting & template.questions.keys()):
        texts.append(str(template.questions[used].get("default", "")))
    return texts


def _quoted(new: Template, validator: str) -> Iterator[str]:
    """Yields the texts that a validator compares with."""
    consts = (node.value for node in new.dialect.tree(validator).find_all(nodes.Const))
    yield from (value for value in consts if isinstance(value, str))


def _named(before: list[str], after: list[str]) -> Iterator[str]:
    """Yields the words that only the new texts have, and texts as long as their numbers say, and a little longer."""
    for word in sorted(_words(after) - _words(before)):
        yield from (word, word.replace("_", "-"))
    lengths = {int(number) for text in chain(before, after) for number in NUMBER.findall(text)}
    for length in sorted(
        {near for number in lengths for near in (number, number + 1, number - 1) if 0 < near < LONGEST}
    ):
        yield from ("x" * length, ("word " * length)[: length - 1] + "x", f"{'x' * length}@b.co"[-length:])


def _varied(accepted: list[str]) -> Iterator[str]:
    for base in accepted[:BASES]:
        yield from (base.upper(), base.title(), base * 2, base[:1], base[:2], base[-1:], base[1:])
        middle = len(base) // 2
        for sign in SIGNS:
            yield from (f"{base}{sign}", f"{sign}{base}", f"{base[:middle]}{sign}{base[middle:]}")
