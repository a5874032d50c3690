"""Reads a log as a graph: what each entry follows, what nothing follows yet, what came before what.

An entry names the hashes of all entries that nothing followed when it was written: one, or several after a merge of
branches. A re-anchoring seals all lines before it, and so follows all of them.
"""

import heapq
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

START, REANCHOR = "0" * 64, "re-anchor"
Entry = dict[str, Any]


def parents(entry: Entry) -> list[str]:
    """Returns the hashes that an entry names as those before it."""
    return str(entry["previous"]).split(" ")


def follows(entry: Entry, known: set[str]) -> bool:
    """Whether an entry names nothing but known ones, each once, or the start alone."""
    named = parents(entry)
    return named == [START] or (len(set(named)) == len(named) and known.issuperset(named))


def _read(chain: list[Entry]) -> tuple[list[tuple[Entry, list[str]]], list[str]]:
    """Returns each entry with those that it follows, and at last what nothing follows."""
    steps, ends = list[tuple[Entry, list[str]]](), dict[str, None]()  # ordered, unlike a set
    for entry in chain:
        before = list(ends) if entry["action"] == REANCHOR else parents(entry)
        for parent in before:
            ends.pop(parent, None)
        ends[str(entry["hash"])] = None
        steps.append((entry, before))
    return steps, list(ends)


def heads(chain: list[Entry]) -> list[str]:
    """Returns the hashes of the entries that no other follows, in their order: several after a merge of branches."""
    return _read(chain)[1]


def joined(chain: list[Entry]) -> str:
    """Returns what the next entry names as those before it."""
    return " ".join(heads(chain)) or START


def up_to(chain: list[Entry], *hashes: str) -> set[str]:
    """Returns the hashes of entries, and of all before them."""
    found = set(hashes)
    for entry, before in reversed(_read(chain)[0]):
        if entry["hash"] in found:
            found.update(before)
    return found & {str(entry["hash"]) for entry in chain}


def ordered(chain: list[Entry]) -> list[Entry]:
    """Returns entries by time, each after what it follows: in one order, whichever branch merged the other."""
    known = {str(entry["hash"]): entry for entry in chain}
    sorter = TopologicalSorter({str(entry["hash"]): known.keys() & before for entry, before in _read(chain)[0]})
    sorter.prepare()
    ready, made = list[tuple[str, str]](), list[Entry]()
    while sorter.is_active():
        for own in sorter.get_ready():
            heapq.heappush(ready, (str(known[own]["time"]), own))
        first = heapq.heappop(ready)[1]
        made.append(known[first])
        sorter.done(first)
    return made


def newest(chain: list[Entry], wanted: Callable[[Entry], bool]) -> list[Entry]:
    """Returns the entries of a kind that no other of that kind comes after: more than one only of several branches."""
    found, covered = list[Entry](), set[str]()
    for entry, before in reversed(_read(chain)[0]):
        if entry["hash"] in covered:
            covered.update(before)
        elif wanted(entry):
            found.append(entry)
            covered.update(before)
    return sorted(found, key=lambda entry: (str(entry["time"]), str(entry["hash"])))
