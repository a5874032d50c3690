"""A Makefile that is there stays, and gets the template's commands that it lacks; what both name stays as it is."""

import re
from pathlib import Path

from adopt.draft import BESIDE, Draft

COMMANDS = f"{BESIDE}/commands.mk"
NAMES = ("GNUmakefile", "makefile", "Makefile")  # make reads the first that is there
INCLUDE = f"""
# The template's commands that are not defined above; all of them: make -f {BESIDE}/Makefile help
include {COMMANDS}
"""


def merge(draft: Draft) -> None:
    """Lets the repository's Makefile include the template's, where it has one, and says which commands both define."""
    if "Makefile" not in draft.elsewhere:
        return
    ours, theirs = draft.elsewhere["Makefile"], next(name for name in NAMES if name in draft.repository.entries)
    draft.swap(ours, "Makefile $(wildcard", f"{ours} $(wildcard")
    draft.files[COMMANDS] = Path(__file__).with_name("commands.mk").read_bytes()
    text = draft.repository.read(theirs)
    end = b"\r\n" if b"\r\n" in text else b"\n"
    gap = b"" if text.endswith(b"\n") or not text else end
    draft.files[theirs] = text + gap + INCLUDE.encode().replace(b"\n", end)
    draft.say("both", theirs, f"yours stays and gets a line at its end that includes the template's, {ours}")
    both = sorted(_commands(draft, ours) & _targets(draft.repository.text(theirs)))
    for name in both:
        draft.say("command", name, f"`make {name}` stays yours; the template's is `make -f {ours} {name}`")
    if both:
        _rename(draft, both, ours)


def _commands(draft: Draft, makefile: str) -> set[str]:
    texts = [draft.text(path) for path in draft.files if path == makefile or re.fullmatch(r"mk/[^/]+\.mk", path)]
    return {name for text in texts for name in re.findall(r"(?m)^([a-z-]+):.*## ", text)}


def _targets(text: str) -> set[str]:
    lines = re.findall(r"(?m)^([A-Za-z0-9_.][^:=\t\n]*):(?:[^=]|$)", text)
    return {word for line in lines for word in line.split()}


def _rename(draft: Draft, both: list[str], makefile: str) -> None:
    """Lets the template's workflows call the template's commands where the plain name is the repository's."""
    call = re.compile(rf"\bmake (?=({'|'.join(map(re.escape, both))})(?![\w-]))")
    for path in draft.files:
        if re.fullmatch(r"\.github/workflows/[^/]+", path):
            draft.put(path, call.sub(f"make -f {makefile} ", draft.text(path)))
