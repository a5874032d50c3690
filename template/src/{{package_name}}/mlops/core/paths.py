"""Where the stages leave their results, relative to the project's folder; the same paths stand in `dvc.yaml`."""

from pathlib import Path

DATASET = Path("data/dataset.parquet")
TRAIN = Path("data/train.parquet")
TEST = Path("data/test.parquet")
VALIDATION = Path("reports/validation.json")
DATA_DOCS = Path("reports/data_docs")
MODEL = Path("models/model.skops")
RECORD = Path("models/model.json")
METRICS = Path("metrics.json")
EVALUATION = Path("reports/evaluation.json")
VERDICT = Path("reports/verdict.json")
PLOTS = Path("reports/plots")
REGISTRATION = Path("models/registration.json")
COST = Path("reports/cost.json")
BUDGET = Path("reports/budget.json")
LICENCES = Path("reports/licences.md")
DELIVERIES = Path("deploy/deliveries.jsonl")
LOCK = Path("dvc.lock")
CARD = Path("MODEL_CARD.md")
INTENDED_USE = Path("docs/intended-use.md")
CARD_PAGE = Path("docs/model-card.md.j2")
REPORT = Path("reports/index.html")
EXPLORATION = Path("reports/explore.html")
REPORT_PAGE = Path("docs/report.html.j2")
AUDIT = Path("audit.jsonl")
COPIES = (".dvc", "tmp", "exps")  # the folder of the copies in which DVC runs queued experiments


def workspace() -> Path:
    """Returns the project's folder, also in a copy of it."""
    here = Path.cwd().resolve()
    copies = next((parent for parent in here.parents if parent.parts[-len(COPIES) :] == COPIES), None)
    return copies.parents[len(COPIES) - 1] if copies else here


def is_copy() -> bool:
    """Whether this process runs in a copy of the project."""
    return workspace() != Path.cwd().resolve()
