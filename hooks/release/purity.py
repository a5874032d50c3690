"""Rules about Jinja: the same answers give the same files, on every machine and on every day."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import yaml
from jinja2 import nodes

from release.finding import Finding
from release.template import Template

NAMES = {"now", "make_secret", "lipsum", "_folder_name", "_copier_python"}
FILTERS = {
    "random", "ans_random", "random_mac", "shuffle", "strftime", "fileglob", "expandvars", "expanduser", "realpath"
}  # fmt: skip
MACHINE = {"dst_path", "src_path", "os", "sep"}
GLOB = frozenset("*?[")


def impure(new: Template) -> Iterator[Finding]:
    """Refuses what depends on time, chance or machine."""
    for where, text in _sources(new):
        tree = new.environment.parse(text)
        used = {node.name for node in tree.find_all(nodes.Name) if node.name in NAMES}
        used |= {node.name for node in tree.find_all(nodes.Filter) if node.name in FILTERS}
        used |= {
            f"_copier_conf.{node.attr}"
            for node in tree.find_all(nodes.Getattr)
            if node.attr in MACHINE and isinstance(node.node, nodes.Name) and node.node.name == "_copier_conf"
        }
        for name in sorted(used):
            yield Finding(
                where,
                f"uses `{name}`, so that a second render differs and an update reports edits that nobody made",
                "ask a question, or compute it from the answers",
            )


def globbed(new: Template) -> Iterator[Finding]:
    """Refuses an include by a glob: what it takes in, and in which order, is left to the machine."""
    remedy = "name the included files one by one"
    for where, text in _sources(new):
        for node in new.environment.parse(text).find_all(nodes.Include):
            for name in node.find_all(nodes.Const):
                if GLOB & set(str(name.value)):
                    yield Finding(where, f"includes `{name.value}` by a glob", remedy)
    tokens = list(yaml.scan((new.folder / "copier.yml").read_text(encoding="utf-8")))
    for tag, value in pairwise(tokens):
        if isinstance(tag, yaml.TagToken) and tag.value[1] == "include" and GLOB & set(value.value):
            yield Finding("copier.yml", f"includes `{value.value}` by a glob", remedy)


def _sources(template: Template) -> Iterator[tuple[str, str]]:
    """Yields all Jinja that decides what is rendered: settings, questions, paths, files; messages are not rendered."""
    for name, setting in template.settings.items():
        if not name.startswith("message_"):
            yield from ((f"copier.yml _{name}", text) for text in _texts(setting))
    for name, spec in template.questions.items():
        yield from ((f"question {name}", text) for text in _texts(spec))
    root = template.folder / template.settings.get("subdirectory", "")
    suffix = template.settings.get("templates_suffix", ".jinja")
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        yield name, path.name
        if path.is_file() and path.name.endswith(suffix):
            yield name, path.read_text(encoding="utf-8")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
