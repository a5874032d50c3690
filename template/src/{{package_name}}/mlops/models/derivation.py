"""Checks what `derive` of `features.py` makes of rows, before a model learns from it."""

from collections.abc import Callable

import pandas as pd

from ..core.errors import UsageError
from ..core.untrusted_text import reason

SAMPLE, ALONE = 1_000, 20  # rows that are derived together, and one by one
WHERE = "features.py, derive"


def _made(derive: Callable[[pd.DataFrame], pd.DataFrame], frame: pd.DataFrame) -> pd.DataFrame:
    try:
        made = derive(frame)
    except Exception as error:  # it is anybody's code
        columns = ", ".join(map(str, frame.columns))
        raise UsageError(
            f"{WHERE}: {type(error).__name__}, {reason(error)}; the frame has the columns {columns}."
        ) from error
    if not isinstance(made, pd.DataFrame):
        raise UsageError(f"{WHERE}: it returns {type(made).__name__}; end it with `return frame.assign(...)`.")
    return made


def check(derive: Callable[[pd.DataFrame], pd.DataFrame], derived: list[str], frame: pd.DataFrame) -> None:
    """Derives some rows, together and one by one.

    Args:
        derive: Of `features.py`.
        derived: The numbers that it says it adds, `DERIVED`.
        frame: Features, as `frame.feature_frame` builds them.

    Raises:
        UsageError: It fails, changes its argument, adds, drops or reorders rows, adds other columns than it says, or
            computes a row from other rows.
    """
    given = frame.head(SAMPLE).copy()
    made = _made(derive, given)
    if not given.equals(frame.head(SAMPLE)):
        raise UsageError(f"{WHERE}: it changes the frame that it gets; return `frame.assign(...)` instead.")
    if not made.index.equals(given.index):
        raise UsageError(f"{WHERE}: it adds, drops or reorders rows; each row must stay in its place.")
    wrong = [name for name in derived if name not in made or not pd.api.types.is_numeric_dtype(made[name].dtype)]
    if wrong:
        raise UsageError(f"{WHERE}: DERIVED names {', '.join(wrong)}, which it does not add as numbers.")
    alone = pd.concat([_made(derive, given.iloc[[place]].copy()) for place in range(min(ALONE, len(given)))])
    if not alone[derived].astype(float).equals(made.head(ALONE)[derived].astype(float)):
        raise UsageError(f"{WHERE}: a row alone gets other values than among others; compute it from that row only.")
