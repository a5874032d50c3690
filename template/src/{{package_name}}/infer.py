"""Writes the contract for a file of your own: `python -m <package>.infer FILE --target COLUMN`.

Looks at every column, decides what it is and says why in a table; then writes `schema.py` and points `params.yaml` to
the file. `decide.py`, `profiling.py` and `leakage.py` hold the rules and their thresholds.
"""

import argparse
import logging
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
from tabulate import tabulate

from . import asked, decide, kinds, params, params_text, reading, schema_text, sniff
from .contract import Contract
from .params import Csv
from .parse import is_text
from .profiling import Decision, Profile
from .roles import EventTime
from .stage import Refusal, run, write

SCHEMA = Path(__file__).with_name("schema.py")
WIDE = 40
log = logging.getLogger(__name__)


def profile(table: pa.Table, csv: Csv, event_time: str | None) -> tuple[dict[str, Profile], Csv]:
    """Finds out decimal sign and format of dates in a table of texts, and the kind of each column.

    Args:
        table: As `reading.read` returns it.
        csv: Likewise.
        event_time: The column whose dates must be readable, if any must.
    """
    texts = {
        column: kinds.distinct_texts(table[column]) for column in table.column_names if is_text(table[column].type)
    }
    csv = csv.model_copy(update={"decimal": sniff.decimal(list(texts.values()), csv.delimiter)})
    found = {
        name: kinds.of_texts(texts[name], csv) if name in texts else kinds.of(table[name])
        for name in table.column_names
    }
    undated = {name: texts[name] for name, kind in found.items() if kind == "text"}
    wanted = [undated[event_time]] if event_time in undated else list(undated.values())
    time_format, ambiguous = sniff.time_format(wanted, csv.delimiter)
    if time_format:
        csv = csv.model_copy(update={"time_format": time_format})
        found |= {name: kinds.of_texts(column, csv) for name, column in undated.items()}
        unsure = "; day and month could be the other way round: set ingest.csv.time_format if so" if ambiguous else ""
        log.info("dates that are not in ISO 8601 are read as %s%s", time_format, unsure)
    return {name: Profile(name, table[name], kind, csv) for name, kind in found.items()}, csv


def shown(decisions: list[Decision]) -> str:
    """Returns the table of what was decided on each column, and why."""
    rows = []
    for decision in decisions:
        column, allowed = decision.column, ""
        if column and column.categories:
            allowed = ", ".join(map(str, column.categories))
        elif column and column.minimum is not None:
            allowed = f"{column.minimum} to {column.maximum}"
        what = [column.kind, *(type(role).__name__ for role in column.roles)] if column else ["left out"]
        if column and column.kind == "bool":
            allowed = "false, true"
        missing = f"{decision.profile.missing:.2%}" if decision.profile.missing else ""
        share = f", {column.missing:.0%} allowed" if column and column.missing else ""
        short = allowed if len(allowed) <= WIDE else f"{allowed[: WIDE - 3]}..."
        rows.append([decision.profile.name or "(no name)", ", ".join(what), short, missing + share, decision.why])
    return tabulate(rows, ["column", "becomes", "allowed", "missing", "why"], tablefmt="simple", disable_numparse=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}.infer", description="Writes the contract for a file of your own."
    )
    parser.add_argument("file", help="CSV or Parquet: a file, a folder of such files, s3://... or https://...")
    several: dict[str, Any] = {"nargs": "+", "action": "extend", "default": [], "metavar": "COLUMN"}
    for option, text in (
        ("target", "what to predict"),
        ("id", "names the row"),
        ("time", "when the row happened"),
        ("group", "rows that belong together"),
    ):
        parser.add_argument(f"--{option}", required=option == "target", metavar="COLUMN", help=text)
    parser.add_argument("--sensitive", help="groups people; fairness is measured by it", **several)
    parser.add_argument("--keep", help="stays although it looks like a leak or of no use", **several)
    parser.add_argument("--delimiter", help="of a CSV file, such as ';' or tab; found out by itself")
    parser.add_argument("--encoding", help="of a CSV file, such as cp1252; found out by itself")
    return parser.parse_args()


def main() -> None:
    """Infers, shows, writes."""
    given = _arguments()
    chosen = params.load()
    url = reading.locate(given.file, Path.cwd())
    delimiter = {"tab": "\t", "\\t": "\t"}.get(given.delimiter, given.delimiter)
    if delimiter is not None and len(delimiter) != 1:
        raise Refusal(f"--delimiter {delimiter!r} is not one character: give one, or tab.")
    table, csv = reading.read(url, delimiter, given.encoding)
    single = {
        option: [value] for option in ("target", "id", "time", "group") if (value := getattr(given, option)) is not None
    }
    role = asked.roles({**single, "sensitive": given.sensitive}, table.column_names, given.file)
    keep = [asked.find(name, "--keep", table.column_names, given.file) for name in given.keep]
    profiles, csv = profile(table, csv, next((name for name, kind in role.items() if kind is EventTime), None))
    decisions = decide.decide(profiles, role, keep)
    decisions, leaks = decide.without_leaks(decisions, keep, chosen.train.leak_score, chosen.train.seed)
    columns = [decision.column for decision in decisions if decision.column]
    left_out = {decision.profile.name: decision.why for decision in decisions if not decision.column}
    text = schema_text.render(columns, left_out, PurePosixPath(url).name)
    if schema_text.load(text) != Contract(tuple(columns), tuple(left_out)):
        raise RuntimeError("the contract that was written is not the one that was decided")
    settings, changes = params_text.update(params.PATH.read_text(encoding="utf-8"), url, csv, len(table), leaks)
    log.info("\n%s\n", shown(decisions))
    write(SCHEMA, text)
    write(params.PATH, settings)
    if Path(url).is_absolute():
        changes.append(
            "the file lies outside the project, where nobody else has it: put it inside and `dvc add` it, or use s3://"
        )
    log.info("wrote %s and %s; what they were is in Git", SCHEMA.name, params.PATH)
    log.info(
        "%s", "\n".join([*changes, "docs/intended-use.md and expectations.py are yours to adapt; then `make run`"])
    )


if __name__ == "__main__":
    run(main)
