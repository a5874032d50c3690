"""A table in which -999 means that there is no value: in the target it is refused until decided, then it is missing."""

import pyarrow.parquet as pq
import pytest
from support import trial_tables
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("other people's tables")]


def test_a_number_that_means_none_is_missing_once_it_is_decided(project: Project) -> None:
    infer = ("mlops.schema_inference", trial_tables.minus_999(project.path).name, "--target", "ozone")
    refused = project.stage(*infer, check=False)
    assert refused.returncode and "Traceback" not in refused.stderr
    assert "-999 in 19.5% of the rows looks like 'missing': give --missing -999 if it is, --keep -999" in refused.stderr

    assert "-999 is missing, as asked" in project.stage(*infer, "--missing", "-999").stdout
    project.stage("stages.ingest")
    table = pq.read_table(project.path / "data/dataset.parquet")
    assert (table["temp"].null_count, table["ozone"].null_count) == (194, 195)
    assert "195 rows without a target left out" in project.stage("stages.split").stdout
