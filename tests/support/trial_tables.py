"""Tables as people have them, each with one fault that a pipeline should see: made up, small, always the same."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
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


def a_sum(folder: Path) -> Path:
    """Visits are those of walk-ins and those of members."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(chance.randrange(60), chance.randrange(90), chance.randrange(24)) for _ in range(1000)]
    rows = [(walkins, members, hour, walkins + members) for walkins, members, hour in drawn]
    return _write(folder / "a_sum.csv", "walkins,members,hour,visits", rows)


def nearly_a_leak(folder: Path) -> Path:
    """Who has a card spends, but for one in 22: just under the limit of a leak."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(round(chance.gauss(), 2), chance.random() < 0.7, chance.random() < 0.045) for _ in range(1500)]
    rows = [(x, 0 if not has or rare else chance.randrange(1, 900), "yes" if has else "no") for x, has, rare in drawn]
    return _write(folder / "nearly_a_leak.csv", "income,spend,card", rows)


def a_copy_of_the_time(folder: Path) -> Path:
    """The time of the event twice."""
    chance = random.Random(6)  # noqa: S311
    rows = []
    for at in range(500):
        when, x = (datetime(2025, 1, 1) + timedelta(hours=4 * at)).isoformat(), round(chance.gauss(), 2)
        rows.append((when, when, x, int(chance.random() < 1 / (1 + 2.718 ** (-2 * x)))))
    return _write(folder / "a_copy_of_the_time.csv", "event_at,created_at,x,y", rows)


def a_copy_of_the_group(folder: Path) -> Path:
    """Each customer has one account, and the rows of a customer have a level of their own."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(customer, round(chance.gauss(), 2)) for customer in range(60) for _ in range(12)]
    rows = [(f"K{customer:02}", 100 + customer, x, round(customer % 7 + x, 2)) for customer, x in drawn]
    return _write(folder / "a_copy_of_the_group.csv", "customer,account_no,x,y", rows)


def minus_999(folder: Path) -> Path:
    """Ozone and temperature are -999 where the sensor failed."""
    chance = random.Random(3)  # noqa: S311
    rows = []
    for bad in (chance.random() < 0.2 for _ in range(1000)):
        temp = -999 if chance.random() < (0.97 if bad else 0.005) else round(chance.gauss(20, 5), 2)
        rows.append((temp, round(chance.gauss(), 2), -999 if bad else round(30 + 10 * chance.gauss(), 2)))
    return _write(folder / "minus_999.csv", "temp,x,ozone", rows)


def whole_numbers(folder: Path) -> Path:
    """Whole numbers only, in the rows that there are."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(at % 3, round(chance.gauss(), 2)) for at in range(700)]
    rows = [(idle, x, int(x + chance.gauss(0, 0.5) > 0)) for idle, x in drawn]
    return _write(folder / "whole_numbers.csv", "idle,x,y", rows)


def like_names(folder: Path) -> Path:
    """Two columns whose names differ by case only, with other ranges, and one with spaces around its name."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(chance.randrange(20, 70), chance.randrange(30, 39), round(chance.gauss(), 2)) for _ in range(300)]
    rows = [(older, younger, x, int(x + chance.gauss(0, 0.5) > 0)) for older, younger, x in drawn]
    return _write(folder / "like_names.csv", "Age,age, x ,y", rows)


def empty_while_labeled(folder: Path) -> Path:
    """A column that begins after the last label: no row to train with has a value of it."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(at, round(chance.gauss(), 2)) for at in range(400)]
    rows = [(x, at % 7 if at >= 300 else "", round(2 * x + chance.gauss(), 2) if at < 300 else "") for at, x in drawn]
    return _write(folder / "empty_while_labeled.csv", "x,late,y", rows)


def claims(folder: Path) -> Path:
    """A count: most rows have none, one row each has 5 and 6."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(round(chance.random(), 2), at) for at in range(800)]
    rows = [(exposure, min(4, int(chance.expovariate(1 / (0.2 + exposure))))) for exposure, _ in drawn]
    return _write(folder / "claims.csv", "exposure,claims", [*rows, (0.9, 5), (0.8, 6)])


def numbers_of_people(folder: Path) -> Path:
    """Amounts with $ and k, percentages, amounts in parentheses, one odd text among scores, NA for North America."""
    chance = random.Random(3)  # noqa: S311
    rows = []
    for at in range(1000):
        price, balance, place = chance.uniform(200, 9000), chance.gauss(0, 50), chance.choice(["NA", "EU", "AS", ""])
        score = "n.a.*" if at == 9 else 2 * chance.randrange(1, 56)
        worth = {"NA": 9, "EU": 3, "AS": 5, "": 0}[place] + price / 2000 + balance / 50 + chance.gauss(0, 0.5)
        written = f"${price / 1000:.2f}k" if price >= 1000 else f"${price:.0f}"
        signed = f"({-balance:.2f})" if balance < 0 else f"{balance:.2f}"
        rows.append((written, signed, f"{chance.random():.1%}", score, place, round(worth, 2)))
    return _write(folder / "numbers_of_people.csv", "price,balance,rate,score,place,y", rows)


def one_class_in_two_spellings(folder: Path) -> Path:
    """>50K. in the second half of the rows, >50K in the first."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(at, round(chance.gauss(), 2)) for at in range(600)]
    rows = [(x, f"{'>' if x + chance.gauss(0, 0.5) > 0 else '<='}50K{'.' if at >= 300 else ''}") for at, x in drawn]
    return _write(folder / "one_class_in_two_spellings.csv", "x,income", rows)


def a_biased_team(folder: Path) -> Path:
    """Team a got a yes far more often than team b at the same score."""
    chance = random.Random(3)  # noqa: S311
    drawn = [(chance.choice("ab"), round(chance.gauss(), 2), round(chance.gauss(), 2)) for _ in range(3000)]
    rows = []
    for team, score, x in drawn:
        odds = 2.718 ** (0.7 * score + 0.7 * x + (0.5 if team == "a" else -0.5))
        rows.append((team, score, x, "yes" if chance.random() < odds / (1 + odds) else "no"))
    return _write(folder / "a_biased_team.csv", "team,score,x,hired", rows)
