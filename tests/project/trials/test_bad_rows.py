"""Tables with single bad values, which go on and are counted, and with too many, which are refused by name."""

import json
from pathlib import Path

import pytest
from support import trial_tables
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("other people's tables")]


def test_single_bad_values_are_counted_and_trained_on(project: Project) -> None:
    path = trial_tables.whole_numbers(project.path)
    project.stage("mlops.schema_inference", path.name, "--target", "y")
    good = path.read_text(encoding="utf-8").splitlines()
    _with(path, good, {300: "2.5", 301: "2.5", 302: "999", 303: ""})
    project.stage("stages.ingest")
    said = project.stage("stages.validate")
    assert "bad values that validate.tolerate allows" in said.stdout + said.stderr
    counted = {
        row["expectation"]: row["examples"] for row in json.loads(project.read("reports/validation.json"))["tolerated"]
    }
    assert counted["column_values_to_be_in_type_list"] == ["2.5"]
    assert "2.5" in project.read("reports/data_docs/index.html")
    project.stage("stages.split")
    project.stage("stages.train")

    _with(path, good, {row: f"{row % 9}.5" for row in range(300, 320)})
    project.stage("stages.ingest")
    refused = project.stage("stages.validate", check=False)
    assert refused.returncode == 3
    assert "2.857 | 3.5, 4.5, 5.5 |            300 |" in refused.stderr, refused.stderr


def test_names_that_differ_by_little_are_validated_apart(project: Project) -> None:
    path = trial_tables.like_names(project.path)
    said = project.stage("mlops.schema_inference", path.name, "--target", "y")
    assert "' x '" in said.stdout + said.stderr
    project.stage("stages.ingest")
    project.stage("stages.validate")


def _with(path: Path, lines: list[str], values: dict[int, str]) -> None:
    """Writes a file with other values in the first column of some rows, counted from 1."""
    changed = [f"{values[row]},{line.partition(',')[2]}" if row in values else line for row, line in enumerate(lines)]
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")
