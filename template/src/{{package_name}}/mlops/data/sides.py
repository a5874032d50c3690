"""Deals rows to two sides, so that a share of them is held out: the latest, whole groups, or by chance."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BAND = 0.5, 2.0  # times the share that is asked for: so few and so many rows may be held out


def codes(values: pa.ChunkedArray) -> np.ndarray:
    """Numbers the values of a column, a missing one like any other, shape (rows,)."""
    encoded = pc.dictionary_encode(values, null_encoding="encode").combine_chunks()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False))


def fits(held: np.ndarray, share: float) -> bool:
    """Whether about as many rows are held out as were asked for: see `BAND`."""
    return bool(BAND[0] * share <= held.mean() <= min(BAND[1] * share, (1 + share) / 2))


def by_time(when: np.ndarray, share: float) -> np.ndarray:
    """Holds out the latest rows; where many have the time at which is cut, they go where the share is met."""
    cut = np.partition(when, int(len(when) * (1 - share)))[int(len(when) * (1 - share))]
    held, later = when >= cut, when > cut
    nearer = later.any() and abs(later.mean() - share) < abs(held.mean() - share)
    return later if nearer and not fits(held, share) else held


def by_group(groups: pa.ChunkedArray, share: float, seed: int) -> np.ndarray:
    """Holds groups out by chance; where few or large ones miss the share, they are dealt until it is met."""
    members = codes(groups)
    sizes = np.bincount(members)
    chance = np.random.default_rng(seed).random(len(sizes))
    held = (chance < share)[members]
    if fits(held, share):
        return held
    chosen, missing = [], share * len(members)
    for group in np.argsort(chance, kind="stable"):
        if abs(missing - sizes[group]) < abs(missing):
            chosen.append(group)
            missing -= sizes[group]
    return np.isin(members, chosen)


def at_random(
    labels: pa.ChunkedArray | None, firsts: np.ndarray | None, rows: int, share: float, seed: int
) -> np.ndarray:
    """Holds out a share of the rows; of each label, where labels are given; copies of a row have one chance."""
    chance = np.random.default_rng(seed).random(rows)
    chance = chance if firsts is None else chance[firsts]
    classes = np.zeros(rows, dtype=np.int64) if labels is None else codes(labels)
    held = np.zeros(rows, dtype=bool)
    for one in np.unique(classes):
        members = np.flatnonzero(classes == one)
        members = members[np.argsort(chance[members], kind="stable")]
        last = round(len(members) * share)
        if firsts is not None and 0 < last < len(members):  # never between two copies
            same = np.flatnonzero(firsts[members] == firsts[members[last - 1]])
            last = min(same[0], same[-1] + 1, key=lambda edge: abs(edge - last))
        held[members[:last]] = True
    return held
