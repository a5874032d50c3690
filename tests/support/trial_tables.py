"""Tables as people have them, each with one fault that a pipeline should see: made up, small, always the same."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def _write(path: Path, head: str, rows: Iterable[Iterable[Any]]) -> Path:
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def panel(folder: Path) -> Path:
    """40 shops in 10 years, nearly all of them still open in the last one."""
    chance = random.Random(3)  # noqa: S311
    years = [(shop, year) for shop in range(40) for year in range(2010, 2020) if shop >= 3 or year < 2017]
    rows = [
        (f"shop{shop}", year, round(chance.gauss(), 2), round(50 + shop + chance.gauss(), 2)) for shop, year in years
    ]
    return _write(folder / "panel.csv", "shop,year,x,sales", rows)


def one_large_group(folder: Path) -> Path:
    """Five sites, one of which has six rows in ten."""
    chance = random.Random(3)  # noqa: S311
    drawn = [("big" if at % 10 < 6 else f"s{at % 10}", round(chance.gauss(), 2)) for at in range(600)]
    rows = [(site, x, round(x + chance.gauss(0, 0.5), 2)) for site, x in drawn]
    return _write(folder / "one_large_group.csv", "site,x,y", rows)


def coins_in_copies(folder: Path) -> Path:
    """Labels by coin, each row about five times: nothing can be learned, and everything remembered."""
    chance = random.Random(3)  # noqa: S311
    base = [(round(chance.gauss(), 2), round(chance.gauss(), 2), chance.randrange(2)) for _ in range(300)]
    return _write(folder / "coins_in_copies.csv", "a,b,y", [chance.choice(base) for _ in range(1500)])


def dates_as_numbers(folder: Path) -> Path:
    """A day as the number 20190103."""
    chance = random.Random(3)  # noqa: S311
    rows = [
        (20190101 + at % 28 + 100 * (at // 28), round(chance.gauss(), 2), at % 7 + chance.random()) for at in range(300)
    ]
    return _write(folder / "dates_as_numbers.csv", "day,x,y", rows)
