"""Stage `card`: writes `MODEL_CARD.md` from what the run left; `--check` renders it again and refuses another one."""

import argparse
import logging

from .. import project
from ..mlops.contract import notes
from ..mlops.core.atomic import write
from ..mlops.core.paths import CARD, EVALUATION, RECORD, REGISTRATION, VALIDATION
from ..mlops.core.runner import run
from ..mlops.core.untrusted_text import NAME, visible
from ..mlops.reporting import model_card

log = logging.getLogger(__name__)


def main() -> None:
    """Runs the stage, or with --check only compares."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="refuse a card that is stale; write nothing")
    if parser.parse_args().check:
        model_card.check(project.contract())
        return
    report, registration, record = map(model_card.read, (EVALUATION, REGISTRATION, RECORD))
    write(CARD, model_card.render(project.contract(), report, registration, record))
    numbers = ", ".join(f"{name} {row['value']:.4f}" for name, row in report["metrics"].items())
    log.info("model    %s %s\nmetrics  %s", registration["model"], registration["model_hash"][:12], numbers)
    log.info(
        "card     %s\nreports  reports/data_docs/index.html, reports/plots/overview.png, reports/evaluation.json", CARD
    )
    left_out = [visible(name, NAME) for name in project.contract().left_out]
    if left_out:
        log.info("left out %s; LEFT_OUT in schema.py says why", notes.some(left_out))
    for note in notes.of_run(model_card.read(VALIDATION), record, report):
        log.warning("note     %s", note)


if __name__ == "__main__":
    run(main)
