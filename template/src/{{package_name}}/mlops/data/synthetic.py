"""Makes customers that may leave: realistic, seeded, any number, in constant memory, also drifted.

A project runs with them before it has data of its own: `python -m <package>.mlops.data.synthetic FILE --rows 1000000`.
Half of what drives churn is in the columns, the rest is chance, so that no model is perfect.
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core.atomic import replacing
from ..core.errors import UsageError
from ..core.runner import run

DRIFTS = ("none", "covariate", "concept", "quality")
CHUNK_ROWS = 32_768
START = np.datetime64("2025-01-01T00:00:00", "us")
YEAR_US = 365 * 24 * 3600 * 10**6
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "snapshot_at": pa.timestamp("us"),
        "gender": pa.string(),
        "age": pa.int64(),
        "region": pa.string(),
        "plan": pa.string(),
        "contract": pa.string(),
        "tenure_months": pa.int64(),
        "monthly_charge": pa.float64(),
        "data_usage_gb": pa.float64(),
        "support_calls": pa.int64(),
        "satisfaction": pa.float64(),
        "paperless": pa.bool_(),
        "churned": pa.bool_(),
    }
)
log = logging.getLogger(__name__)


def _pick(rng: np.random.Generator, rows: int, shares: dict[str, float]) -> tuple[pa.Array, Any]:
    codes = rng.choice(len(shares), rows, p=list(shares.values()))
    return pa.DictionaryArray.from_arrays(codes.astype("int8"), list(shares)).cast(pa.string()), codes


def _chunk(rng: np.random.Generator, first: int, rows: int, drift: str) -> pa.RecordBatch:
    gender, _ = _pick(rng, rows, {"female": 0.49, "male": 0.49, "other": 0.02})
    region, east = _pick(rng, rows, {"north": 0.3, "east": 0.2, "south": 0.3, "west": 0.2})
    plan, tier = _pick(rng, rows, {"basic": 0.5, "plus": 0.35, "pro": 0.15})
    contract, years = _pick(rng, rows, {"monthly": 0.55, "one year": 0.25, "two years": 0.2})
    age = np.clip(rng.normal(46, 16, rows), 18, 95).round()
    tenure = np.minimum(rng.gamma(1.4, 22, rows) + 8 * years, 120).round()
    usage = rng.lognormal(2.2 + 0.5 * tier, 0.8, rows)
    calls = rng.poisson(0.9 + 0.5 * (tier == 0), rows)
    satisfaction = np.clip(rng.normal(3.9 - 0.45 * calls, 0.7, rows), 1, 5).round(1)
    charge = np.clip(18 + 24 * tier + 0.25 * np.sqrt(usage) * 4 + rng.normal(0, 6, rows), 5, 500)
    paperless = rng.random(rows) < 0.6
    if drift == "covariate":
        charge, tenure, calls = np.minimum(charge * 1.35, 500), (tenure * 0.55).round(), calls + rng.poisson(0.8, rows)
    sign = -1.0 if drift == "concept" else 1.0
    logit = (
        -2.5
        + sign * (1.9 * (years == 0) - 0.8 * (years == 2) - 0.055 * (tenure - 30))
        + 0.045 * (charge - 40)
        + 0.75 * (calls - 1)
        - 0.9 * (satisfaction - 3.4)
        + 0.9 * ((age < 28) & (years == 0))
        + 0.25 * (east == 1)
        + 0.2 * paperless
    )
    churned = rng.random(rows) < 1 / (1 + np.exp(-logit))
    lost = 0.45 if drift == "quality" else 0.25
    silent = rng.random(rows) < lost
    no_usage = rng.random(rows) < (0.3 if drift == "quality" else 0.04)
    when = START + rng.integers(0, YEAR_US, rows).astype("timedelta64[us]")
    if drift == "quality":
        age = np.where(rng.random(rows) < 0.02, 999, age)
    ids = np.char.mod("C%010d", np.arange(first, first + rows))
    arrays = [ids, when, gender, age.astype(int), region, plan, contract, tenure.astype(int), charge.round(2)]
    arrays += [pa.array(usage.round(2), mask=no_usage), calls.astype(int), pa.array(satisfaction, mask=silent)]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(values).cast(field.type)
            for values, field in zip([*arrays, paperless, churned], SCHEMA, strict=True)
        ],
        schema=SCHEMA,
    )


def batches(rows: int, seed: int, drift: str = "none") -> Iterator[pa.RecordBatch]:
    """Yields the rows in chunks, each from a seed of its own: more rows begin with the same ones.

    Args:
        rows: How many customers.
        seed: Which ones.
        drift: "none"; "covariate" (dearer, newer, more calls), "concept" (loyalty means the opposite),
            "quality" (more missing values, impossible ages).
    """
    for number, first in enumerate(range(0, rows, CHUNK_ROWS)):
        yield _chunk(np.random.default_rng([seed, number]), first, CHUNK_ROWS, drift).slice(0, rows - first)


def main() -> None:
    """Writes a sample to a Parquet file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--drift", choices=DRIFTS, default="none")
    args = parser.parse_args()
    if args.rows < 1:
        raise UsageError(f"--rows is {args.rows}: ask for at least one.")
    with replacing(args.file) as beside, pq.ParquetWriter(beside, SCHEMA) as writer:
        for batch in batches(args.rows, args.seed, args.drift):
            writer.write_batch(batch)
    log.info("wrote %s rows to %s", f"{args.rows:,}", args.file)


if __name__ == "__main__":
    run(main)
