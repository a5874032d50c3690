"""What a project's pipeline itself answers to rows, to compare a service or an image with."""

import json
from typing import Any

from support.rendered_project import Project

ROWS = 200
# Held-out rows as JSON, some with a missing or an unknown value, and the probabilities that the pipeline predicts.
SCRIPT = f"""
import json
import pyarrow as pa, pyarrow.parquet as pq
from {{package}} import project
from {{package}}.mlops.contract import frame
from {{package}}.mlops.models import persistence
found = project.contract()
table = pq.read_table("data/test.parquet").slice(0, {ROWS})
rows = [{{{{name: row[name] for name in (c.name for c in found.features)}}}} for row in table.to_pylist()]
for row in rows[::7]:
    row["region"] = "nowhere"
for row in rows[::5]:
    row["satisfaction"] = None
columns = {{{{c.name: pa.array([row[c.name] for row in rows], c.arrow) for c in found.features}}}}
recorded = json.loads(open("models/model.json").read())["sha256"]
pipeline = persistence.load(persistence.MODEL, recorded, project.trusted())
expected = pipeline.predict_proba(frame.feature_frame(pa.table(columns), found))[:, 1].tolist()
print(json.dumps([rows, expected]))
"""


def pipeline_answers(project: Project) -> tuple[list[dict[str, Any]], list[float]]:
    """Returns rows as a client sends them, and the probability of the positive class of each."""
    said = project.run("uv", "run", "python", "-c", SCRIPT.format(package=project.package)).stdout
    rows, expected = json.loads(said.splitlines()[-1])
    return rows, expected
