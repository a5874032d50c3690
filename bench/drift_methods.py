"""Which drift methods see what: Evidently's own and ours, on the features of stable and of shifted traffic.

`uv run python bench/drift_methods.py`
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import measured_projects

# Run by the project's Python: how many of 10 samples of traffic each method calls drifted, by the rule of the project.
SCRIPT = """
import sys, warnings
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from churn_model import frame, project, sample
from churn_model.mlops.monitoring import drift
from churn_model.mlops.monitoring.settings import Monitor
from evidently.legacy.calculations.stattests.registry import _registered_stat_tests as tests
from evidently.legacy.core import ColumnType

warnings.simplefilter("ignore")
C, S, SEEDS = project.contract(), Monitor(), range(100, 110)
texts = {column.name for column in C.features if column.kind == "category"}
reference = frame.feature_frame(pq.read_table("data/test.parquet"), C)

def traffic(seed, kind, rows):
    return frame.feature_frame(pa.Table.from_batches(list(sample.batches(rows, seed, kind))), C)

def dearer(seed):
    found = traffic(seed, "none", 2000)
    return found.assign(data_usage_gb=found["data_usage_gb"] * 1.3)

def theirs(name, other):
    def drifted(ours, now, column):
        kind = ColumnType.Categorical if column in texts else ColumnType.Numerical
        test = tests[other if column in texts else name][kind]
        return test(ours.dropna(), now.dropna(), kind, None).drifted
    return drifted

METHODS = {
    "Wasserstein, Jensen-Shannon (Evidently's default)": theirs("wasserstein", "jensenshannon"),
    "KS, chi-square by p-value 0.05": theirs("ks", "chisquare"),
    "PSI": theirs("psi", "psi"),
    "Jensen-Shannon": theirs("jensenshannon", "jensenshannon"),
    "share of rows that moved (ours)": lambda ours, now, _: drift.distance(ours, now, S).drifted,
}
CASES = {
    "stable, 2,000 rows": (lambda seed: traffic(seed, "none", 2000), list(reference)),
    "stable, 20,000 rows": (lambda seed: traffic(seed, "none", 20000), list(reference)),
    "covariate": (lambda seed: traffic(seed, "covariate", 2000), ["tenure_months", "monthly_charge", "support_calls"]),
    "usage x 1.3": (dearer, ["data_usage_gb"]),
    "missing (quality)": (lambda seed: traffic(seed, "quality", 2000), ["data_usage_gb", "satisfaction"]),
}
frames = {name: [make(seed) for seed in SEEDS] for name, (make, _) in CASES.items()}
for method, drifted in METHODS.items():
    cells = []
    for name, (_, columns) in CASES.items():
        said = [drifted(reference[column], frame[column], column) for frame in frames[name] for column in columns]
        cells.append(f"{sum(said)} of {len(said)}")
    print(f"| {method} | {' | '.join(cells)} |", flush=True)
"""


def main() -> None:
    """Prints a Markdown table: how often a column was called drifted."""
    sys.stdout.write("| method | stable, 2,000 rows | stable, 20,000 | covariate | usage x 1.3 | missing |\n")
    sys.stdout.write("|---|---:|---:|---:|---:|---:|\n")
    with tempfile.TemporaryDirectory() as parent:
        folder = measured_projects.ready(Path(parent) / "p", maturity="intermediate")
        measured_projects.measure(folder, "make", "run")
        command = (str(folder / ".venv/bin/python"), "-c", SCRIPT)
        sys.stdout.write(subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout)  # noqa: S603


if __name__ == "__main__":
    main()
