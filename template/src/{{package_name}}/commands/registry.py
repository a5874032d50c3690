"""Commands of the registry: `python -m <package>.commands.registry promote`, `rollback` and `restore`."""

import argparse
import logging

from .. import project
from ..mlops.core import params
from ..mlops.core.errors import UsageError
from ..mlops.core.paths import AUDIT
from ..mlops.core.runner import run
from ..mlops.promotion import acts
from ..mlops.tracking import mlflow_client, projection, versions
from ..mlops.tracking.mirrors import registry_mirrors
from ..mlops.tracking.registry import rollback

log = logging.getLogger(__name__)


def main() -> None:
    """Promotes the model of the last run, rolls back to the former champion, or restores the registry from the log."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, does in (("promote", "make a model the champion"), ("rollback", "make the former champion it again")):
        verbs.add_parser(verb, help=does).add_argument("--why", required=True, help="the reason, for the audit log")
    which = "of a model that was champion before, or its first digits; without it, the model of the last run"
    verbs.choices["promote"].add_argument("--model", metavar="HASH", help=which)
    verbs.add_parser("restore", help="let the registry follow the audit log, with models from DVC's cache or remote")
    args = parser.parse_args()
    if args.verb != "restore" and not args.why.strip():
        raise UsageError(f'say why, for the audit log: make {args.verb} WHY="..."')
    client, name = mlflow_client.connect(), params.load().register_.model_name
    if args.verb == "rollback":
        rollback(client, name, args.why, project.contract(), project.trusted())
    elif args.verb == "restore":
        version = projection.restore(client, name, project.contract(), project.trusted(), force=True)
        shown = versions.by_alias(client, name, versions.CHAMPION)
        if shown is None or shown.version != version.version:
            kept = f"stays {shown.version}" if shown else "stays as it is"
            log.warning(
                "%s %s is the champion of this log. The registry knows entries that %s lacks, so its champion %s: "
                "bring the log of the branch that has them, or look into `git stash list`",
                *(name, version.version, AUDIT, kept),
            )
        else:
            log.info("%s %s is champion in the registry, as the audit log says", name, version.version)
        registry_mirrors.repeat(client, name)
    elif args.model:
        acts.promote_again(client, args.model, args.why)
    else:
        acts.promote(client, args.why)


if __name__ == "__main__":
    run(main)
