"""Says which entry of a log made the present champion; branches that did not know of each other made several."""

from ..core.errors import Refusal
from ..core.untrusted_text import visible
from .graph import Entry, newest

CHOSEN = ("promote", "rollback")
SHORT = 12


def champions(chain: list[Entry], model: str) -> list[Entry]:
    """Returns the entries that made the present champion, the oldest first: one, none, or several of several branches.

    Branches that chose the same model and threshold count as one, whose entry is the newest.
    """
    found = newest(chain, lambda entry: entry["action"] in CHOSEN and entry["model"] == model)
    distinct = {(entry.get("model_hash"), entry.get("threshold", "")): entry for entry in found}
    return sorted(distinct.values(), key=found.index)


def chosen(chain: list[Entry], model: str) -> Entry | None:
    """Returns the entry that made the present champion of a model, or None where nothing did.

    Raises:
        Refusal: Two branches chose, each without knowing of the other, and not the same model and threshold.
    """
    found = champions(chain, model)
    if len(found) > 1:
        named = " and ".join(
            f"{entry.get('model_hash', '')[:SHORT]} (by {visible(entry['actor'])}, {entry['time']})" for entry in found
        )
        raise Refusal(
            f"{model} has {len(found)} champions, of branches that did not know of each other, {named}: choose one, "
            f'`make promote MODEL={found[-1].get("model_hash", "")[:SHORT]} WHY="..."`.'
        )
    return found[0] if found else None
