"""The Data Docs: what Great Expectations shows of the contract and of its verdict on the data.

Its templates write names and categories into the page as they are, and load scripts from other hosts. So it gets labels
instead of them, its pages run no script, and the page that leads to both, which it draws by scripts, is our own.
Equal data give equal pages, because `dvc.lock` has their hash: times and random names are left out.
"""

import re
import shutil
from datetime import UTC, datetime
from typing import Any

from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
from great_expectations.render.renderer.page_renderer import ExpectationSuitePageRenderer, ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from ..core import html_page, untrusted_text
from ..core.atomic import write
from ..core.paths import DATA_DOCS

OF_DATA = ("column", "column_A", "column_B", "column_list", "column_set", "value_set")
# What its pages look like without the styles of other hosts, and without what only scripts could use.
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { border: 1px solid #8886; padding: .2rem .6rem; text-align: left; }
.fa-check-circle::before { content: "\\2713"; color: #2e7d32; } .fa-times::before { content: "\\2717"; color: #c62828; }
footer, .navbar-brand, .modal, [data-toggle=collapse], [onclick] { display: none; }
"""


# An identifier that it draws by lot, and the time in the address of a picture.
_BY_LOT = re.compile(r"(?<=-collapse-body)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\?d=\d{8}T\d{6}\.\d+Z")
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def _labels(tree: Any) -> Any:
    """Returns a tree of JSON with a label in place of each text."""
    if isinstance(tree, dict):
        return {_labels(key): _labels(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_labels(value) for value in tree]
    return untrusted_text.label(tree) if isinstance(tree, str) else tree


def _labelled(config: dict[str, Any]) -> dict[str, Any]:
    kwargs = {name: _labels(value) if name in OF_DATA else value for name, value in config["kwargs"].items()}
    return {**config, "kwargs": kwargs}


def _result(result: Any) -> Any:
    told: dict[str, Any] = result.to_json_dict()
    told["meta"]["run_id"]["run_time"] = NO_TIME.isoformat()
    told["meta"].get("batch_markers", {}).pop("ge_load_time", None)
    for entry in told["results"]:
        entry["expectation_config"] = _labelled(entry["expectation_config"])
        entry["result"], entry["exception_info"] = _labels(entry["result"]), _labels(entry["exception_info"])
    return expectationSuiteValidationResultSchema.load(told)


def _suite(expected: ExpectationSuite) -> ExpectationSuite:
    told: Any = expected.to_json_dict()["expectations"]
    return ExpectationSuite(expected.name, [_labelled(config) for config in told])


def _page(renderer: Any, found: Any) -> str:
    view: Any = DefaultJinjaPageView()
    page = view.render(renderer.render(found), show_how_to_buttons=False)
    page = _BY_LOT.sub("", page).replace(NO_TIME.strftime("%Y-%m-%dT%H:%M:%SZ"), "not kept")
    return html_page.secured(page.replace("</head>", f"<style>{STYLE}</style></head>", 1))


def _table(tolerated: list[dict[str, Any]]) -> str:
    """Returns what is tolerated, as a table in HTML."""
    if not tolerated:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("column", "expectation", "% of values", "examples", "first in row"))
    lines = [[row[key] for key in ("column", "expectation", "percent")] for row in tolerated]
    lines = [[*line, ", ".join(row["examples"]), row["row"]] for line, row in zip(lines, tolerated, strict=True)]
    cells = ["".join(f"<td>{untrusted_text.html(cell)}</td>" for cell in line) for line in lines]
    rows = "".join(f"<tr>{line}</tr>" for line in cells)
    return f"<h2>Bad values that validate.tolerate allows</h2><table><tr>{head}</tr>{rows}</table>"


def save(expected: ExpectationSuite, result: Any, tolerated: list[dict[str, Any]]) -> None:
    """Writes all pages; `tolerated` is as `verdict.tolerated` returns it."""
    shutil.rmtree(DATA_DOCS, ignore_errors=True)
    verdict = _page(ValidationResultsPageRenderer(), _result(result))
    write(DATA_DOCS / "validation.html", re.sub(r'href="(?:\.\./)+', 'href="', verdict))
    write(DATA_DOCS / "expectations/contract.html", _page(ExpectationSuitePageRenderer(), _suite(expected)))
    title = f"The data {'meet' if result.success else 'break'} the contract"
    links = {"validation.html": "every expectation, and what was found", "expectations/contract.html": "the contract"}
    listed = "".join(f'<li><a href="{path}">{text}</a></li>' for path, text in links.items())
    head, body = html_page.head(title, STYLE), f"<h1>{title}</h1><ul>{listed}</ul>{_table(tolerated)}"
    page = f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'
    write(DATA_DOCS / "index.html", page)
