"""A histogram for Prometheus that takes many values at once: one by one they would cost a third of a batch."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class ValueHistogram(Collector):
    """Counts values by the smallest bound that they are not above."""

    def __init__(self, name: str, text: str, bounds: Sequence[float], registry: CollectorRegistry) -> None:
        """Declares it in that registry."""
        self._name, self._text, self._bounds = name, text, [*bounds, float("inf")]
        self._counts, self._sum = np.zeros(len(self._bounds), dtype=np.int64), 0.0
        registry.register(self)

    def observe(self, values: np.ndarray) -> None:
        """Counts values, shape (rows,)."""
        if len(values) == 1:  # no numpy where its calls would cost more than the work
            value = float(values[0])
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value
        else:
            self._counts += np.bincount(np.searchsorted(self._bounds, values), minlength=len(self._bounds))
            self._sum += float(values.sum())

    def collect(self) -> Iterator[Metric]:
        """Yields the metric as Prometheus reads it; without a sum, which must grow, where values may be negative."""
        shown, counted = Metric(self._name, self._text, "histogram"), np.cumsum(self._counts).tolist()
        for bound, count in zip(self._bounds, counted, strict=True):
            le = floatToGoString(bound)  # type: ignore[no-untyped-call]
            shown.add_sample(f"{self._name}_bucket", {"le": le}, count)
        shown.add_sample(f"{self._name}_count", {}, counted[-1])
        if self._bounds[0] >= 0:
            shown.add_sample(f"{self._name}_sum", {}, self._sum)
        yield shown
