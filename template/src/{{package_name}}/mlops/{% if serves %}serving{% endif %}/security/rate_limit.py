"""How often one key may ask, and of how many rows."""

import math
from time import monotonic

from ..model.problem import Problem


class Bucket:
    """Lets through `rate` requests or rows a second, and after a pause as many at once."""

    def __init__(self, rate: float, what: str) -> None:
        """Begins full."""
        self.rate, self.what, self.size = rate, what, max(rate, 1.0)
        self.left, self.seen = self.size, monotonic()

    def take(self) -> None:
        """Takes one.

        Raises:
            Problem: There is none; Retry-After says when there will be one.
        """
        now = monotonic()
        self.left = min(self.size, self.left + (now - self.seen) * self.rate)
        self.seen = now
        if self.left < 1:
            wait = {"Retry-After": str(math.ceil((1 - self.left) / self.rate))}
            sentence = f"this key may send {self.rate:g} {self.what} a second: wait, as Retry-After says."
            raise Problem(429, sentence, headers=wait)
        self.left -= 1

    def charge(self, more: int) -> None:
        """Takes what turned out to be needed; those who come next wait until it is paid."""
        self.left -= more
