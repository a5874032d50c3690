"""Scores a file or folder of any size in constant memory: `python -m <package>.mlops.batch.batch_predict INPUT FOLDER`.

Writes the predictions as Parquet parts in the form of the prediction log. Killed and run again, it goes on behind the
last part; the folder remembers the input and the model, and refuses others. Where a file is named instead of a folder,
the parts become that file: see `answer_file.py`.
"""

import argparse
import json
import logging
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ..core import params
from ..core.atomic import replacing, write
from ..core.errors import Refusal
from ..core.runner import run
from ..core.untrusted_text import address
from ..data.storage import fingerprint
from ..serving.model import bundle, tables
from ..serving.model.bundle import Bundle
from . import answer_file, out_of_contract, readers

PART_ROWS = 100_000
JOB = "_job.json"
log = logging.getLogger(__name__)


def pieces(batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yields the rows in pieces of `PART_ROWS`, the last one smaller."""
    held: list[pa.Table] = []
    for batch in batches:
        held.append(batch)
        while sum(map(len, held)) >= PART_ROWS:
            whole = pa.concat_tables(held)
            yield whole.slice(0, PART_ROWS)
            held = [whole.slice(PART_ROWS)]
    if sum(map(len, held)):
        yield pa.concat_tables(held)


def job(url: str, folder: Path, served: Bundle) -> dict[str, Any]:
    """Returns what the folder remembers of its job; in a new folder, remembers this one.

    Raises:
        Refusal: The folder holds something else: other files, or predictions of another input or model.
    """
    path = folder / JOB
    ours = {"input": fingerprint(url), "model": served.facts["model"], "bundle": served.facts["seal"]}
    if any(folder.glob("part-*.parquet")) and path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        for name, what in (("input", "input"), ("model", "model"), ("bundle", "model")):
            if known[name] != ours[name]:
                raise Refusal(f"{folder} holds predictions of another {what}: name another folder, or remove this one.")
        return dict(known)
    if folder.exists() and any(other.name != JOB for other in folder.iterdir() if not other.name.startswith(".")):
        raise Refusal(f"{folder} holds other files: name a folder that is empty or does not exist yet.")
    new = {**ours, "request_id": uuid.uuid4().hex, "time": datetime.now(UTC).replace(tzinfo=None).isoformat()}
    write(path, json.dumps(new, indent=2) + "\n")
    return new


def score(url: str, folder: Path, csv: params.Csv) -> None:
    """Scores what is not scored yet.

    Raises:
        Refusal: As `job`, `rows.typed` and `rows.read`.
    """
    served = bundle.load()
    known = job(url, folder, served)
    part = len(list(folder.glob("part-*.parquet")))
    done = part * PART_ROWS
    total = readers.count(url)
    if part:
        log.info("goes on behind row %s", f"{done:,}")
    when = pa.scalar(datetime.fromisoformat(known["time"]), pa.timestamp("us"))
    strange: Counter[str] = Counter()
    read = (readers.typed(raw, served.columns, csv, first) for first, raw in readers.read(url, csv, done))
    with tqdm(total=total, initial=min(done, total or done), unit=" rows", unit_scale=True, disable=None) as bar:
        for piece in pieces(read):
            strange += out_of_contract.count(piece, served.features)
            answered = tables.answered(piece, served, known["request_id"], done, when)
            with replacing(folder / f"part-{part:05}.parquet") as beside:
                pq.write_table(answered, beside)
            bar.update(len(piece))
            part, done = part + 1, done + len(piece)
    if not part:
        raise Refusal(f"{address(url)} has columns but no rows.")
    out_of_contract.tell(strange)
    scored = sum(pq.read_metadata(path).num_rows for path in folder.glob("part-*.parquet"))
    log.info(
        "%s holds %s rows scored with %s %s", folder, f"{scored:,}", served.facts["model"], served.facts["version"]
    )


def score_to_file(url: str, to: Path, csv: params.Csv) -> None:
    """Scores an input, and writes its rows with their answers; a killed one goes on where it ended.

    Raises:
        Refusal: As `score` and `answer_file.write`.
    """
    folder = to.with_name(f".{to.name}.parts")
    score(url, folder, csv)
    rows = pieces(raw for _, raw in readers.read(url, csv))
    parts = (pq.read_table(path) for path in sorted(folder.glob("part-*.parquet")))
    answer_file.write(to, zip(rows, parts, strict=True), bundle.load().facts, csv)
    shutil.rmtree(folder)
    log.info("%s has the rows of %s and their answers", to, address(url))


def main() -> None:
    """Scores a file or folder of CSV or Parquet."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("input", help="file or folder of CSV or Parquet: a path, s3://, https://")
    parser.add_argument("to", type=Path, help="where the predictions go: a folder, or a file .csv, .parquet or .xlsx")
    args = parser.parse_args()
    if answer_file.fits(args.to):
        score_to_file(args.input, args.to, params.load().ingest.csv)
    else:
        score(args.input, args.to, params.load().ingest.csv)


if __name__ == "__main__":
    run(main)
