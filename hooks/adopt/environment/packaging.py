"""How the project is built and installed, so that the new package and the packages from before can both be imported."""

import json
import re
from typing import Any

from adopt.draft import Draft
from adopt.environment import toml_blocks
from adopt.sides.answers import settings

TABLE = "[tool.uv.build-backend]\n"
HATCH = """[build-system]
requires = ["hatchling>=1.27,<2"]
build-backend = "hatchling.build"
"""
HATCH_FILES = """[tool.hatch.build]
dev-mode-dirs = ["src", "."]

[tool.hatch.build.targets.wheel]
packages = {}
"""
NO_PACKAGES = {"doc", "docs", "example", "examples", "notebooks", "scripts", "test", "tests"}


def fit(draft: Draft, blocks: dict[str, str]) -> None:
    """Changes how the template's pyproject.toml builds, where the repository has packages of its own.

    uv's own backend takes packages of one folder, src/. It refuses a file src/__init__.py unless it is told that its
    packages are namespaces. Packages at the top that were installed before, be it src/ itself, need another backend.
    """
    in_src, at_top = _packages(draft, "src/"), _packages(draft, "") if _installed(draft) else []
    if at_top:
        paths = [f"src/{draft.package}", *(f"src/{name}" for name in in_src), *at_top]
        blocks["build-system"] = HATCH
        blocks["tool.uv"] = blocks["tool.uv"].split(TABLE)[0]
        blocks["tool.hatch"] = HATCH_FILES.format(toml_blocks.items(paths))
        draft.say("changed", "build-system", f"hatchling installs {', '.join(paths)}")
        return
    if in_src:
        line = f'module-name = "{draft.package}"\n'
        blocks["tool.uv"] = blocks["tool.uv"].replace(line, f"module-name = {json.dumps([draft.package, *in_src])}\n")
        draft.say("changed", "build-system", f"uv_build installs {draft.package} and {', '.join(in_src)}")
    if "src/__init__.py" in draft.repository.entries:
        reason = "# Because of src/__init__.py, which uv's backend refuses otherwise.\nnamespace = true\n"
        blocks["tool.uv"] = f"{blocks['tool.uv'].rstrip()}\n{reason}"


def _packages(draft: Draft, folder: str) -> list[str]:
    """Returns the packages in a folder, unless the folder is one itself, of which they then are parts."""
    if f"{folder}__init__.py" in draft.repository.entries:
        return []
    matches = (re.fullmatch(rf"{folder}([A-Za-z_]\w*)/__init__\.py", path) for path in draft.repository.entries)
    return sorted({match[1] for match in matches if match} - (set() if folder else NO_PACKAGES))


def _installed(draft: Draft) -> bool:
    """Says whether the repository could be installed before: `pip install .` needs one of these."""
    found: dict[str, Any] = settings(draft.repository)
    return "build-system" in found or "project" in found or "setup.py" in draft.repository.entries
