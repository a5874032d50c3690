"""Rules about names in Jinja, also in branches that few answers reach: each is known before anything is rendered."""

from collections.abc import Iterator

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, meta, nodes

from release.finding import Finding
from release.rules.purity import GLOB
from release.sources import Source, sources
from release.template import Template


def syntax(new: Template) -> Iterator[Finding]:
    """Refuses what Jinja can't read."""
    for source in sources(new):
        try:
            new.dialect.tree(source.text)
        except TemplateSyntaxError as error:
            yield Finding(f"{source.where}, line {error.lineno}", f"is no Jinja ({_flat(error)})", "correct it")


def undefined(new: Template) -> Iterator[Finding]:
    """Refuses a name, a filter, a test or an included file that is not there: some project's update fails there."""
    for source in sources(new):
        for name in sorted(_unknown(new, source)):
            yield Finding(
                source.where,
                f"uses {name}, which is not defined there, so the copy or update that renders it fails",
                "correct the name, or ask the question before it",
            )


def _unknown(new: Template, source: Source) -> set[str]:
    parsed, environment = new.dialect.tree(source.text), new.dialect.environment
    known = source.names | environment.globals.keys()
    unknown = {f"`{name}`" for name in new.dialect.needed(source.text) - known}
    for kind, there in ((nodes.Filter, environment.filters), (nodes.Test, environment.tests)):
        unknown |= {
            f"the {kind.__name__.lower()} `{node.name}`" for node in parsed.find_all(kind) if node.name not in there
        }
    for node in parsed.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name == "_copier_conf" and node.attr not in new.facts:
            unknown.add(f"`_copier_conf.{node.attr}`")
    return unknown | {f"the file `{name}`" for name in meta.find_referenced_templates(parsed) if not _there(new, name)}


def _there(new: Template, name: str | None) -> bool:
    if name is None or GLOB & set(name):  # computed, and known when it is rendered; refused by another rule
        return True
    try:
        new.dialect.environment.get_template(name)
    except TemplateNotFound:
        return False
    except TemplateError:  # said of that file itself
        return True
    return True


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())
