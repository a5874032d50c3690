"""What the audit log says of the models that were champion: in which order, under which number, which was best."""

from . import audit_log, graph
from .audit_chain import Entry


def same(one: Entry, other: Entry) -> bool:
    """Whether two entries speak of the same model and threshold; up to 0.7.0 none says the threshold."""
    thresholds = {entry["threshold"] for entry in (one, other) if "threshold" in entry}
    return one["model_hash"] == other["model_hash"] and len(thresholds) <= 1


def facts(chain: list[Entry], entry: Entry) -> dict[str, str]:
    """Returns what the log says of the model of an entry; up to 0.7.0 half of it is in another entry."""
    same = [one for one in chain if one.get("model_hash") == entry["model_hash"] and one["model"] == entry["model"]]
    said: dict[str, str] = {}
    for one in [*same, entry]:
        said |= one
    return said


def line_of_champions(chain: list[Entry], name: str) -> list[Entry]:
    """Returns the entries that made the present champion and those before it; what was rolled back is left out."""
    line: list[Entry] = []
    for entry in graph.ordered(chain):
        if entry["action"] not in audit_log.CHOSEN or entry["model"] != name:
            continue
        at = [number for number, one in enumerate(line) if same(one, entry)]
        if entry["action"] == "rollback" and at:
            line = line[: at[-1] + 1]
        elif not line or not same(line[-1], entry):
            line.append(entry)
    return line


def next_number(chain: list[Entry], name: str, model_hash: str) -> int:
    """Returns the version that a model has in the log, or the next free one."""
    numbered = [entry for entry in chain if entry["model"] == name and entry.get("version", "").isdecimal()]
    own = [int(entry["version"]) for entry in numbered if entry.get("model_hash") == model_hash]
    return own[-1] if own else max((int(entry["version"]) for entry in numbered), default=0) + 1


def _better(said: dict[str, str], than: dict[str, str], lower: bool) -> bool:
    gain = float(said["value"]) - float(than["value"])
    return gain < 0 if lower else gain > 0


def best_before(chain: list[Entry], entry: Entry, held_out: str, lower: bool) -> Entry | None:
    """Returns the entry of the best champion ever on these held-out rows, unless it is the present one.

    So a row of models, each within the tolerance of the one before, does not slide down. Models that were promoted on
    other rows, or by another metric, are not comparable by what the log says of them; those that were rolled back are
    left out, for one that was too good to be true would refuse every other.

    Args:
        chain: The entries of the log.
        entry: What the log says of the present champion.
        held_out: MD5 of the held-out rows.
        lower: Whether the primary metric is better when it is lower.
    """
    if entry.get("held_out") != held_out or "value" not in entry:
        return None
    best = entry
    for one in line_of_champions(chain, entry["model"]):
        alike = all(one.get(key) == entry.get(key) for key in ("held_out", "metric")) and "value" in one
        best = one if alike and _better(one, best, lower) else best
    return best if best["model_hash"] != entry["model_hash"] else None
