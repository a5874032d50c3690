"""Compares what two evaluations of the same model wrote."""

import math
from typing import Any

# Numbers are written with six decimals. Another processor may round the last bit of a sum otherwise, and that moves the
# last decimal by one where it falls between two.
TOLERANCE = 1.5e-6


def differences(here: Any, there: Any, where: str = "") -> list[str]:
    """Returns where two trees of JSON differ, by the names that lead there."""
    if isinstance(here, dict) and isinstance(there, dict):
        keys = sorted({*here, *there})
        return [
            name for key in keys for name in differences(here.get(key), there.get(key), f"{where}.{key}".strip("."))
        ]
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        return [
            name
            for at, pair in enumerate(zip(here, there, strict=True))
            for name in differences(*pair, f"{where}[{at}]")
        ]
    if type(here) is type(there) is float:
        same = math.isclose(here, there, rel_tol=0, abs_tol=TOLERANCE) or (math.isnan(here) and math.isnan(there))
    else:
        same = type(here) is type(there) and here == there
    return [] if same else [where]
