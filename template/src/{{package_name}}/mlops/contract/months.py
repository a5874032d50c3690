"""Reads months and quarters, such as 2015-01, January-2005, 01/2015 and 2015Q1, as their first day."""

import pyarrow as pa
import pyarrow.compute as pc

YEAR, QUARTER = r"(?P<year>(?:19|20)\d\d)", r"[Qq](?P<quarter>[1-4])"
QUARTERS = (rf"^{YEAR}[ -]?{QUARTER}$", rf"^{QUARTER}[ /-]?{YEAR}$")
MONTH = r"(0[1-9]|1[0-2])"
# What months look like, and their format as for `strptime`.
MONTHS = (
    (rf"^{YEAR}[-/]{MONTH}$", ("%Y-%m", "%Y/%m")),
    (rf"^{MONTH}[./-]{YEAR}$", ("%m/%Y", "%m.%Y", "%m-%Y")),
    (rf"^[A-Za-z]{{3,9}}\.?[ -]{YEAR}$", ("%B-%Y", "%B %Y", "%b-%Y", "%b %Y")),
)


def _are(text: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())


def first_days(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns the first day of each month or quarter.

    Args:
        text: All of them written alike; null where one is missing.

    Raises:
        pyarrow.ArrowInvalid: They are neither.
    """
    for pattern in QUARTERS:
        if _are(text, pattern):
            parts = pc.extract_regex(text, pattern)
            months = pc.multiply(pc.struct_field(parts, "quarter").cast(pa.int64()), 3)
            months = pc.subtract(months, 2).cast(pa.string())
            days = pc.binary_join_element_wise(pc.struct_field(parts, "year"), months, "1", "-")
            return pc.strptime(days, format="%Y-%m-%d", unit="us")
    for pattern, formats in MONTHS:
        for written in formats if _are(text, pattern) else ():
            try:
                days = pc.binary_join_element_wise(text, "01", " ")
                return pc.strptime(days, format=f"{written} %d", unit="us")
            except pa.ArrowInvalid:
                continue
    raise pa.ArrowInvalid("neither months nor quarters")
