"""Each gate is fed what it must refuse: exactly that gate closes, says so in its sentence, and nothing later runs."""

import json
import re
from collections.abc import Callable

import pandas as pd
import pytest
from support.rendered_project import STAGES, Project

pytestmark = pytest.mark.e2e
BAD = 200  # of 10,000 rows: twice what validate.tolerate allows
# A second entry, of what a retraining refuses.
REFUSE = """
from {package}.mlops.core import params
from {package}.mlops.tracking import mlflow_client, registry

registry.refuse(mlflow_client.connect(), params.load().register_.model_name, "a worse model", "f00", "da7a")
"""


def refused(project: Project, stage: str, sentence: str) -> str:
    """Runs the pipeline, which that stage must stop with that sentence (a regular expression)."""
    done = project.make("run", check=False)
    said = " ".join((done.stdout + done.stderr).split())
    ran = re.findall(r"Running stage '(\w+)'", done.stdout)
    assert done.returncode != 0, f"nothing was refused: {said[-2000:]}"
    assert ran[-1:] == [stage], f"{ran} ran; {said[-2000:]}"
    assert re.search(f"refused: .*{sentence}", said), said[-2000:]
    assert not set(STAGES[STAGES.index(stage) + 1 :]) & set(ran)
    return said


def bring(project: Project, data: pd.DataFrame | bytes, name: str = "rows.csv") -> None:
    """Makes a file the source of the project."""
    if isinstance(data, bytes):
        (project.path / name).write_bytes(data)
    else:
        data.to_csv(project.path / name, index=False)
    project.edit("params.yaml", "source: sample ", f"source: {name} ")
    project.edit("params.yaml", f"watch: src/{project.package}/mlops/data/synthetic.py", f"watch: {name}")


@pytest.fixture
def rows(project: Project) -> pd.DataFrame:
    """The rows of the sample."""
    return pd.read_parquet(project.path / "data/dataset.parquet")


def _extra(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(surprise=1)


def _wrong_type(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(age=rows["age"].astype(object).where(rows.index >= BAD, "old"))


def _nulls(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(data_usage_gb=rows["data_usage_gb"].where(rows.index % 2 == 0))


def _range(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(age=rows["age"].where(rows.index >= BAD, 999))


def _category(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(plan=rows["plan"].where(rows.index >= BAD, "gold"))


def _duplicate(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.head(1)])


@pytest.mark.capability("data validation halts the pipeline")
@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (lambda rows: rows.drop(columns="plan"), r"in 1 of \d+ expectations.*\| plan \| column_to_exist"),
        (_extra, r"in 1 of \d+ expectations.*table_columns_to_match_set \| \| surprise"),
        (_wrong_type, r"in 1 of \d+ expectations.*\| age \| column_values_to_be_in_type_list \| 2 \| old \| 1 \|"),
        (_nulls, r"in 1 of \d+ expectations.*\| data_usage_gb \| column_values_to_not_be_null \| 5\d"),
        (_range, r"in 1 of \d+ expectations.*\| age \| column_values_to_be_between \| 2 \| 999 \| 1 \|"),
        (_category, r"in 1 of \d+ expectations.*\| plan \| column_values_to_be_in_set \| 2 \| gold \| 1 \|"),
        (_duplicate, r"in 1 of \d+ expectations.*\| customer_id \| column_values_to_be_unique \| 0.02 \| C0000000000"),
        (lambda rows: rows.head(50), r"in 1 of \d+ expectations.*table_row_count_to_be_between \| \| 50"),
    ],
    ids=["missing column", "extra column", "type", "nulls", "range", "category", "duplicate id", "too few rows"],
)
def test_data_that_break_the_contract(
    project: Project, rows: pd.DataFrame, broken: Callable[[pd.DataFrame], pd.DataFrame], sentence: str
) -> None:
    bring(project, broken(rows))
    refused(project, "validate", sentence)
    verdict = json.loads(project.read("reports/validation.json"))
    assert len(verdict["failures"]) == 1
    assert (project.path / "reports/data_docs/index.html").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "rows.csv is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff", "rows.csv is not written in utf-8"),
        (b"PAR1 but no Parquet", "rows.csv is no "),
        (b"just,some\nother,table\n", "rows.csv has none of the contract's columns"),
    ],
    ids=["empty file", "picture", "broken parquet", "another table"],
)
def test_a_file_that_is_no_table(project: Project, content: bytes, sentence: str) -> None:
    before = (project.path / "data/dataset.parquet").read_bytes()
    bring(project, content)
    project.stage("stages.ingest", check=False)
    assert (project.path / "data/dataset.parquet").read_bytes() == before
    refused(project, "ingest", sentence)


def test_a_header_without_rows(project: Project, rows: pd.DataFrame) -> None:
    bring(project, rows.head(0))
    refused(project, "ingest", "rows.csv has columns but no rows")


def test_a_wrong_encoding(project: Project, rows: pd.DataFrame) -> None:
    bring(project, rows.assign(region="s\u00fcd").to_csv(index=False).encode("cp1252"))
    refused(project, "ingest", "rows.csv is not written in utf-8: set ingest.csv.encoding, such as cp1252")


def test_an_absent_file(project: Project) -> None:
    bring(project, b"x")
    (project.path / "rows.csv").unlink()
    assert "rows.csv does not exist" in project.stage("stages.ingest", check=False).stderr


def test_a_source_that_is_not_watched(project: Project) -> None:
    project.edit("params.yaml", "source: sample ", "source: rows.csv ")
    (project.path / "rows.csv").write_text("a\n1\n")
    refused(project, "ingest", "ingest.watch")


def test_an_unknown_parameter(project: Project) -> None:
    project.edit("params.yaml", "  test_share:", "  tets_share:")
    assert (
        "params.yaml, split.tets_share: Extra inputs are not permitted"
        in project.stage("stages.split", check=False).stderr
    )


@pytest.mark.capability("gates of the model")
def test_no_better_than_the_baseline(project: Project, rows: pd.DataFrame) -> None:
    bring(project, rows.assign(churned=rows["churned"].sample(frac=1, random_state=0).to_numpy()))
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    project.edit("params.yaml", "require: true", "require: false")
    (project.path / "mlflow.db").unlink()
    said = refused(project, "evaluate", r"fails [12] of \d gates baseline: roc_auc is 0\.[45]\d+")
    assert "evaluate.margin 0.05" in said


@pytest.mark.capability("gates of the model")
def test_under_the_minimum(project: Project) -> None:
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {roc_auc: 0.95, brier: 0.2}")
    refused(project, "evaluate", r"fails 1 of \d gates minimum roc_auc: roc_auc is 0\.8\d+, .* at least 0.95")


def test_a_minimum_of_an_unknown_metric(project: Project) -> None:
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {auc: 0.80}")
    refused(project, "evaluate", "evaluate.minimum: no metric auc; there are roc_auc")


@pytest.mark.capability("gates of the model")
def test_an_unfair_model(project: Project, rows: pd.DataFrame) -> None:
    known = rows["gender"] != "other"
    unjust = (rows["gender"] == "female") ^ (rows.index % 10 == 0)
    bring(project, rows.assign(churned=rows["churned"].where(~known, unjust)))
    project.edit(f"src/{project.package}/schema.py", "Sensitive(feature=False)", "Sensitive()")
    project.edit("params.yaml", "equalized_odds: 0.4", "equalized_odds: null")
    refused(project, "evaluate", r"fails 1 of \d gates fairness demographic_parity by gender: .* is 1\.\d+ \(95 %")


@pytest.mark.capability("gates of the model")
def test_a_model_that_selects_nobody(project: Project) -> None:
    project.edit("params.yaml", "threshold: 0.5", "threshold: 0.9999")
    said = refused(project, "evaluate", r"fails 1 of \d gates decisions: the model finds 0\.000 of the \d+ rows")
    assert "evaluate.threshold (at 0." in said


@pytest.mark.capability("gates of the model")
def test_worse_than_the_champion(project: Project) -> None:
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 2, max_leaf_nodes: 3}")
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    project.edit("params.yaml", "min_recall: 0.05", "min_recall: null")
    said = refused(project, "evaluate", r"fails 1 of \d gates champion: roc_auc differs from champion 1's by -0\.\d+")
    assert "keep the champion" in said
    (champion,) = (json.loads(line) for line in project.read("audit.jsonl").splitlines())
    assert champion["model_hash"] in project.read("models/registration.json")


@pytest.mark.capability("gates of the model")
def test_a_leaking_column(project: Project, rows: pd.DataFrame) -> None:
    bring(project, rows.assign(refund=rows["churned"] * 12.5))
    project.edit(
        f"src/{project.package}/schema.py", "    paperless: bool\n", "    paperless: bool\n    refund: float\n"
    )
    refused(project, "train", r"column refund alone predicts churned with a score of (1\.0|0\.99)")
    project.edit("params.yaml", "allow_leaks: []", "allow_leaks: [refund]")
    project.make("run")


@pytest.mark.capability("gates of the model")
def test_a_model_that_nothing_could_load(project: Project) -> None:
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {categorical_features: [0]}")
    refused(
        project,
        "train",
        r"not trusted, so it can't be loaded: .+ Add those that you trust to TRUSTED in src/\w+/model.py",
    )


@pytest.mark.capability("tampered model")
def test_a_tampered_model(project: Project) -> None:
    path = project.path / "models/model.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    for stage in ("evaluate", "register"):
        said = project.stage(f"stages.{stage}", check=False)
        assert said.returncode == 1
        assert re.search("refused: models/model.skops is (not the model that was recorded|no intact)", said.stderr)
    project.make("run")


@pytest.mark.capability("tampered model")
def test_a_tampered_champion(project: Project) -> None:
    stored = next((project.path / "mlruns").rglob("model.skops"))
    content = bytearray(stored.read_bytes())
    content[len(content) // 3] ^= 1
    stored.write_bytes(content)
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 90}")
    refused(project, "evaluate", "model.skops is (not the model that was recorded|no intact)")


@pytest.mark.capability("audit log")
@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (lambda lines: [lines[0], lines[1].replace("a worse model", "I say so")], "line 2: the entry was changed"),
        (lambda lines: lines[1:], "lacks 1 of the last commit's entries"),
        (lambda lines: lines[::-1], "line 1: the entry was changed, or one before it is missing"),
        (lambda lines: lines[:1], "which the registry remembers and no branch has here"),
        (lambda lines: [], "lacks 1 of the last commit's entries"),
    ],
    ids=["changed", "first dropped", "swapped", "last dropped", "emptied"],
)
def test_a_tampered_audit_log(project: Project, tamper: Callable[[list[str]], list[str]], sentence: str) -> None:
    project.run("uv", "run", "python", "-c", REFUSE.format(package=project.package))
    assert project.entries() == 2
    tampered = "".join(tamper(project.read("audit.jsonl").splitlines(keepends=True)))
    (project.path / "audit.jsonl").write_text(tampered)
    assert sentence in project.stage("commands.registry", "promote", "--why", "x", check=False).stderr
    assert project.read("audit.jsonl") == tampered


@pytest.mark.capability("model card")
def test_a_stale_card(project: Project) -> None:
    assert "up to date" in project.make("card-check").stdout
    project.edit("metrics.json", '"roc_auc": 0.8', '"roc_auc": 0.9')
    assert "refused: MODEL_CARD.md is stale" in project.make("card-check", check=False).stderr
