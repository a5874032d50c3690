"""Draws rows from a stream: a simple random sample in constant memory; says where it is too small.

Each row gets a random key, and the rows with the smallest are kept, so that neither their number nor their order need
be known, and none is likelier than another.
"""

import numpy as np
import pyarrow as pa


class Reservoir:
    """Keeps at most `size` rows of a stream, every set of so many rows being equally likely."""

    def __init__(self, size: int, seed: int) -> None:
        """Begins with no rows."""
        self.size, self.seen = size, 0
        self._rng = np.random.default_rng(seed)
        self._keys, self._largest = np.empty(0), 1.0
        self._rows: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Takes in further rows."""
        self.seen += len(table)
        keys = self._rng.random(len(table))
        chosen = np.flatnonzero(keys < self._largest)
        self._keys = np.concatenate([self._keys, keys[chosen]])
        self._rows.append(table.take(chosen))
        if len(self._keys) > 2 * self.size:
            self._shrink()

    def _shrink(self) -> None:
        rows = pa.concat_tables(self._rows)
        if len(rows) > self.size:
            kept = np.sort(np.argpartition(self._keys, self.size)[: self.size])
            self._keys, rows = self._keys[kept], rows.take(kept).combine_chunks()
            self._largest = float(self._keys.max())
        self._rows = [rows]

    def rows(self) -> pa.Table | None:
        """Returns the rows that were kept, in the order in which they came; None where there was none to take in."""
        if self._rows:
            self._shrink()
        return self._rows[0] if self._rows else None


def too_few(allowed: list[float], rows: int, distance: float) -> str:
    """Returns why so few rows tell nothing; nothing where they do.

    Args:
        allowed: How far each column may be from the reference, chance included.
        rows: How many predictions were compared.
        distance: How far it may be without chance.
    """
    least = min(allowed, default=0.0)
    if least <= distance:
        return ""
    return (
        f"drift was not judged: of {rows:,} predictions chance alone moves up to {least:.2f}, and monitor.distance is "
        f"{distance:.2f}: wait for more, or look further back"
    )
