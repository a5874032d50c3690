r"""Text that is not ours, made harmless for what reads it: names and values of data, messages of libraries, addresses.

One function for each reader, and no other escapes. What a reader would obey becomes a visible escape, such as `\x1b`.
"""

import hashlib
import html as markup
import json
import re
from typing import Any
from urllib.parse import unquote

VALUE, NAME, REASON = 40, 60, 200  # characters of a value in a sentence, of a name, of what a library says
# What a terminal or a browser obeys, breaks lines at, or does not show. A fixed list, for what Python calls printable
# changes with its version.
_UNSEEN = "\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
_HIDDEN, _BEYOND_JSON = re.compile(f"[\x00-\x1f{_UNSEEN}]"), re.compile(f"[{_UNSEEN}]")
_MARKUP = re.compile(f"[\x00-\x1f{_UNSEEN}<>&\"'\\\\\u2026]")
# GitHub's runner takes `::` at the beginning of a line, spaces aside, and `##[` anywhere in it for a command.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)")
# In Markdown neither markup nor a link, a mention, or a reference.
_PLAIN = re.compile(r"[\w ,;:(){}%'\"+=/.?!-]*")
_LINK_OR_STYLE = re.compile(r"(?i)//|www\.|\bgh-\d|\b_|_\b")
_FORMULA, _NUMBER = re.compile(r"[=+\-@\t\r]"), re.compile(r"[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?")
# From where a word begins: from each of its letters, a long word would take as long as the square of its length.
_ADDRESS = re.compile(r"(?<![\w+.:-])[\w+.:-]+://[^\s'\"<>]*[^\s'\"<>().,:;]")
_SECRET = re.compile(
    r"(?i)(\b\w*(?:password|passwd|pwd|secret|token|signature|credential|key|sig)(?:\s?=\s?|[\"']\s?:\s?))"
    r"(?:'[^']*'|\"[^\"]*\"|\{[^}]*\}|[^\s,;&'\"]+)"
)
_HOSTS = re.compile(r"(?:[^:@,]*|\[[\da-fA-F:.]*\])(?::\d*)?(?:,[^:@,]*(?::\d*)?)*")
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")  # container@account is their name, no user


def _escaped(found: re.Match[str]) -> str:
    """Returns a character as Python escapes it, one that it would not escape as its number."""
    shown = found[0].encode("unicode_escape").decode()
    return f"\\x{ord(shown):02x}" if len(shown) == 1 else shown


def visible(text: object, most: int | None = None) -> str:
    """Returns a text in one line that shows what is hidden in it, cut to so many characters."""
    shown = _HIDDEN.sub(_escaped, str(text))
    return shown if most is None or len(shown) <= most else f"{shown[: most - 3]}..."


def value(text: object) -> str:
    """Returns a value of data for a sentence: quoted, cut."""
    return visible(without_credentials(repr(text)), VALUE)


def printed(text: str) -> str:
    """Returns lines for a terminal or a workflow's log, in which nothing is a command or a password."""
    shown = (visible(line.expandtabs()) for line in without_credentials(text).split("\n"))
    return "\n".join(_COMMAND.sub(lambda found: f"{found[1] or ''}\\x{ord(found[0][-1]):02x}", line) for line in shown)


def label(text: str) -> str:
    """Returns a name or category for libraries that write it into HTML or JavaScript; no two texts have one label."""
    shown = _MARKUP.sub(_escaped, text)
    if len(shown) <= NAME:
        return shown
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{shown[: NAME - 17]}\u2026{digest}"


def html(text: object) -> str:
    """Returns a text for HTML, attributes in double quotes included."""
    return markup.escape(visible(text))


def markdown(text: object) -> str:
    """Returns a text for Markdown and cells of its tables: plain, or as code, in which nothing is a link or mention."""
    shown = visible(text)
    if _PLAIN.fullmatch(shown) and not _LINK_OR_STYLE.search(shown):
        return shown
    fence = "`" * (1 + max((len(ticks) for ticks in re.findall("`+", shown)), default=0))
    space = " " if "`" in shown[:1] + shown[-1:] else ""
    return f"{fence}{space}{shown}{space}{fence}".replace("|", "\\|")


def cell(text: object) -> object:
    """Returns a cell for CSV that no spreadsheet takes for a formula."""
    formula = isinstance(text, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def as_json(tree: Any, **options: Any) -> str:
    """Returns JSON in which what is hidden is escaped; options are those of `json.dumps`."""
    text = json.dumps(tree, ensure_ascii=False, **options)
    return _BEYOND_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text)


def address(url: str) -> str:
    """Returns an address without user, password and query."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return _SECRET.sub(r"\1***", url)
    place, query = re.findall(r"^([^?#]*)([?#]?)", rest)[0]
    host = place.partition("/")[0]
    container = scheme.lower() in _CONTAINERS and re.fullmatch(r"[^:@]+@[^:@]+", host)
    hidden = "@" in host or (":" in host and "@" in place)  # some libraries let a slash stand in a password
    if hidden and not container:
        host = place.rpartition("@")[2]
        place = f"***@{host}" if _HOSTS.fullmatch(host.partition("/")[0]) else "***"
    elif not container and not _HOSTS.fullmatch(host):
        place = "***"
    return f"{scheme}://{place}{query and f'{query}***'}"


def without_credentials(text: str) -> str:
    """Returns a text whose addresses are without user, password and query."""
    return _SECRET.sub(r"\1***", _ADDRESS.sub(lambda found: address(found[0]), text))


def reason(error: object, *urls: str) -> str:
    """Returns what a library says in one line, without what those addresses keep secret."""
    text = " ".join(str(error).split())
    for url in urls:
        text = text.replace(url, address(url))
        _, mark, rest = url.partition("://")
        hidden = re.split("[:@/?#]", rest.rpartition("@")[0])
        hidden += [port for port in re.findall("(?<!/):([^:@/?#]+)", rest) if not port.isdigit()]
        hidden += re.findall(r"=([^&,;\s]*)", rest.partition("?")[2] if mark else url)
        for secret in sorted({*hidden, *map(unquote, hidden)}, key=len, reverse=True):
            text = text.replace(secret, "***") if len(secret) > 3 else text
    return visible(without_credentials(text), REASON)


def unquoted(error: object) -> str:
    """Returns what a library says of a file that it can't read, without what it quotes of the file."""
    mark = getattr(error, "problem_mark", None)
    if mark:  # of YAML
        return visible(f"line {mark.line + 1}, column {mark.column + 1}: {getattr(error, 'problem', '')}", REASON)
    text = re.sub(r"['\"].*['\"]", "...", " ".join(str(error).split()))
    return visible(re.sub(r"(got \d+):.*", r"\1", text), REASON)
