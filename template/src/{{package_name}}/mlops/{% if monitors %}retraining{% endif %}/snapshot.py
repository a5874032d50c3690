"""Keeps what was before a retraining, and puts it back where that ends badly, at once or, after a kill, the next time.

Kept are the files that Git knows; the outputs of the pipeline come back from DVC's cache.
"""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core import lineage, params
from ..core.atomic import replacing
from ..core.errors import Refusal
from ..core.paths import CARD, DATA_DOCS, EVALUATION, LOCK, METRICS, PLOTS, VALIDATION

BEFORE, REFUSED = Path("reports/retrain/before"), Path("reports/retrain/refused")
FILES = (LOCK, METRICS, CARD)
STATE = "state.json"
log = logging.getLogger(__name__)


def _put(source: Path, path: Path) -> None:
    with replacing(path) as beside:
        shutil.copyfile(source, beside)


def keep(champion: str, settings: str | None) -> None:
    """Copies what Git knows, whole or not at all.

    Args:
        champion: Hash of the present champion, or nothing.
        settings: What will be made of `params.yaml`, to be undone too; None if nothing.
    """
    beside = BEFORE.with_name(".before.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for path in (*FILES, params.PATH):
        if path.exists():
            shutil.copyfile(path, beside / path.name)
    state = {"champion": champion, "commit": lineage.commit(), "settings": settings}
    (beside / STATE).write_text(json.dumps(state), encoding="utf-8")
    beside.replace(BEFORE)


def _forget() -> None:
    (BEFORE / STATE).unlink()
    shutil.rmtree(BEFORE)


def _restore() -> None:
    state = json.loads((BEFORE / STATE).read_text(encoding="utf-8"))
    for path in FILES:
        if (BEFORE / path.name).exists():
            _put(BEFORE / path.name, path)
        else:
            path.unlink(missing_ok=True)
    # What somebody wrote into it since then is not undone.
    if params.PATH.read_text(encoding="utf-8") == state["settings"]:
        _put(BEFORE / params.PATH.name, params.PATH)
    if LOCK.exists():
        # Of the pipeline's outputs only: a source that DVC tracks may hold what DVC has not seen yet.
        checkout = [sys.executable, "-m", "dvc", "checkout", "--quiet", "--force", "--allow-missing", "dvc.yaml"]
        if subprocess.run(checkout, check=False).returncode:  # noqa: S603
            raise Refusal("DVC can't bring the former results back, see above: mend that, and `uv run dvc checkout`.")
    _forget()


def recover(champion: str) -> None:
    """Puts back what was before a retraining that ended badly, unless it promoted its model or somebody went on since.

    Args:
        champion: Hash of the present champion, or nothing.
    """
    if not (BEFORE / STATE).exists():
        shutil.rmtree(BEFORE, ignore_errors=True)
        return
    state = json.loads((BEFORE / STATE).read_text(encoding="utf-8"))
    committed = lineage.show(state["commit"], LOCK.name) != lineage.show("HEAD", LOCK.name)
    if committed or state["champion"] != champion:
        _forget()
        return
    _restore()
    log.info("put back what was before the retraining")


@contextmanager
def kept(champion: Callable[[], str], settings: str | None) -> Iterator[None]:
    """Keeps what is, as `keep`, and puts it back, as `recover`, unless the block ends well."""
    keep(champion(), settings)
    try:
        yield
    except BaseException:  # an interrupt too
        recover(champion())
        raise
    _forget()


def set_aside(*, judged: bool) -> None:
    """Copies the reports of what was refused, to be looked at when the former ones are back.

    Args:
        judged: Whether there are some of the model, or only of the data.
    """
    shutil.rmtree(REFUSED, ignore_errors=True)
    REFUSED.mkdir(parents=True)
    for path in (VALIDATION, DATA_DOCS, *((EVALUATION, PLOTS, METRICS) if judged else ())):
        if path.is_dir():
            shutil.copytree(path, REFUSED / path.name)
        elif path.exists():
            shutil.copyfile(path, REFUSED / path.name)
