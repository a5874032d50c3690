"""Writes the table of `docs/reference/capabilities.md` from results: `make capabilities`.

The files are what `pytest --capabilities FILE` wrote; of a test that is in several of them, the last one counts. What
no test can show here is in `not_verified.yaml`, with its reason. A capability without a passed test, or with a failed
one, is refused. With `--check` nothing is written: a page that is out of date is refused.
"""

import argparse
import ast
import difflib
import json
import sys
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/capabilities.md"
REASONS = ROOT / "hooks/docs/not_verified.yaml"
BEGIN, END = "<!-- written by hooks/docs/capabilities.py -->\n", "<!-- end -->\n"
HEADER = "| capability | executed here | checked statically | not verified |\n|---|---|---|---|\n"
KINDS = ("executed", "static")
Shown = tuple[str, str]


def marked(tests: Path = ROOT / "tests") -> set[Shown]:
    """Returns capability and kind of every mark in the tests."""
    found = set()
    for path in sorted(tests.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.capability":
                kinds = [ast.literal_eval(word.value) for word in node.keywords if word.arg == "kind"]
                found.add((ast.literal_eval(node.args[0]), kinds[0] if kinds else "executed"))
    return found


def counted(paths: list[Path]) -> dict[Shown, Counter[str]]:
    """Counts the outcomes of the tests that show a capability."""
    tests = {name: entry for path in paths for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}
    found: dict[Shown, Counter[str]] = {}
    for entry in tests.values():
        for name, kind in entry["shows"]:
            found.setdefault((name, kind), Counter())[entry["outcome"]] += 1
    return found


def problems(marks: set[Shown], found: dict[Shown, Counter[str]]) -> list[str]:
    """Returns a sentence for each capability that the results do not show, and for each result without a mark."""
    said = [
        f"{name} ({kind}): no test is marked with it any more; run the tests again" for name, kind in set(found) - marks
    ]
    for name, kind in marks:
        counts = found.get((name, kind), Counter[str]())
        if counts["failed"]:
            said.append(f"{name} ({kind}): {counts['failed']} of its tests failed; fix them and run them again")
        elif not counts["passed"]:
            said.append(f"{name} ({kind}): no test of it passed; run all tests")
    return sorted(said)


def table(found: dict[Shown, Counter[str]], reasons: dict[str, str]) -> str:
    """Returns the table: a row for each capability, in the order of their names."""
    lines = []
    for name in sorted({name for name, _ in found} | set(reasons), key=str.lower):
        numbers = [found.get((name, kind), Counter[str]())["passed"] for kind in KINDS]
        cells = [f"{number} test{'s' if number > 1 else ''}" if number else "" for number in numbers]
        lines.append(f"| {name} | {' | '.join(cells)} | {reasons.get(name, '')} |\n")
    return HEADER + "".join(lines)


def rows(page: str) -> tuple[set[Shown], dict[str, str]]:
    """Returns what a page says was shown and how, and the reasons of what was not."""
    written = page.partition(BEGIN)[2].partition(END)[0]
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in written.splitlines()[2:]]
    shown = {(name, kind) for name, *counts, _ in cells for kind, count in zip(KINDS, counts, strict=True) if count}
    return shown, {name: reason for name, *_, reason in cells if reason}


def main() -> None:
    """Writes the table into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and refuse a page that is out of date")
    parser.add_argument("results", nargs="+", type=Path, help="files that `pytest --capabilities` wrote")
    args = parser.parse_args()
    if missing := [str(path) for path in args.results if not path.exists()]:
        sys.exit(f"refused: no such file: {', '.join(missing)}; run make test, or download the results of CI")
    found = counted(args.results)
    if said := problems(marked(), found):
        sys.exit("refused: " + "\n".join(said))
    old = PAGE.read_text(encoding="utf-8")
    before, _, rest = old.partition(BEGIN)
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    new = f"{before}{BEGIN}{table(found, reasons)}{END}{rest.partition(END)[2]}"
    if args.check and new != old:
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "measured", n=0, lineterm="")
        sys.exit("\n".join(["refused: the table is out of date: run make capabilities with these results", *lines]))
    if not args.check:
        PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
