"""Finds values that occur more than once among all pieces: equal ones meet in one bucket, wherever they lie."""

import numpy as np
import pandas as pd
import pyarrow as pa

from . import cluster, pieces
from .pieces import Piece
from .tallies import UNIQUE, Tally

MOST_BUCKETS = 200
FIRST = 20


def buckets(piece: Piece, name: str, number: int) -> list[pa.Table]:
    """Returns the values of a column with their positions, in so many buckets by their hash."""
    table = pa.concat_tables(batch.select([name]) for batch in pieces.read(piece)).rename_columns(["value"])
    table = table.append_column("at", pa.array(np.arange(piece.first, piece.first + len(table))))
    table = table.filter(table["value"].is_valid())
    hashes = pd.util.hash_array(table["value"].to_numpy(), categorize=False) % number
    ordered = table.take(pa.array(np.argsort(hashes, kind="stable")))
    ends = np.cumsum(np.bincount(hashes.astype(int), minlength=number))
    return [ordered.slice(a, b - a).combine_chunks() for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def doubled(*bucket: pa.Table) -> tuple[int, int, list[tuple[int, object]]]:
    """Returns how many values a bucket has, how many rows have one that others have too, and the first such rows."""
    table = pa.concat_tables(bucket)
    grouped = table.group_by("value").aggregate([("at", "count")])
    twice = grouped.filter(pa.compute.greater(grouped["at_count"], 1))
    rows = pa.compute.sum(twice["at_count"], min_count=0).as_py()
    if not rows:
        return len(table), 0, []
    found = table.filter(pa.compute.is_in(table["value"], value_set=twice["value"].combine_chunks())).sort_by("at")
    return len(table), rows, [(row["at"], row["value"]) for row in found.slice(0, FIRST).to_pylist()]


def tally(cut: list[Piece], name: str) -> Tally:
    """Holds a column against the expectation that its values are unique."""
    number = min(max(len(cut), 2), MOST_BUCKETS)
    sorted_in = cluster.each(buckets, [(piece, name, number) for piece in cut], number, fetch=False)
    found = cluster.each(doubled, list(zip(*sorted_in, strict=True)))
    rows, bad = sum(one[0] for one in found), sum(one[1] for one in found)
    first = sorted(row for one in found for row in one[2])[:FIRST]
    result = {
        "unexpected_count": bad,
        "unexpected_percent": 100 * bad / max(rows, 1),
        "partial_unexpected_list": [value for _, value in first],
        "partial_unexpected_index_list": [place for place, _ in first[:1]],
    }
    return Tally(UNIQUE, {"column": name}, not bad, result)
