"""Says what the exit codes of a verb mean to a task. Arguments: the folder of the DAGs, then codes, or `hang`.

Run by the Python of Airflow, with a `uv` on its path that ends as it is told.
"""

import json
import signal
import sys
from typing import NoReturn

sys.path.insert(0, sys.argv[1])

import calling


def timeout(*_: object) -> NoReturn:
    """Ends a task as Airflow does when its time is over."""
    raise TimeoutError


def meaning(code: str) -> str:
    """Calls the verb that ends with this code."""
    signal.alarm(2 if code == "hang" else 0)
    try:
        return json.dumps(calling.call("verb", code, meant=(10, 11)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


signal.signal(signal.SIGALRM, timeout)
sys.stdout.write(json.dumps({code: meaning(code) for code in sys.argv[2:]}))
