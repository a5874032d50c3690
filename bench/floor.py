"""The least that rendering costs in Python: one Jinja2 environment, each file rendered or copied, nothing checked.

`python bench/floor.py TEMPLATE VALUES.json TARGET`
"""

import json
import shutil
import sys
from pathlib import Path

import jinja2


def environment() -> jinja2.Environment:
    """Returns Jinja2 as Copier sets it up for this template."""
    return jinja2.Environment(  # noqa: S701  # no HTML
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    )


def rendered(name: str, values: dict[str, object], engine: jinja2.Environment) -> str | None:
    """Returns the path that a file of the template gets, or None where an empty part leaves it out."""
    path = engine.from_string(name.removesuffix(".jinja")).render(values) if "{" in name else name
    path = path.removesuffix(".jinja")
    return path if all(path.split("/")) else None


def render(template: Path, values: dict[str, object], target: Path) -> None:
    """Writes what a folder of files renders to; names are rendered too, and an empty one leaves its file out.

    Args:
        template: Folder; files with the suffix `.jinja` are rendered, others copied.
        values: What the expressions may use.
        target: Folder to write.
    """
    engine = environment()
    for source in sorted(path for path in template.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        name = source.relative_to(template).as_posix()
        path = rendered(name, values, engine)
        if path is None:
            continue
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".jinja"):
            text = engine.from_string(source.read_text(encoding="utf-8")).render(values)
            file.write_text(text, encoding="utf-8", newline="")
            shutil.copymode(source, file)
        else:
            shutil.copy(source, file)


if __name__ == "__main__":
    render(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")), Path(sys.argv[3]))
