"""Names for Great Expectations, which takes `Age` and `age` for one column and checks the first twice.

Columns that it can't tell apart get names of their own while it looks at them; what it says has those of the data.
"""

from collections import Counter
from typing import Any

from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

FIELDS = ("column", "column_A", "column_B", "column_list", "column_set")


def _seen(name: str) -> str:
    """Returns a name as Great Expectations compares it."""
    return name.strip('"[]`').casefold()


def _mapped(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list | tuple | set):
        return type(value)(names.get(each, each) for each in value)
    return names.get(value, value)


def ambiguous(columns: list[str], expected: ExpectationSuite) -> dict[str, str]:
    """Returns other names for the columns of the data, or of expectations, that are not told apart by theirs."""
    asked = [getattr(one, field, None) for one in expected.expectations for field in FIELDS]
    named = {name for value in asked for name in (value if isinstance(value, list | tuple | set) else [value]) if name}
    every = sorted({*columns, *named})
    seen, taken, found = Counter(map(_seen, every)), set(map(_seen, every)), dict[str, str]()
    for name in every:
        number = 1
        while seen[_seen(name)] > 1 and (name not in found or _seen(found[name]) in taken):
            found[name] = f"{name} ({number})"
            number += 1
        taken.add(_seen(found.get(name, name)))
    return found


def renamed(expected: ExpectationSuite, names: dict[str, str]) -> ExpectationSuite:
    """Returns a suite that asks for columns by other names."""
    if not names:
        return expected

    def other(one: Expectation) -> Expectation:
        fields = [field for field in FIELDS if getattr(one, field, None)]
        return one.copy(update={field: _mapped(getattr(one, field), names) for field in fields}, deep=True)

    return ExpectationSuite(expected.name, expectations=[other(one) for one in expected.expectations])


def restore(result: Any, names: dict[str, str]) -> None:
    """Gives the columns in a result their names of the data again."""
    back = {other: name for name, other in names.items()}
    for entry in result.results if names else []:
        kwargs = entry.expectation_config.kwargs
        kwargs |= {field: _mapped(kwargs[field], back) for field in FIELDS if field in kwargs}
        for details in (entry.result.get("details", {}).get("mismatched", {}), entry.result):
            for key in ("unexpected", "missing", "observed_value"):
                if isinstance(details.get(key), list):
                    details[key] = _mapped(details[key], back)
