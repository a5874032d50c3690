"""Rules about Jinja: the same answers give the same files, on every machine and on every day."""

from collections.abc import Iterator
from itertools import pairwise

import yaml
from jinja2 import nodes

from release.finding import Finding
from release.sources import sources
from release.template import Template

NAMES = {"now", "make_secret", "lipsum", "_folder_name", "_copier_python"}
FILTERS = {
    "random", "ans_random", "random_mac", "shuffle", "strftime", "fileglob", "expandvars", "expanduser", "realpath"
}  # fmt: skip
MACHINE = {"dst_path", "src_path", "os", "sep"}
# In a validator: stops the guards of 0.2.0 to 0.5.0 before a move, see docs/how-to/release.md. It renders nothing.
STOP = "(_copier_conf.src_path | string).endswith('new-template')"
GLOB = frozenset("*?[")


def impure(new: Template) -> Iterator[Finding]:
    """Refuses what depends on time, chance or machine."""
    for source in sources(new):
        if source.message:
            continue
        parsed = new.dialect.tree(source.text.replace(STOP, "false"))
        used = {node.name for node in parsed.find_all(nodes.Name) if node.name in NAMES}
        used |= {node.name for node in parsed.find_all(nodes.Filter) if node.name in FILTERS}
        used |= {
            f"_copier_conf.{node.attr}"
            for node in parsed.find_all(nodes.Getattr)
            if node.attr in MACHINE and isinstance(node.node, nodes.Name) and node.node.name == "_copier_conf"
        }
        for name in sorted(used):
            yield Finding(
                source.where,
                f"uses `{name}`, so that a second render differs and an update reports edits that nobody made",
                "ask a question, or compute it from the answers",
            )


def globbed(new: Template) -> Iterator[Finding]:
    """Refuses an include by a glob: what it takes in, and in which order, is left to the machine."""
    remedy = "name the included files one by one"
    for source in sources(new):
        for node in new.dialect.tree(source.text).find_all(nodes.Include):
            for name in node.find_all(nodes.Const):
                if GLOB & set(str(name.value)):
                    yield Finding(source.where, f"includes `{name.value}` by a glob", remedy)
    tokens = list(yaml.scan((new.folder / "copier.yml").read_text(encoding="utf-8")))
    for tag, value in pairwise(tokens):
        if isinstance(tag, yaml.TagToken) and tag.value[1] == "include" and GLOB & set(value.value):
            yield Finding("copier.yml", f"includes `{value.value}` by a glob", remedy)
