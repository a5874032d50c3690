"""Values that many threads want and one of them makes: a clone, a rendering of facts about a repository."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Once(Generic[Value]):
    """Makes the value of each key once; a failure is kept, too, so that nothing unreachable is tried again."""

    def __init__(self) -> None:
        """Starts without values."""
        self._made: dict[Hashable, Future[Value]] = {}
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Returns the value of a key; threads that come while it is made wait for it.

        Raises:
            Exception: What `make` raised.
        """
        with self._lock:
            first = key not in self._made
            future = self._made.setdefault(key, Future())
        if first:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()
