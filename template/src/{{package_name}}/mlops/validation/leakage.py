"""How well each column alone predicts the target: one that does almost perfectly was probably made from it.

`infer` leaves such columns out, `train` refuses to learn from them, and from those of `disguises.py` and
`signed_sums.py`. Both judge the same rows in the same way, so that they never contradict each other.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...roles import Group
from ..contract.columns import Contract
from ..core import params
from ..core.errors import GateRefused
from . import disguises, signed_sums
from .single_feature import classified, dealt, ranked, regressed

MAX_ROWS, MIN_ROWS = 20_000, 30
# Classes with fewer rows are not scored where two others are left: a fold that never saw them proves nothing.
MIN_CLASS = 10
# A column that alone predicts the target this well, and is not refused, is named to people.
STRONG = 0.8


@dataclass(frozen=True)
class Suspects:
    """Features that should not be learned from, each with the rest of a sentence that says why.

    Attributes:
        leaks: They give the target away.
        times: They are the event time in another form.
        strong: They alone predict the target well, but not too well: the scores.
    """

    leaks: dict[str, str]
    times: dict[str, str]
    strong: dict[str, float]

    @property
    def reasons(self) -> dict[str, str]:
        """Leaks and times."""
        return self.times | self.leaks


def sampled(table: pa.Table, contract: Contract, rng: np.random.Generator) -> pa.Table:
    """Draws at most 20,000 rows that have a target, of no class that is too small to be scored."""
    target = table[contract.target.name]
    rows = np.flatnonzero(target.is_valid().to_numpy())
    if contract.problem != "regression":
        codes = pc.dictionary_encode(target.drop_null()).combine_chunks().indices.to_numpy()
        large = np.bincount(codes, minlength=1) >= MIN_CLASS
        rows = rows[large[codes]] if large.sum() > 1 else rows
    if len(rows) > MAX_ROWS:
        rows = np.sort(rng.choice(rows, MAX_ROWS, replace=False))
    return table.take(pa.array(rows))


def scores(table: pa.Table, contract: Contract, seed: int) -> dict[str, float]:
    """Scores each feature by how well it predicts the target without the others, on at most 20,000 rows.

    A small decision tree is cross-validated in three folds; where the contract has groups, each is in one fold.

    Args:
        table: Rows in the types of the contract.
        contract: The columns.
        seed: For the choice of rows and folds.

    Returns:
        By feature, 0 (chance) to 1 (perfect): normalised balanced accuracy for classes; for numbers R2 or a
        correlation to an even power, whichever is largest. Fewer than 30 rows prove nothing, so score 0.
    """
    rng = np.random.default_rng(seed)
    table = sampled(table, contract, rng)
    values = table[contract.target.name].to_numpy()
    different, codes = np.unique(values, return_inverse=True)
    if len(table) < MIN_ROWS or len(different) < 2:
        return dict.fromkeys((column.name for column in contract.features), 0.0)
    classes = None if contract.problem == "regression" else codes
    truth = values.astype(np.float64) if classes is None else classes
    folds = dealt(next((table[c.name] for c in contract.columns_with_role(Group)), None), classes, len(table), rng)
    found = {}
    for column, values in ((column, table[column.name]) for column in contract.features):
        ranks = ranked(values, column)
        if classes is not None:
            score = classified(ranks, truth, folds, seed)
        else:
            numbers = values.cast(pa.float64(), safe=False).to_numpy() if column.kind in ("int", "float") else None
            score = regressed(ranks, numbers, truth, folds, seed)
        found[column.name] = max(score, 0.0)
    return found


def suspects(table: pa.Table, contract: Contract, limit: float, seed: int, allowed: Collection[str]) -> Suspects:
    """Finds the features that a model should not learn from.

    Args:
        table: All rows of the data set, in the types of the contract.
        contract: The columns.
        limit: The score from which on a column that alone predicts the target is suspect.
        seed: As of `scores`.
        allowed: Columns that are known in time. They are suspects all the same, others in a sum with them too.
    """
    target, scored = contract.target.name, scores(table, contract, seed)
    high = {name: score for name, score in scored.items() if score >= limit}
    leaks = {name: f"alone predicts {target} with a score of {score:.3f}" for name, score in high.items()}
    strong = {name: score for name, score in scored.items() if STRONG <= score < limit}
    rows = sampled(table, contract, np.random.default_rng(seed))
    if len(rows) < MIN_ROWS:
        return Suspects(leaks, {}, strong)
    times = disguises.of_time(rows, contract)
    rest = [column for column in contract.columns if column.name not in leaks | times]
    permitted = [column for column in rest if column.name in allowed or not column.is_feature]
    sums = signed_sums.of_target(rows, Contract(tuple(permitted)), limit, ())
    sums |= signed_sums.of_target(rows, Contract(tuple(rest)), limit, allowed)
    return Suspects(leaks | sums, times, strong)


def refuse_leaks(table: pa.Table, contract_: Contract, train: params.Train) -> list[str]:
    """Refuses to learn from a column that gives the target away, or is another one in disguise.

    Args:
        table: All rows of the data set: those that `infer` judges.
        contract_: The columns.
        train: The limit, and what is allowed.

    Returns:
        What else is to be said of columns, in sentences.

    Raises:
        GateRefused: A feature is a suspect, and is not in `train.allow_leaks`.
    """
    found, target = suspects(table, contract_, train.leak_score, train.seed, train.allow_leaks), contract_.target.name
    for name, reason in found.reasons.items():
        if name in train.allow_leaks:
            continue
        if name in found.times:
            later = "so the latest rows, which are held out, have values that no other row has"
            raise GateRefused(f"column {name} {reason}, {later}: move it to LEFT_OUT, or name it in train.allow_leaks.")
        limit = f", train.leak_score allows less than {train.leak_score}" if reason.startswith("alone") else ""
        after = "it is probably known only after the fact, so move it to LEFT_OUT in schema.py"
        known = "if it really is known in time, name it in train.allow_leaks."
        raise GateRefused(f"column {name} {reason}{limit}: {after}; {known}")
    told = [f"column {name} {reason}; train.allow_leaks permits it" for name, reason in found.reasons.items()]
    return told + [
        f"column {name} alone predicts {target} with a score of {score:.2f}: make sure that it is known before {target}"
        for name, score in found.strong.items()
    ]
