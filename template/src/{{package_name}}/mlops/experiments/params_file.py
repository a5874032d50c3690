"""Reads `params.yaml`, and brings other values into it, whose comments and layout stay."""

import io
from typing import Any

import yaml
from ruamel.yaml import YAML

from ..core import lineage
from ..core.atomic import write
from ..core.errors import UsageError
from ..core.params import PATH
from ..core.untrusted_text import unquoted
from ..tracking.mlflow_client import flat


def tree() -> dict[str, Any]:
    """Returns what `params.yaml` of this folder says.

    Raises:
        UsageError: It is no YAML, or not there.
    """
    try:
        found: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"there is no {PATH} here: run this in the project's folder.") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{PATH} is no YAML: {unquoted(error)}") from None
    return found


def values(text: str | bytes | None) -> dict[str, Any]:
    """Returns the values of a `params.yaml` by keys that are joined by dots."""
    return flat(yaml.safe_load(text or "") or {})


def _bring(content: Any, new: dict[str, Any]) -> None:
    for key in [key for key in content if key not in new]:
        del content[key]
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            _bring(content[key], value)
        elif key not in content or content[key] != value:
            content[key] = value


def merged(layout: str, text: str) -> str:
    """Returns the values of one `params.yaml` in the layout of another, or as they are where that can't have them."""
    style = YAML()
    style.preserve_quotes, style.width = True, 4096
    style.representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))
    content, new, output = style.load(layout), yaml.safe_load(text), io.StringIO()
    _bring(content, new)
    style.dump(content, output)
    return output.getvalue() if yaml.safe_load(output.getvalue()) == new else text


def restore_layout() -> None:
    """Gives `params.yaml` the layout of the commit, which DVC changes as it sets values."""
    layout = lineage.content("HEAD", PATH)
    if layout:
        write(PATH, merged(layout.decode(), PATH.read_text(encoding="utf-8")))
