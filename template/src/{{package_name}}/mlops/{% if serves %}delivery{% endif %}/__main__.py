"""Delivers by digest: `make gate`, `delivered`, and the other verbs of mk/delivery.mk."""

import argparse
import json
import logging
import sys
from pathlib import Path

from ..core.atomic import write
from ..core.errors import GateRefused, UsageError
from ..core.runner import run
from . import chain, environments, gate, promotion, smoke

log = logging.getLogger(__name__)


def main() -> None:
    """Lets the model of this commit pass, records where its image goes, verifies or asks what an environment has."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("gate", help="may the model of this commit be delivered?")
    verbs.add_parser("decided", help="does the audit log decide about the model of this commit? prints true or false")
    verbs.add_parser("promote", help="make the model of this commit the champion, if the log does not decide about it")
    record = verbs.add_parser("record", help="write an image into an environment's file and into the chain")
    record.add_argument("environment", choices=environments.NAMES)
    record.add_argument("image", help="NAME@sha256:DIGEST; `staging` is what staging has")
    record.add_argument("--why", required=True, help="the reason, for the audit log")
    verify = verbs.add_parser("verify", help="hold an environment's file against the chain")
    verify.add_argument("environment", choices=environments.NAMES)
    verify.add_argument("--labels", type=Path, help="file with the labels of the image, as JSON")
    verify.add_argument("--out", type=Path, help="file to write the image to, as JSON; null before the first delivery")
    asking = verbs.add_parser("smoke", help="ask a service for the model that an environment has")
    asking.add_argument("environment", choices=[*environments.NAMES, "commit"], help="or `commit`: of this commit")
    asking.add_argument("url")
    asking.add_argument("--seconds", type=float, default=60.0, help="how long it may take to have it")
    args = parser.parse_args()
    if args.verb == "gate":
        gate.passed()
    elif args.verb == "decided":
        sys.stdout.write(f"{str(promotion.decided()).lower()}\n")
    elif args.verb == "promote":
        promotion.promote()
    elif args.verb == "smoke":
        here = args.environment == "commit"
        model_hash = gate.passed().tags["model_hash"] if here else chain.entry(args.environment)["model_hash"]
        smoke.check(args.url, model_hash, args.seconds)
    elif args.verb == "verify":
        image = chain.verify(args.environment, args.labels)
        if args.out:
            write(args.out, json.dumps({"image": str(image) if image else None}) + "\n")
    else:
        if not args.why.strip():
            raise UsageError('say why, for the audit log: --why "..."')
        image = environments.read("staging") if args.image == "staging" else environments.parse(args.image)
        if image is None:
            raise GateRefused("nothing was delivered to staging yet, so there is nothing for production.")
        chain.record(args.environment, image, args.why)


if __name__ == "__main__":
    run(main)
