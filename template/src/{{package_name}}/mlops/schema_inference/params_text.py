"""Writes what `infer` found out into `params.yaml`, whose comments and layout stay."""

import io
import json
import re
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ..core.params import Csv, Params
from ..core.paths import REGISTRATION


def _layout() -> YAML:
    layout = YAML()
    layout.preserve_quotes, layout.width = True, 4096
    layout.representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))
    return layout


def point(text: str, source: str, *, watched: bool) -> str:
    """Points the pipeline at another source that is written like the present one.

    Args:
        text: The present `params.yaml`.
        source: File, folder or URL.
        watched: Whether DVC can watch it; a database it can't.
    """
    layout = _layout()
    content = layout.load(text)
    content["ingest"].update({"source": source} | ({"watch": source} if watched else {}))
    return _written(layout, content, [])[0]


def separate(text: str, target: str) -> tuple[str, list[str]]:
    """Gives the model another name if the one that was registered last under its name predicts another target.

    Without it, the first model of the new target would be refused: the champion of the old one can't be compared.

    Args:
        text: The present `params.yaml`.
        target: The column to predict.

    Returns:
        The new text; and what was changed, in sentences.
    """
    layout = _layout()
    content = layout.load(text)
    name = content["register"].get("model_name")
    registered = json.loads(REGISTRATION.read_text(encoding="utf-8")) if REGISTRATION.exists() else {}
    if registered.get("model") != name or registered["target"] == target:
        return text, []
    new = f"{name}-{re.sub('[^A-Za-z0-9._-]+', '-', target).strip('-') or 'new'}"
    content["register"]["model_name"] = new
    change = (
        f"register.model_name was {name}, which predicts {registered['target']}: it is {new} now, rename it at will"
    )
    return _written(layout, content, [change])


def update(text: str, source: str, csv: Csv, rows: int, leaks: list[str]) -> tuple[str, list[str]]:
    """Points the pipeline at another source.

    Args:
        text: The present `params.yaml`.
        source: File, folder or URL.
        csv: How it is written.
        rows: How many rows were seen.
        leaks: Columns that are kept though they look like leaks.

    Returns:
        The new text; and what was changed beyond the source, in sentences.
    """
    layout = _layout()
    content, changes = layout.load(text), []
    ingest, evaluate, train = content["ingest"], content["evaluate"], content["train"]
    new = ingest["source"] != source
    ingest["source"] = ingest["watch"] = source
    written = {"delimiter": DoubleQuotedScalarString(csv.delimiter), "encoding": csv.encoding}
    written |= {"decimal": DoubleQuotedScalarString(csv.decimal), "time_format": csv.time_format}
    settings = ingest.setdefault("csv", {})
    around = csv.model_dump(include={"skip_lines", "skip_footer", "comment", "bad_lines"})
    written |= {key: text for key, text in around.items() if key in settings or text != getattr(Csv(), key)}
    settings.update(written)
    if new and evaluate.get("minimum"):
        changes.append(
            f"evaluate.minimum was {dict(evaluate['minimum'])}, made for other data: it is empty now, set your own"
        )
        evaluate["minimum"].clear()
    if rows < content["validate"]["min_rows"]:
        content["validate"]["min_rows"] = max(1, rows // 2)
        changes.append(f"validate.min_rows is {max(1, rows // 2)} now, half of the rows that there are")
    allowed = train.setdefault("allow_leaks", CommentedSeq())
    allowed.fa.set_flow_style()
    allowed[:] = [*([] if new else [name for name in allowed if name not in leaks]), *leaks]
    if leaks:
        changes.append(f"train.allow_leaks names what you keep: {', '.join(leaks)}")
    return _written(layout, content, changes)


def _written(layout: YAML, content: Any, changes: list[str]) -> tuple[str, list[str]]:
    """Returns content as text, once it is known to be valid, and what was changed."""
    output = io.StringIO()
    layout.dump(content, output)
    Params.model_validate(yaml.safe_load(output.getvalue()))
    return output.getvalue(), changes
