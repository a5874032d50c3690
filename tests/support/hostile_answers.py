"""Answers that hurt a parser, a reader's eye or a quoted text; and which of them may be refused."""

import builtins
import string
import unicodedata

from hypothesis import strategies as st

PRINTABLE = "\"'\\{}%#$`:|>-?*&!@[](),=~<^;/. \u00a0\u00ade\u0301é漢🎉🇩🏳\ufe0f" + string.ascii_letters + string.digits
CONTROL = "\n\r\t\0\x07\x1b\x7f\x85\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\uffff\ud800\udc80"
LOOKALIKES = [
    *("null", "Null", "~", "true", "True", "yes", "no", "on", "off", "y", "n", "nan", ".inf", "-.inf", "None", "NaN"),
    *("0", "007", "0x1F", "0o17", "0b1", "1e3", "1_000", "+1", "1.5", "12:30:45", "2025-01-01", "2025-01-01T00:00:00Z"),
    *("- a", "a: b", "? a", "| a", "> a", "&a", "*a", "!a", "!!python/object:os.system", "%TAG", "@a", "# a", "a # b"),
    *("---", "...", "{}", "[]", "{a: b}", "[a", "=", "<<", "'a", '"a', "''", '""', '"""', "'''", "\\", "\\n", "a\\"),
    *("{{ x }}", "{{", "}}", "{% raw %}", "{% endraw %}", "{# a", "${HOME}", "$(id)", "$$", "`id`", "%(a)s", "{0}"),
    *("</script>", "<!-- a", "]]>", "; rm -rf /", "' OR 1=1 --", "../..", "C:\\new", 'a\\"b', "=1+1", "&amp;"),
    *("🇩🇪 🏳️", "e\u0301", "\u1e9e", "\ufdfa", "\U0001d54f", "\u05d0\u05d1", " a", "a ", "a  b", "\u3000a", "#", ":"),
]  # fmt: skip
# They look like names, and are values or builtins.
NAMES = sorted({
    *("null", "true", "false", "on", "off", "yes", "no", "y", "n", "nan", "inf", "none", "nil", "e1", "x1f", "o17"),
    *(name for name in dir(builtins) if name.isalpha() and name.islower()),
})  # fmt: skip

# What means something to YAML, TOML, Python, Jinja, make, HCL or a shell; a letter, a digit and a blank beside them.
SPECIAL = "\"'\\{}%#$`:|>-?*&!@[](),=~<^;/. é漢a0"
LONGEST = 100  # characters of a text that every question takes


def _pairs() -> list[str]:
    """Returns few texts in which every two special characters are beside each other, in this order."""
    missing = {(first, second) for first in SPECIAL for second in SPECIAL}
    walk = SPECIAL[0]
    while missing:
        following = [second for second in SPECIAL if (walk[-1], second) in missing]
        walk += following[0] if following else min(missing)[0]
        missing.discard((walk[-2], walk[-1]))
    return [walk[at : at + LONGEST] for at in range(0, len(walk), LONGEST - 1)]


PAIRS = _pairs()
ENDS = [f"{character}a{SPECIAL[at - 1]}" for at, character in enumerate(SPECIAL)]  # each begins a text and ends one

STRANGE = st.one_of(
    st.text(PRINTABLE, min_size=3, max_size=40),
    st.text(PRINTABLE, min_size=80, max_size=210),  # long enough to be folded
    st.lists(st.sampled_from([*LOOKALIKES, *PRINTABLE]), min_size=4, max_size=20).map(" ".join),
    st.text(PRINTABLE * 9 + CONTROL, min_size=2, max_size=20),
    st.text(st.characters(), min_size=2, max_size=60),
)
DOMAIN = r"[a-z0-9-]{1,9}(\.[a-z0-9-]{1,9})+"
ADDRESSES = st.one_of(STRANGE, st.emails(), st.from_regex(rf"\A[A-Za-z0-9._+-]{{1,9}}@{DOMAIN}\Z"))


def harmless(text: str, most: int) -> bool:
    """Says whether nothing speaks against a text, so that no validator may refuse it."""
    kinds = {unicodedata.category(character) for character in text}
    doubtful = kinds & {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"} or set("\ufffc\ufffd") & set(text)
    return bool(text.strip()) and len(text) <= most and not doubtful


def harmful(text: str) -> bool:
    """Says whether a text has control characters, line ends or halves of characters, or changes the direction."""
    turns = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    kinds = {unicodedata.category(character) for character in text}
    return bool(kinds & {"Cc", "Cs", "Zl", "Zp"} or turns & set(map(unicodedata.bidirectional, text)))
