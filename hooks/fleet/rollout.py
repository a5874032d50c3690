"""Sees and moves many projects at once: a status of all, or an update of all, each through the update guard.

`uv run python hooks/fleet status FOLDER|LIST` and `... update FOLDER|LIST`. Exit codes: 0 all is well, 1 something
failed or was refused, 3 some projects need a person.
"""

import argparse
import datetime
import logging
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import command_line
import policy
import projects
import tables
from guarding.environment import restricted
from guarding.pool import Pool
from history import FAILED, Report, Row, write
from hosting.bases import Bases
from hosting.git import FleetError
from rows import Fleet
from sources import Sources
from task import from_options

log = logging.getLogger(__name__)
PERSON = 3


def run(options: argparse.Namespace) -> list[Row]:
    """Goes through the projects; returns a row each, in the order of their names."""
    rules = policy.read(options.policy)
    job = from_options(options, rules)
    everything = projects.find(options.where)
    for remark in rules.remarks(everything, datetime.date.today()):
        log.warning(tables.plain(remark))
    chosen = rules.selected(everything, options.wave)
    report = Report(options.json, job.kind)
    report.resume({str(project.folder) for project in everything} if job.verb == "update" else set())
    bases = Bases(options.fetch, job.branch.partition("{version}")[0])
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as folder:
        room = Path(folder).resolve()
        pool = Pool(room, restricted(os.environ, room), options.timeout)
        fleet = Fleet(job, rules, Sources(options.template, rules.sources), bases, pool, report)
        try:
            return _all(fleet, chosen, options.workers)
        finally:
            pool.close()
            report.save()


def _all(fleet: Fleet, chosen: list[projects.Project], workers: int) -> list[Row]:
    log.info("the guard's packages are in %s", fleet.pool.python)
    rows: dict[str, Row] = {}
    again = 0
    with ThreadPoolExecutor(max(1, workers)) as threads:
        running = [threads.submit(fleet.row, project) for project in chosen]
        try:
            for future in as_completed(running):
                row = future.result()
                again += row.pop("again", False)
                rows[row["project"]] = row
                fleet.report.add(row)
                log.info("[%d/%d] %s", len(rows), len(chosen), tables.plain(f"{row['project']}: {said(row)}"))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            fleet.pool.close()
            raise
    if again:
        log.info("%d of %d projects were done before", again, len(chosen))
    return [rows[name] for name in sorted(rows)]


def said(row: Row) -> str:
    """Returns a row in few words."""
    if row["error"]:
        return f"failed: {row['error']}"
    if "result" in row:
        return f"{row['result']}, {row['from']} -> {row['to']}" if "from" in row else row["result"]
    return f"{row['behind']} behind"


def main(given: list[str] | None = None) -> int:
    """Runs a verb; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    options = command_line.arguments(__doc__, given)
    try:
        rows = run(options)
    except FleetError as error:
        log.error("refused: %s", error)
        return FAILED
    sys.stdout.write(f"{tables.markdown(options.verb, rows)}\n")
    if options.html:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
        write(options.html, tables.page(options.verb, rows, now))
    codes = {row["exit"] for row in rows}
    return FAILED if FAILED in codes else PERSON if PERSON in codes else 0
