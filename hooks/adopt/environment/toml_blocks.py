"""The template's pyproject.toml as blocks of text, one a tool, so that whole tables move with their comments."""

import re

HEADER = re.compile(r"^\[\[?([^\]]+)\]\]?$")


def split(text: str) -> dict[str, str]:
    """Returns the blocks by the table they are about: `project`, `build-system`, `tool.ruff`.

    A comment right above a header belongs to it. No string of the template's file looks like a header; a test compares.
    """
    blocks: dict[str, str] = {}
    group, waiting = "", ""
    for line in text.splitlines(keepends=True):
        header = HEADER.match(line.rstrip())
        if header:
            parts = header[1].split(".")
            group = ".".join(parts[:2]) if parts[0] == "tool" else parts[0]
        if header or not line.startswith("#"):
            blocks[group] = blocks.get(group, "") + waiting + line
            waiting = ""
        else:
            waiting += line
    blocks[group] += waiting
    return blocks


def join(blocks: dict[str, str]) -> str:
    """Returns the text of the blocks."""
    return "\n".join(block.strip("\n") + "\n" for block in blocks.values() if block.strip())


def items(values: list[str], indent: str = "") -> str:
    """Returns the lines of a TOML array of strings."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "[\n" + "".join(f'{indent}    "{value}",\n' for value in quoted) + f"{indent}]"
