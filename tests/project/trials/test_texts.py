"""Tables whose numbers have marks, whose categories have two spellings, and in which NA is a place."""

import pyarrow.parquet as pq
import pytest
from support import trial_tables
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("other people's tables")]


def test_numbers_as_people_write_them_are_learned_from(project: Project) -> None:
    infer = ("mlops.schema_inference", trial_tables.numbers_of_people(project.path).name, "--target", "y")
    said = project.stage(*infer).stdout
    assert "NA in 24.5% of the rows is read as missing, and the target differs there: --keep place=NA" in said
    assert "'n.a.*' in 1 of the rows is no number and counts as missing" in said
    said = project.stage(*infer, "--keep", "place=NA").stdout
    assert "written with '$' and 'k'" in said and "read as missing" not in said
    contract = project.read(f"src/{project.package}/schema.py")
    assert all(marks in contract for marks in ('Written("$", "k")', 'Written("()")', 'Written("%")', '"NA"'))
    for stage in ("ingest", "validate", "split", "train"):
        project.stage(f"stages.{stage}")
    table = pq.read_table(project.path / "data/dataset.parquet")
    kinds = {name: str(kind) for name, kind in zip(table.column_names, table.schema.types, strict=True)}
    assert (kinds["price"], kinds["balance"], kinds["rate"], kinds["score"]) == ("double", "double", "double", "int64")
    assert table["score"].null_count == 1 and "NA" in table["place"].unique().to_pylist()
    assert "score" in project.read("reports/validation.json")


def test_one_class_in_two_spellings_is_refused(project: Project) -> None:
    infer = ("mlops.schema_inference", trial_tables.one_class_in_two_spellings(project.path).name, "--target", "income")
    refused = project.stage(*infer, check=False)
    assert refused.returncode and "Traceback" not in refused.stderr
    assert "'>50K' and '>50K.' differ only in case, spaces or a final period" in refused.stderr
    assert "multiclass, 4 classes" in project.stage(*infer, "--keep", "income").stdout
