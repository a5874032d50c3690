"""Compares a root module with a provider's schema: `python schema.py FOLDER PROVIDER`, where no provider can be had.

The schema is that of a package cdktf-cdktf-provider-<PROVIDER>: resources, arguments, blocks, and which are
required. Prints what the module says otherwise, a line each, and ends with 1 if there is any.
"""

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Any

import hcl2

# What Terraform itself takes in each resource.
META = {"count", "depends_on", "for_each", "lifecycle", "provider"}
Types = dict[str, dict[str, Any]]


def assembly(provider: str) -> Types:
    """Returns the types of a provider, by their names in small letters."""
    wheel = next(path for path in files(f"cdktf-cdktf-provider-{provider}") or [] if path.name.endswith(".jsii.tgz"))
    with tarfile.open(wheel.locate()) as packed:
        member = packed.extractfile("package/.jsii")
        assert member
        types = json.load(member)["types"]
    return {name.rpartition(".")[2].lower(): described for name, described in types.items()}


def plain(name: str) -> str:
    """Returns a name as both spellings have it: ipv4_enabled, ipv4Enabled."""
    return name.replace("_", "").lower()


def inner(described: Any) -> str | None:
    """Returns the name of the type that a block has, or None for an argument."""
    found = re.search(r'"fqn": "@cdktf/[^"]*\.([^".]+)"', json.dumps(described))
    return found[1].lower() if found else None


def blocks(value: Any) -> list[dict[str, Any]]:
    """Returns the blocks of a value, whether one or several."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def compared(types: Types, kind: str, body: dict[str, Any], where: str) -> Iterator[str]:
    """Yields what a block has that the schema hasn't, and what it lacks."""
    known = {plain(one["name"]): one for one in types[kind]["properties"]}
    given = {name: value for name, value in body.items() if not name.startswith("__")}
    for dynamic in given.pop("dynamic", []):
        for name, block in dynamic.items():
            given[name.strip('"')] = block["content"]
    for name, value in given.items():
        if plain(name) not in known:
            yield f"{where} has {name}, which the provider doesn't know"
            continue
        block = inner(known[plain(name)]["type"])
        for one in blocks(value) if block else []:
            yield from compared(types, block, one, f"{where}.{name}")
    lacking = [one["name"] for name, one in known.items() if not one.get("optional") and name not in map(plain, given)]
    yield from (f"{where} lacks {name}" for name in lacking)


def differences(folder: Path, provider: str) -> Iterator[str]:
    """Yields what the resources and data sources of a root module say otherwise than the schema."""
    types = assembly(provider)
    for path in sorted(folder.glob("*.tf")):
        with path.open(encoding="utf-8") as file:
            parsed = hcl2.load(file)
        for section, prefix in (("resource", ""), ("data", "data")):
            for resource in parsed.get(section, []):
                for kind, named in resource.items():
                    for name, body in named.items():
                        address = f"{kind}.{name}".replace('"', "")
                        config = prefix + plain(kind.strip('"').partition("_")[2]) + "config"
                        config = config if config in types else prefix + plain(kind.strip('"')) + "config"
                        if config not in types:
                            yield f"{address} is of a kind that the provider doesn't know"
                        else:
                            arguments = {argument: value for argument, value in body.items() if argument not in META}
                            yield from compared(types, config, arguments, address)


if __name__ == "__main__":
    found = list(differences(Path(sys.argv[1]), sys.argv[2]))
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.exit(bool(found))
