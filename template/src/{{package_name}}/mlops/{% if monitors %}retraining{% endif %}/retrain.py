"""Trains a challenger on new data; the gates promote or refuse it: `make retrain WHY="..."`.

Ingests anew even where DVC sees no change, or from `--source`, then runs what `make run` runs. Ends with 0 promoted, or
nothing to do; 3 refused by a gate; 2 parameters or arguments are wrong; 1 failed. `reports/retrain/outcome.json` says
which of `promoted`, `passed`, `unchanged`, `refused`, and why. Refused or failed, champion and results are as before; a
refusal is in the audit log, its reports in `reports/retrain/refused/`. It may be killed at any time, and run again.
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

import yaml
from mlflow import MlflowClient

from ..core import lineage, params, untrusted_text
from ..core.atomic import write
from ..core.errors import GateRefused, UsageError
from ..core.paths import DATASET, LOCK, MODEL, RECORD
from ..core.pipeline import reproduce, verdict
from ..core.runner import run
from ..data.source import FILE_SCHEMES
from ..governance import audit_log
from ..promotion import acts
from ..schema_inference import params_text, reading
from ..tracking import audited, mlflow_client, registry
from . import snapshot

OUTCOME = Path("reports/retrain/outcome.json")
JUDGING = ("evaluate", "budget", "register")  # stages that judge a challenger
log = logging.getLogger(__name__)


def _pointed(source: str) -> str:
    """Returns `params.yaml` with another source."""
    watched = "://" not in source or source.partition("://")[0] in FILE_SCHEMES
    where = reading.locate(source, Path.cwd()) if watched else source
    return params_text.point(params.PATH.read_text(encoding="utf-8"), where, watched=watched)


def _locked(path: Path) -> str:
    """Returns the hash that `dvc.lock` has of an output, or nothing."""
    stages = yaml.safe_load(LOCK.read_text(encoding="utf-8"))["stages"] if LOCK.exists() else {}
    outs = [out for stage in stages.values() for out in stage.get("outs", [])]
    return next((str(out["md5"]) for out in outs if out["path"] == path.as_posix()), "")


def _trained() -> str:
    return str(json.loads(RECORD.read_text(encoding="utf-8"))["sha256"])


def _champion(name: str) -> tuple[str, str]:
    """Returns version and model hash of the champion, or nothing."""
    entry = audit_log.chosen(audit_log.entries(), name)
    return (entry["version"], entry["model_hash"]) if entry else ("", "")


def _line(closed: GateRefused) -> str:
    """Returns a refusal in one line, for the audit log: without values of the data, which nobody could erase."""
    head, *rest = [" ".join(line.split()) for line in closed.logged.splitlines() if line.strip(" |:-")]
    return f"{head}: {'; '.join(rest)}" if rest else head


def _challenge(client: MlflowClient, name: str, trained: str, why: str) -> None:
    """Makes a challenger of the newest data and lets the gates decide; what they refuse is recorded."""
    try:
        reproduce("--force", "--single-item", "ingest")
        # A model that was made before is judged anew: the champion may be another one than then.
        reproduce("--no-run-cache")
        if _locked(MODEL) != trained or _champion(name) == ("", ""):
            acts.after_retraining(client, why)
    except GateRefused as closed:
        judged = (verdict() or {}).get("stage") in JUDGING or _locked(MODEL) != trained
        snapshot.set_aside(judged=judged)
        model_hash = _trained() if judged else ""
        registry.refuse(client, name, _line(closed), model_hash, lineage.data_hash(DATASET))
        raise


def _outcome(name: str, champion: str, trained: str) -> tuple[str, str]:
    """Returns what the retraining led to, and a sentence that says it."""
    version, model_hash = _champion(name)
    if _locked(MODEL) == trained:
        return "unchanged", f"the newest data give the model that there is; champion is version {version or 'none'}"
    if _trained() != model_hash:
        return "passed", f'the challenger waits for `make promote WHY="..."`; champion is version {version or "none"}'
    if version == champion:
        return "passed", f"{name} version {version} is the champion already"
    return "promoted", f"{name} version {version}, in place of {champion or 'none'}"


def _tell(outcome: str, sentence: str) -> None:
    """Writes what the retraining led to, and says it."""
    write(OUTCOME, untrusted_text.as_json({"outcome": outcome, "sentence": sentence}, indent=2) + "\n")
    log.info("%s: %s", outcome, sentence)


def main() -> None:
    """Trains a challenger on new data, and lets the gates promote or refuse it."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}.retrain", description=main.__doc__)
    parser.add_argument("--why", required=True, help="the reason, for the audit log")
    parser.add_argument("--source", metavar="PATH_OR_URL", help="new data; without it, what ingest.source holds now")
    args = parser.parse_args()
    if not args.why.strip():
        raise UsageError('say why, for the audit log: make retrain WHY="..."')
    os.environ["RETRAIN_REASON"] = args.why
    os.environ.setdefault("RETRAIN_EVENT", os.environ.get("GITHUB_EVENT_NAME", "by hand"))
    OUTCOME.unlink(missing_ok=True)
    client, name = mlflow_client.connect(), params.load().register_.model_name
    audit_log.verify(audited.anchor())
    version, model_hash = _champion(name)
    snapshot.recover(model_hash)
    settings = _pointed(args.source) if args.source else None
    trained = _locked(MODEL)
    try:
        with snapshot.kept(lambda: _champion(name)[1], settings):
            if settings:
                write(params.PATH, settings)
            _challenge(client, name, trained, args.why)
    except GateRefused as closed:
        ingest = params.load().ingest
        if settings is None and ingest.watch == ingest.source:
            log.info("%s still holds these data: until they are fixed, `make run` refuses them too", ingest.source)
        _tell("refused", f"champion is version {version or 'none'} as before; {_line(closed)}")
        sys.exit(GateRefused.code)
    _tell(*_outcome(name, version, trained))


if __name__ == "__main__":
    run(main)
