"""The template as one of cookiecutter's, made from ours: the same files, the same contents, its names of variables."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import floor

TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
QUOTED = r"\"[^\"]*\"|'[^']*'"


def translated(text: str, names: set[str]) -> str:
    """Returns a text of ours with cookiecutter's names: `{{ package_name }}` is `{{ cookiecutter.package_name }}`."""
    word = re.compile(rf"({QUOTED})|(?<![\w.])({'|'.join(sorted(names))})\b(?!\s*=[^=])")
    tag = TAG.sub(lambda found: word.sub(lambda hit: hit[1] or f"cookiecutter.{hit[2]}", found[0]), text)
    return tag.replace("_copier_conf.answers_file", "cookiecutter.answers_file")


def translate(template: Path, values: dict[str, Any], answers: str, target: Path) -> None:
    """Writes a template of cookiecutter's.

    Args:
        template: Folder with the files of ours.
        values: The answers, the computed values among them; what is not text, number or truth is left out.
        answers: What the answers file is to hold; cookiecutter has none.
        target: Folder to write.
    """
    plain = {key: value for key, value in values.items() if isinstance(value, str | int) and not key.startswith("_")}
    inner = target / "{{cookiecutter.project_name}}"
    copied, engine = [], floor.environment()
    for source in sorted(path for path in template.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        name = source.relative_to(template).as_posix()
        if floor.rendered(name, values, engine) is None:
            continue  # cookiecutter leaves no folder out
        file = inner / translated(name, set(plain)).removesuffix(".jinja")
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, file)
        text = answers if "_copier_conf" in name else source.read_text(encoding="utf-8")
        if name.endswith(".jinja") and text is not answers:
            file.write_text(translated(text, set(plain)), encoding="utf-8", newline="")
        elif "{%" in name or text is answers:  # what is copied can't be left out
            file.write_text(f"{{% raw %}}{text}{{% endraw %}}", encoding="utf-8", newline="")
        else:
            copied.append(file.relative_to(inner).as_posix())
    settings = {
        **plain,
        "answers_file": ".copier-answers.yml",
        "_copy_without_render": copied,
        "_extensions": ["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    }
    (target / "cookiecutter.json").write_text(json.dumps(settings), encoding="utf-8")
