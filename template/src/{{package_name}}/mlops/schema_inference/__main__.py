"""Writes the contract for a file of your own: `python -m <package>.mlops.schema_inference FILE --target COLUMN`.

Looks at every column, decides what it is and says why in a table; then writes `schema.py` and points `params.yaml` to
the file. `decision_rules.py`, `profiling.py`, `hazards/` and `../validation/` hold the rules and their thresholds.
"""

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tabulate import tabulate

from ...roles import Target
from ..contract.columns import Contract
from ..core import params
from ..core.atomic import write
from ..core.errors import UsageError
from ..core.params import Csv
from ..core.runner import run
from ..core.untrusted_text import NAME, VALUE, visible
from . import decision_rules, intended_use, kinds, options, params_text, reading, schema_text
from .hazards import kept_texts, missing_option, placeholders, spellings, suspects
from .options import arguments
from .overwriting import unsaved
from .problems import asked
from .profiling import Decision, without_examples

SCHEMA = Path(__file__).parents[2] / "schema.py"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Findings:
    """What a file showed: a decision on each column, how the file is written, its rows, the leaks that are kept."""

    decisions: list[Decision]
    csv: Csv
    rows: int
    leaks: list[str]

    @property
    def contract(self) -> Contract:
        """The contract that the decisions make."""
        columns = tuple(decision.column for decision in self.decisions if decision.column)
        return Contract(columns, tuple(decision.profile.name for decision in self.decisions if not decision.column))


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
        missing = f"{decision.profile.missing:.2%}" if decision.profile.kind and decision.profile.missing else ""
        share = f", {column.missing:.0%} allowed" if column and column.missing else ""
        short = visible(allowed, VALUE)
        name = visible(decision.profile.name or "(no name)", NAME)
        name = repr(name) if name != name.strip() else name
        rows.append([name, ", ".join(what), short, missing + share, visible(decision.why)])
    return tabulate(rows, ["column", "becomes", "allowed", "missing", "why"], tablefmt="simple", disable_numparse=True)


def look(
    url: str,
    given: argparse.Namespace,
    limit: float,
    seed: int,
    bad_lines: reading.BadLines = "refuse",
    tolerate: float = params.TOLERATED,
) -> Findings:
    """Looks at a file and decides on every column of it.

    Args:
        url: As `reading.locate` returns it.
        given: The command line.
        limit: The score from which on a column is a suspected leak.
        seed: For the scoring of leaks.
        bad_lines: As `ingest.csv.bad_lines`.
        tolerate: As `validate.tolerate`.
    """
    delimiter = {"tab": "\t", "\\t": "\t"}.get(given.delimiter, given.delimiter)
    if delimiter is not None and len(delimiter) != 1:
        raise UsageError(f"--delimiter {delimiter!r} is not one character: give one, or tab.")
    table, csv = reading.read(url, delimiter, given.encoding, bad_lines)
    names, target = table.column_names, asked.one(given.target, table.column_names)
    single = {
        option: [value] for option, value in vars(given).items() if option in options.ROLES and isinstance(value, str)
    }
    several = {"sensitive": given.sensitive, "not-a-feature": given.not_a_feature}
    roles = options.roles({"target": [target], **single, **several}, names, given.file)
    kept = kept_texts.parsed(given.keep, table, given.file)
    profiles, csv = kinds.profile(table, csv, roles, tolerate, kept.texts)
    profiles = missing_option.applied(profiles, given.missing, given.file)
    spellings.refuse(profiles[next(name for name, role in roles.items() if role is Target)], kept.columns)
    decided = decision_rules.decide(profiles, roles, kept.columns, given.problem)
    decisions = spellings.told(kept_texts.told(placeholders.told(decided, kept.values)))
    decisions, leaks = suspects.without_disguised(decisions, kept.columns, limit, seed)
    return Findings(decisions, csv, len(table), leaks)


def adopt(found: Findings, url: str, schema: Path, settings: Path, *, force: bool = False) -> list[str]:
    """Writes the contract and points the settings to the file; both are checked before either is written.

    Returns:
        What was changed beyond that, in sentences.

    Raises:
        UsageError: Edits that no commit has would be lost, and `force` does not say that a copy of them will do.
    """
    left_out = {row.profile.name: without_examples(row.why) for row in found.decisions if not row.column}
    text = schema_text.render(list(found.contract.columns), left_out, PurePosixPath(url.partition("?")[0]).name)
    if schema_text.load(text) != found.contract:
        raise RuntimeError("the contract that was written is not the one that was decided")
    changed, changes = params_text.update(settings.read_text(encoding="utf-8"), url, found.csv, found.rows, found.leaks)
    changed, renamed = params_text.separate(changed, found.contract.target.name)
    copies = unsaved.protect([schema], settings, changed, force=force)
    for path, new in ((schema, text), (settings, changed)):
        write(path, new)
        unsaved.remember(path)
    return [*copies, *changes, *renamed]


def main() -> None:
    """Writes the contract for a file of your own."""
    given = arguments()
    if not (given.file.strip() and given.target[0].strip()):
        raise UsageError("name a file, and the column to predict: make schema FILE=customers.csv TARGET=churned")
    chosen, url = params.load(), reading.locate(given.file, Path.cwd())
    train, bad_lines = chosen.train, chosen.ingest.csv.bad_lines
    found = look(url, given, train.leak_score, train.seed, bad_lines, chosen.validate_.tolerate)
    log.info("\n%s\n", shown(found.decisions))
    changes = adopt(found, url, SCHEMA, params.PATH, force=given.force)
    changes.append(intended_use.reset())
    if Path(url).is_absolute():
        changes.append(
            "the file lies outside the project, where nobody else has it: put it inside and `dvc add` it, or use s3://"
        )
    log.info("wrote %s and %s", SCHEMA.name, params.PATH)
    log.info("%s", "\n".join([*changes, "expectations.py is yours to adapt; then `make run`"]))


if __name__ == "__main__":
    run(main)
