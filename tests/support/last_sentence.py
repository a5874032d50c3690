"""The sentence with which a command gave up: what a person reads first in what it printed."""

import re

# Lines that only repeat that something failed: of make, DVC, uv and pytest's closing line.
ECHOES = re.compile(
    r"make(\[\d+\])?: .*|ERROR: failed to reproduce .*|error: Recipe .*|=+ .* in [\d.]+s.* =+|[\d ,a-z]+ in [\d.]+s.*"
)
FAILED_TEST = re.compile(r"(FAILED|ERROR) \S+::.*")
LONGEST = 400  # characters; a sentence that is longer is cut


def last_sentence(out: str, error: str) -> str:
    """Returns the last line that says why a command failed, of standard error first; or that it printed nothing."""
    lines = [line for text in (out, error) for line in map(_plain, text.splitlines()) if line]
    telling = [line for line in lines if not ECHOES.fullmatch(line)]
    tests = [line for line in telling if FAILED_TEST.fullmatch(line)]
    return (tests or telling or lines or ["it printed nothing"])[-1][:LONGEST]


def _plain(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line).strip()
