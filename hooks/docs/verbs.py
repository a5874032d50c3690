"""Writes `docs/reference/verbs.md` from the Makefiles; with `--check` only says whether it is up to date."""

import argparse
import re
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/verbs.md"
HEADER = """# Verbs

Written by `hooks/docs/verbs.py` from the Makefiles; `make help` lists the same. The commands can be typed without make,
as on Windows: `<package>` is the name of the package, `$(NAME)` what stands behind `NAME=`.
"""
VERB = re.compile(r"^(?P<verb>[a-z-]+):.*## (?P<text>.*)\n(?P<recipe>(?:\t.*\n?)*)", re.MULTILINE)


def rows(makefiles: list[Path]) -> str:
    """Returns a table of the verbs of some Makefiles: verb, help and commands."""
    lines = ["| verb | what it does | commands |", "|---|---|---|"]
    for makefile in makefiles:
        for found in VERB.finditer(makefile.read_text(encoding="utf-8")):
            recipe = escape(found["recipe"].replace("{{ package_name }}", "<package>"), quote=False).replace(
                "|", "&#124;"
            )
            commands = [f"<code>{line.strip()}</code>" for line in recipe.splitlines() if not line.startswith("\t@")]
            lines.append(f"| `make {found['verb']}` | {escape(found['text'], quote=False)} | {'<br>'.join(commands)} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """Returns the whole page."""
    projects = [ROOT / "template/Makefile.jinja", *sorted((ROOT / "template").glob("*mk*/*.mk*"))]
    return f"{HEADER}\n## Of a project\n\n{rows(projects)}\n## Of the template\n\n{rows([ROOT / 'Makefile'])}"


def main() -> None:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE.relative_to(ROOT)} differs from the Makefiles: uv run python hooks/docs/verbs.py")


if __name__ == "__main__":
    main()
