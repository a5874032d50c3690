"""Experiments: `python -m <package>.commands.experiment run --name NAME --set "KEY=VALUE ..."`, `compare`, `apply`."""

import argparse
import logging
from datetime import datetime

from .. import project
from ..mlops.core import lineage, params
from ..mlops.core.errors import UsageError
from ..mlops.core.paths import AUDIT
from ..mlops.core.runner import run
from ..mlops.experiments import applying, comparison, launch, params_file, results
from ..mlops.governance import audit_log

log = logging.getLogger(__name__)


def show(*, every: bool = False, only: list[str] | None = None) -> None:
    """Writes experiments as a table and a picture, next to the last evaluation of this folder.

    Raises:
        UsageError: There is nothing to compare.
    """
    found = [result for result in results.collect(every=every) if only is None or result.name in only]
    metric = project.metric_set(project.contract().problem).primary
    found = comparison.ordered([*found, *([here] if (here := results.workspace()) else [])], metric)
    if not found:
        raise UsageError('there is no experiment of this commit: make experiment NAME=... SET="...", or ARGS=--all.')
    entry = audit_log.chosen(audit_log.entries(), params.load().register_.model_name) if AUDIT.exists() else None
    champion = entry["model_hash"] if entry else None
    since = datetime.fromisoformat(entry["time"]).timestamp() if entry else 0.0
    base = params_file.values(lineage.content("HEAD", params.PATH))
    log.info("%s", comparison.table(found, metric, base, champion, since))
    comparison.draw(found, metric, champion, params.load().evaluate.champion.tolerance)
    log.info("picture %s; take one over: make apply NAME=...", comparison.PICTURE)


def main() -> None:
    """Runs an experiment, compares them, or applies one."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    begun = verbs.add_parser("run", help="run one, or one for each combination of lists of values")
    begun.add_argument("--name", required=True)
    begun.add_argument("--set", default="", help='what it changes: "train.family=linear train.seed=1,2,3"')
    begun.add_argument("--queue", action="store_true", help="only put it into DVC's queue")
    begun.add_argument("--workspace", action="store_true", help="in this folder, not in a copy of it")
    compared = verbs.add_parser("compare", help="table and picture")
    compared.add_argument("--all", action="store_true", help="those of other commits too")
    applied = verbs.add_parser("apply", help="take its parameters, code and results over into this folder")
    applied.add_argument("--name", required=True)
    args = parser.parse_args()
    if args.verb == "compare":
        show(every=args.all)
    elif args.verb == "apply":
        applying.apply(args.name)
        log.info('%s is in this folder: `make run`, commit it, then make promote WHY="..."', args.name)
    else:
        names = launch.run(args.name, args.set, queue=args.queue, workspace=args.workspace)
        if not args.queue:
            if set(names) & set(results.names()):
                show(only=names)
            launch.judge(names)


if __name__ == "__main__":
    run(main)
