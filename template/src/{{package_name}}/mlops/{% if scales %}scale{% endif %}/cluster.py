"""The workers: those of the cluster that `RAY_ADDRESS` names, else processes of this machine, for this run only."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..core import untrusted_text
from ..core.errors import Refusal

# How often a piece is begun anew when its worker died: killed, out of memory, its machine gone.
RETRIES = 5
ANSWER_SECONDS = 10
TELLS = 10  # times at most that a long run says how far it is
log = logging.getLogger(__name__)


def _demand_there(address: str) -> None:
    """Asks before Ray does: where nobody answers, it waits for a minute and aborts the process."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    try:
        socket.create_connection((host, int(port)), ANSWER_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        where, why = untrusted_text.address(address), untrusted_text.reason(error, address)
        raise Refusal(
            f"there is no cluster at RAY_ADDRESS={where} ({why}): start it, write HOST:PORT, or unset it."
        ) from None


@contextmanager
def started(workers: int | None) -> Iterator[None]:
    """Connects to the cluster, or starts one of so many workers and stops it in the end.

    Raises:
        Refusal: There is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # telemetry
    # Else Ray sends this folder to every worker and makes an environment of it: they have the package already.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    import ray

    address = os.environ.get("RAY_ADDRESS")
    if address:
        _demand_there(address)
    chosen: dict[str, Any] = {} if address else {"address": "local", "num_cpus": workers, "include_dashboard": False}
    logging.getLogger("ray").setLevel(logging.ERROR)  # of workers that died it would tell at length
    ray.init(**chosen, logging_level=logging.ERROR, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


def each(work: Callable[..., Any], calls: list[tuple[Any, ...]], returns: int = 1, *, fetch: bool = True) -> list[Any]:
    """Calls a function on the workers, once for each tuple of arguments.

    Args:
        work: A function that may be called twice for the same arguments, for a worker that dies is replaced.
        calls: The arguments; what all calls share comes from `shared`.
        returns: How many values the function returns, each to be used by itself.
        fetch: Whether to bring the results here, in order; else they stay where they are, to be arguments again.

    Raises:
        Refusal: Of the first call, in order, that was refused; or workers died again and again.
    """
    import ray

    task = ray.remote(work).options(num_cpus=1, max_retries=RETRIES, num_returns=returns)
    refs = [task.remote(*arguments) for arguments in calls]
    if not fetch:
        return refs
    results, step = [], max(len(refs) // TELLS, 1)
    try:
        for number, ref in enumerate(refs, 1):
            results.append(ray.get(ref))
            if len(refs) > TELLS and number % step == 0:
                log.info("%d of %d pieces", number, len(refs))
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, Refusal):
            raise type(error.cause)(str(error.cause), error.cause.gates) from None
        raise
    except ray.exceptions.WorkerCrashedError:
        raise Refusal(
            f"piece {len(results)} lost its worker {RETRIES + 1} times: give workers more memory, or make pieces "
            "smaller (scale.piece_rows in params.yaml)."
        ) from None
    return results


def shared(value: Any) -> Any:
    """Puts a value where every worker reads it, once; give the result as an argument."""
    import ray

    return ray.put(value)
