"""Writes `docs/reference/options.md` from `copier.yml`; with `--check` only says whether it is up to date."""

import argparse
import sys
from html import escape
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/options.md"
HEADER = """# Options

Written by `hooks/docs/options.py` from `copier.yml`. Every question has a default.

| question | default | choices | what it does |
|---|---|---|---|
"""


def row(name: str, question: dict[str, Any]) -> str:
    """Returns the line of one question in the table."""
    choices = ", ".join(f"`{choice}`" for choice in question.get("choices", []))
    default = escape(
        str(question["default"]).lower() if question["type"] == "bool" else question["default"], quote=False
    ).replace("|", "&#124;")  # understood in a table everywhere
    says = escape(" ".join(question["help"].split()), quote=False)  # <package_name> is no tag
    return f"| `{name}` | <code>{default}</code> | {choices} | {says} |\n"


def page() -> str:
    """Returns the whole page."""
    questions = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    asked = {
        name: spec for name, spec in questions.items() if not name.startswith("_") and spec.get("when") is not False
    }
    return HEADER + "".join(row(name, question) for name, question in asked.items())


def main() -> None:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE.relative_to(ROOT)} differs from copier.yml: uv run python hooks/docs/options.py")


if __name__ == "__main__":
    main()
