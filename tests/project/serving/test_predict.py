"""The exported champion answers as the pipeline does, is refused when it was changed, and scores files of any size."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sklearn.datasets
from support.further_packages import WithPackages
from support.rendered_project import ROOT, Project

pytestmark = pytest.mark.e2e
COMPARE = ROOT / "tests/support/services/equal_predictions.py"
FAMILIES = ("hist_gradient_boosting", "random_forest", "linear")
BUNDLED: dict[str, tuple[Callable[..., object], str]] = {
    "wine": (sklearn.datasets.load_wine, "multiclass"),
    "diabetes": (sklearn.datasets.load_diabetes, "regression"),
}
ROWS = 1_000_000


@pytest.fixture
def project(served: Project, tmp_path: Path) -> Project:
    """A copy of the project whose champion is exported, to be changed at will."""
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", served.environment)


def facts(project: Project) -> dict[str, object]:
    """Returns what the exported bundle says."""
    return dict(json.loads(project.read("models/served/bundle.json")))


@pytest.mark.capability("compiled predictor")
@pytest.mark.parametrize("family", FAMILIES)
def test_ten_thousand_rows_with_missing_and_unknown_values(family: str, project: Project) -> None:
    done = project.run("uv", "run", "python", str(COMPARE), project.package, family, "10000")
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["path"], found["rows"], found["labels_flipped"]) == ("compiled", 10_000, 0)
    assert found["spoiled"] > 5_000
    assert found["largest_difference"] < 1e-12
    assert found["row_by_row"] < 1e-12


@pytest.mark.parametrize("name", [pytest.param("wine", marks=pytest.mark.variant), "diabetes"])
def test_other_problems(name: str, project: Project) -> None:
    load, problem = BUNDLED[name]
    load(as_frame=True).frame.to_csv(project.path / f"{name}.csv", index=False)
    project.stage("mlops.schema_inference", f"{name}.csv", "--target", "target")
    project.make("run")
    assert "compiled: on " in project.make("export").stdout
    found = facts(project)
    assert (found["problem"], found["path"]) == (problem, "compiled")
    assert found["parity"]["largest_difference"] < 1e-12
    assert found["parity"]["labels_flipped"] == 0
    project.make("score", f"FROM={name}.csv", "TO=out")
    project.make("score", f"FROM={name}.csv", "TO=answers.csv")
    lines = [(project.path / file).read_text(encoding="utf-8").splitlines() for file in (f"{name}.csv", "answers.csv")]
    assert len(lines[0]) == len(lines[1])
    assert all(after.replace('"', "").startswith(before) for before, after in zip(*lines, strict=True))
    scored = pq.read_table(project.path / "out")
    assert len(scored) == len(load(as_frame=True).frame)
    if problem == "regression":
        assert scored["_label"].null_count == scored["_probabilities"].null_count == len(scored)
    else:
        assert all(abs(sum(row) - 1) < 1e-9 for row in scored["_probabilities"].to_pylist())
        assert scored["_value"].to_pylist() == [max(row) for row in scored["_probabilities"].to_pylist()]
    assert "passed" in project.run("uv", "run", "pytest", "tests/mlops/serving").stdout


def test_the_slow_path_and_the_way_back(project: Project) -> None:
    served = project.path / "models/served"
    first = {path.name: path.read_bytes() for path in served.iterdir()}
    project.edit("params.yaml", "family: hist_gradient_boosting ", "family: extra_trees ")
    theirs = '{"extra_trees": ("sklearn.ensemble.ExtraTreesClassifier", None, {"min_samples_leaf": 2})}'
    project.edit(f"src/{project.package}/model.py", "dict[str, Any]]] = {}", f"dict[str, Any]]] = {theirs}")
    project.make("run")
    project.make("promote", "WHY=extra trees")
    said = project.make("export").stdout
    assert "is served by its pipeline, slower: ExtraTreesClassifier is not a step that the compiler knows" in said
    slow = facts(project)
    assert (slow["version"], slow["path"], slow["file"]) == ("2", "pipeline", "model.skops")
    project.stage("mlops.data.synthetic", "rows.parquet", "--rows", "3000")
    project.make("score", "FROM=rows.parquet", "TO=slow")
    assert len(pq.read_table(project.path / "slow")) == 3_000
    (served / "model.skops").write_bytes((served / "model.skops").read_bytes()[:-1])
    refused = project.make("score", "FROM=rows.parquet", "TO=never", check=False)
    assert "refused: models/served/model.skops is not the model that was recorded" in refused.stderr

    project.make("rollback", "WHY=the old answers")
    project.make("export")
    assert {path.name: path.read_bytes() for path in served.iterdir()} == first
    project.stage("mlops.serving.compilation.export", "--version", "2")
    assert facts(project) == slow
    refused = project.stage("mlops.serving.compilation.export", "--version", "9", check=False)
    assert "refused: churn-model has no version 9" in refused.stderr
    assert facts(project) == slow


@pytest.mark.parametrize("name", ["model.npz", "bundle.json"])
def test_a_changed_bundle_is_refused(name: str, project: Project) -> None:
    path = project.path / "models/served" / name
    content = path.read_bytes()
    changed = content.replace(b'"threshold": 0.5', b'"threshold": 0.1') if name == "bundle.json" else content + b"\0"
    assert changed != content
    path.write_bytes(changed)
    project.stage("mlops.data.synthetic", "rows.parquet", "--rows", "10")
    refused = project.make("score", "FROM=rows.parquet", "TO=out", check=False)
    assert refused.returncode != 0
    assert f"refused: models/served/{name} is not " in refused.stderr
    assert not (project.path / "out").exists()


def test_what_can_not_be_scored_is_one_sentence(project: Project) -> None:
    header, *rows = _csv(project)
    for text, sentence in (
        (
            "\n".join([header, *rows[:2], rows[2].replace(",true", ",perhaps").replace(",false", ",perhaps")]),
            "row 3 of",
        ),
        (header, "rows.csv has columns but no rows"),
        ("\n".join([header, rows[0] + ",one too many"]), "rows.csv, line 2: "),
        ("plan,region\nbasic,north\n", "the input has no column age, contract, tenure_months"),
        ("PAR1 but no Parquet", "rows.csv is no table"),
    ):
        (project.path / "rows.csv").write_text(text + "\n", encoding="utf-8")
        done = project.make("score", "FROM=rows.csv", "TO=out", check=False)
        assert done.returncode != 0
        assert re.search(f"refused: .*{re.escape(sentence)}", done.stderr)
        assert "Traceback" not in done.stderr


TO_EXCEL = "import pandas as pd; pd.read_parquet('few.parquet').astype(str).to_excel('customers.xlsx', index=False)"
FROM_EXCEL = """
import json, pandas as pd
found = [pd.read_excel(name) for name in ("customers.xlsx", "answers.xlsx")]
print(json.dumps([[frame["customer_id"].tolist() for frame in found], found[1]["churned_probability"].tolist()]))
"""


@pytest.mark.capability("batch scoring")
def test_a_workbook_comes_back_with_its_answers(served: Project, with_packages: WithPackages, tmp_path: Path) -> None:
    project = with_packages(served, tmp_path / "p", "excel", "openpyxl")
    project.stage("mlops.data.synthetic", "few.parquet", "--rows", "50")
    project.run("uv", "run", "python", "-c", TO_EXCEL)
    project.make("score", "FROM=customers.xlsx", "TO=answers.xlsx")
    (given, got), probabilities = json.loads(project.run("uv", "run", "python", "-c", FROM_EXCEL).stdout)
    assert got == given
    assert all(0 < value < 1 for value in probabilities)
    assert not list(project.path.glob(".answers.xlsx*"))
    assert "passed" in project.run("uv", "run", "pytest", "tests/mlops/serving/test_answer_file.py").stdout


def _csv(project: Project) -> list[str]:
    import pandas as pd

    project.stage("mlops.data.synthetic", "few.parquet", "--rows", "5")
    return pd.read_parquet(project.path / "few.parquet").to_csv(index=False).lower().splitlines()


def _scoring(project: Project, source: str, folder: str) -> subprocess.Popen[bytes]:
    command = ("uv", "run", "python", "-m", f"{project.package}.mlops.batch.batch_predict", source, folder)
    return subprocess.Popen(command, cwd=project.path, env=project.environment, start_new_session=True)  # noqa: S603


def _peak(running: subprocess.Popen[bytes]) -> float:
    """Waits for a process and returns its peak memory in MB."""
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return usage.ru_maxrss / 1024


@pytest.mark.capability("batch scoring")
def test_a_million_rows_in_constant_memory_killed_and_resumed(project: Project) -> None:
    for name, rows in (("few.parquet", ROWS // 10), ("many.parquet", ROWS)):
        project.stage("mlops.data.synthetic", name, "--rows", str(rows))
    few, many = (_peak(_scoring(project, f"{name}.parquet", name)) for name in ("few", "many"))
    assert many < 1.3 * few, f"{few:.0f} MB at {ROWS // 10} rows, {many:.0f} MB at {ROWS}"

    killed = _scoring(project, "many.parquet", "killed")
    part = project.path / "killed/part-00002.parquet"
    while not part.exists() and killed.poll() is None:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    before = sorted(path.name for path in part.parent.glob("part-*.parquet"))
    assert 3 <= len(before) < ROWS // 100_000
    assert (
        f"goes on behind row {len(before) * 100_000:,}"
        in project.make("score", "FROM=many.parquet", "TO=killed").stdout
    )
    whole, resumed = (pq.read_table(project.path / name) for name in ("many", "killed"))
    assert resumed["_row"].to_pylist() == list(range(ROWS))
    assert len(resumed["_request_id"].unique()) == 1
    once = ["_request_id", "_time"]
    assert resumed.drop_columns(once).equals(whole.drop_columns(once))
    other = project.make("score", "FROM=few.parquet", "TO=killed", check=False)
    assert "refused: killed holds predictions of another input" in other.stderr
