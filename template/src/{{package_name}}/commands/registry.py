"""Commands of the registry: `python -m <package>.commands.registry promote` and `rollback`."""

import argparse
from typing import Any

from ..mlops.core import params
from ..mlops.core.errors import UsageError
from ..mlops.core.runner import run
from ..mlops.tracking import mlflow_client
from ..mlops.tracking.registry import CHALLENGER, by_alias, promote, rollback


def main() -> None:
    """Promotes the challenger, or rolls back to the former champion."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("verb", choices=["promote", "rollback"])
    parser.add_argument("--version", help="of the model to promote; without it, the challenger")
    parser.add_argument("--why", required=True, help="the reason, for the audit log")
    args = parser.parse_args()
    if not args.why.strip():
        raise UsageError('say why, for the audit log: make promote WHY="..."')
    client, name = mlflow_client.connect(), params.load().register_.model_name
    if args.verb == "rollback":
        rollback(client, name, args.why)
        return
    version: Any = by_alias(client, name, CHALLENGER)
    if args.version:
        found = client.search_model_versions(f"name = '{name}'")
        version = next((v for v in found if str(v.version) == args.version), None)
    if version is None:
        raise UsageError(
            f"{name} has no {'version ' + args.version if args.version else 'challenger'}: `make run` registers one."
        )
    promote(client, version, args.why)


if __name__ == "__main__":
    run(main)
