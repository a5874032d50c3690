"""The monitor of a real project: silent on stable traffic, and each kind of trouble with its exit code and sentence."""

import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from support.rendered_project import Project
from support.services.monitored_project import SEEDS, monitor, monitor_several, report, write_logs

pytestmark = pytest.mark.e2e


def rows_of(project: Project, log: str) -> pa.Table:
    """Returns a log as one table."""
    return pq.read_table(project.path / "logs" / log)


def bring(project: Project, log: str, rows: pa.Table) -> None:
    """Writes a log of one file."""
    folder = project.path / "logs" / log
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / "rows.parquet")


def put(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """Replaces a column."""
    return rows.set_column(rows.column_names.index(name), name, values)


@pytest.mark.capability("monitoring")
def test_ten_seeds_of_stable_traffic_give_at_most_one_alarm(observed: Project) -> None:
    asked = [["--predictions", f"logs/stable-{n}", "--labels", f"labels/stable-{n}.parquet"] for n in SEEDS]
    said = monitor_several(observed, *asked)
    assert len(said) == 10
    assert sum(row.code != 0 for row in said) <= 1, said


def test_stable_traffic_is_fine_and_leaves_its_reports(watched: Project) -> None:
    said = monitor(watched, "stable-100", "--labels", "labels/stable-100.parquet")
    assert (said.code, "fine: 2,000 predictions, drift share 0.00" in said.sentence) == (0, True), said
    found = report(watched)
    assert (found["exit_code"], found["findings"], found["rows"]) == (0, [], 2_000)
    assert watched.run("git", "status", "--porcelain", "--", "reports").stdout == ""


@pytest.mark.capability("monitoring")
@pytest.mark.parametrize(
    ("drift", "code", "sentence"),
    [
        ("covariate", 10, r"drift: 3 of 10 features moved \(tenure_months 0\.\d\d, .*monitor\.drift_share allows less"),
        ("covariate", 10, r"drift: the prediction moved by 0\.\d\d, 0\.10 is allowed"),
        (
            "concept",
            11,
            r"performance lost: roc_auc on 666 late labels of .* to .*, evaluation gave 0\.\d+, "
            r"monitor\.tolerance allows a loss of 0\.05",
        ),
        ("quality", 12, r"bad data: data_usage_gb is missing in \d\d\.\d% of 2,000 predictions, 10\.0% are allowed"),
        ("quality", 12, r"bad data: age is not what the contract allows in \d\.\d% of 2,000 predictions \('999'\)"),
    ],
)
def test_each_kind_of_drift_has_its_code_and_sentence(watched: Project, drift: str, code: int, sentence: str) -> None:
    said = monitor(watched, drift, "--labels", f"labels/{drift}.parquet")
    assert said.code == code, said
    assert re.search(sentence, said.sentence), said.sentence
    assert report(watched)["exit_code"] == code
    assert f"monitoring_exit_code {code}.0" in watched.read("reports/monitoring/metrics.prom")


@pytest.mark.variant
def test_every_seed_of_every_drift_is_found(watched: Project) -> None:
    kinds = {"covariate": 10, "concept": 11, "quality": 12}
    logs = [{"name": f"{drift}-{n}", "drift": drift, "seed": n} for drift in kinds for n in range(200, 205)]
    write_logs(watched, *logs)
    asked = [["--predictions", f"logs/{log['name']}", "--labels", f"labels/{log['name']}.parquet"] for log in logs]
    assert [row.code for row in monitor_several(watched, *asked)] == [kinds[log["drift"]] for log in logs]


def test_evidently_says_the_same(watched: Project) -> None:
    assert monitor(watched, "covariate").code == 10
    found, theirs = report(watched)["drift"], json.loads(watched.read("reports/monitoring/drift.json"))
    share = next(m["value"]["share"] for m in theirs["metrics"] if m["metric_name"].startswith("DriftedColumnsCount"))
    assert share == pytest.approx(found["share"])
    statuses = {test["name"]: test["status"] for test in theirs["tests"]}
    assert statuses.pop("Share of Drifted Columns: Less 0.200") == "FAIL"
    ours = {f"Value Drift for column {name}": row for name, row in (found["features"] | found["predictions"]).items()}
    assert statuses == {name: "FAIL" if row["drifted"] else "SUCCESS" for name, row in ours.items()}


def test_make_runs_it_on_what_params_name(watched: Project) -> None:
    watched.edit("params.yaml", "predictions: data/predictions", "predictions: logs/covariate")
    done = watched.make("monitor", check=False)
    assert "Error 10" in done.stderr
    assert "drift: " in done.stderr


@pytest.mark.capability("monitoring")
def test_late_labels_are_measured_as_evaluation_measures(watched: Project) -> None:
    assert monitor(watched, "stable-100", "--labels", "labels/stable-100.parquet").code == 0
    found = report(watched)["performance"]
    measured = json.loads(watched.read("metrics.json"))
    assert found["evaluation"] == pytest.approx({name: measured[name] for name in found["evaluation"]}, abs=1e-6)
    assert [row["labels"] for row in found["windows"]] == [666, 667, 667]
    assert all(row["metrics"]["roc_auc"]["value"] > 0.8 for row in found["windows"])


def test_labels_are_joined_by_request_or_by_the_contracts_id_from_csv(watched: Project) -> None:
    labels = pq.read_table(watched.path / "labels/stable-100.parquet")
    by_id = labels.select(["customer_id", "churned"]).to_pandas().sample(frac=1, random_state=1)
    by_id.to_csv(watched.path / "by_id.csv", index=False)
    pq.write_table(labels.select(["_request_id", "churned"]), watched.path / "by_request.parquet")
    scores = []
    for name in ("by_id.csv", "by_request.parquet"):
        assert monitor(watched, "stable-100", "--labels", name).code == 0
        scores.append(report(watched)["performance"]["windows"])
    assert scores[0] == scores[1]
    assert sum(row["labels"] for row in scores[0]) == 2_000


def test_too_few_labels_are_said_and_not_guessed_from(watched: Project) -> None:
    labels = pq.read_table(watched.path / "labels/concept.parquet")
    pq.write_table(labels.slice(0, 300), watched.path / "few.parquet")
    said = monitor(watched, "concept", "--labels", "few.parquet")
    assert said.code == 0
    assert "performance was not judged: 300 labels, monitor.min_labels asks for 500" in said.sentence
    assert "metrics" not in report(watched)["performance"]["windows"][0]
    strangers = put(labels, "_request_id", pa.array([f"other {n}" for n in range(len(labels))]))
    pq.write_table(strangers, watched.path / "other.parquet")
    assert "none of 2,000 labels fits a prediction" in monitor(watched, "concept", "--labels", "other.parquet").sentence
    assert "performance was not judged: no labels are given" in monitor(watched, "concept").sentence


def test_what_began_last_week_is_found_in_the_newest_window(watched: Project) -> None:
    write_logs(
        watched,
        {"name": "before", "rows": 6_000, "begin": "2026-01-01", "days": 21},
        {"name": "since", "rows": 700, "drift": "concept", "seed": 300, "begin": "2026-01-22", "days": 7},
    )
    both = [rows_of(watched, name) for name in ("before", "since")]
    labels = [pq.read_table(watched.path / f"labels/{name}.parquet") for name in ("before", "since")]
    for tables in (both, labels):
        renamed = pa.array([f"late {n}" for n in range(len(tables[1]))])
        tables[1] = put(tables[1], "_request_id", renamed)
    bring(watched, "both", pa.concat_tables(both))
    pq.write_table(pa.concat_tables(labels), watched.path / "both.parquet")
    said = monitor(watched, "both", "--labels", "both.parquet")
    assert said.code == 11
    assert "on 700 late labels of 2026-01-22 to 2026-01-28" in said.sentence


def test_a_model_that_has_become_unfair_is_performance_lost(watched: Project) -> None:
    watched.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    watched.edit("params.yaml", "tolerance: 0.05 #", "tolerance: 1.0 #")
    rows = rows_of(watched, "stable-100")
    female, positive = pc.equal(rows["gender"], "female"), pc.greater_equal(rows["_value"], 0.5)
    truth = pc.if_else(female, pc.invert(positive), positive)
    pq.write_table(
        rows.select(["_request_id", "_row"]).append_column("churned", truth), watched.path / "unfair.parquet"
    )
    said = monitor(watched, "stable-100", "--labels", "unfair.parquet")
    assert said.code == 11
    assert re.search(
        r"equalized_odds by gender on 666 late labels .* is 1\.000 .*evaluate.fairness.equalized_odds allows 0\.4",
        said.sentence,
    )


def test_bad_data_in_every_form(watched: Project) -> None:
    rows = rows_of(watched, "stable-100")
    gold = put(rows, "plan", pc.if_else(pa.array(np.arange(2_000) % 20 == 0), "gold", rows["plan"].combine_chunks()))
    bring(watched, "category", gold)
    bring(watched, "absent", rows.drop_columns(["tenure_months"]))
    bring(watched, "twice", pa.concat_tables([rows, rows.slice(0, 200)]))
    bring(watched, "single", put(rows, "plan", pa.array(["gold", *rows["plan"].to_pylist()[1:]])))
    said = monitor_several(
        watched, *(["--predictions", f"logs/{n}"] for n in ("category", "absent", "twice", "single"))
    )
    assert [row.code for row in said] == [12, 12, 12, 0]
    assert "plan is not what the contract allows in 5.0% of 2,000 predictions ('gold')" in said[0].sentence
    assert "tenure_months is missing in 100.0% of 2,000 predictions" in said[1].sentence
    assert "9.1% of 2,200 predictions stand in the log twice" in said[2].sentence


def test_what_can_not_be_compared_is_refused_with_a_sentence(watched: Project) -> None:
    rows = rows_of(watched, "stable-100")
    (watched.path / "logs/empty").mkdir()
    (watched.path / "text.parquet").write_text("no Parquet")
    pq.write_table(rows.select(["_time", "_value"]), watched.path / "bare.parquet")
    pq.write_table(put(rows, "age", pa.array(["old"] * 2_000)), watched.path / "typed.parquet")
    pq.write_table(put(rows, "_model_version", pa.array(["77"] * 2_000)), watched.path / "unknown.parquet")
    pq.write_table(rows.select(["_request_id"]), watched.path / "no_target.parquet")
    pq.write_table(pa.table({"name": ["x"], "churned": [True]}), watched.path / "no_key.parquet")
    stable = ["--predictions", "logs/stable-100"]
    refusals = {
        r"there are no predictions in nowhere": ["--predictions", "nowhere"],
        r"there are no predictions in logs/empty": ["--predictions", "logs/empty"],
        r"text\.parquet can't be read as Parquet": ["--predictions", "text.parquet"],
        r"bare\.parquet has no feature of the contract": ["--predictions", "bare.parquet"],
        r"column age can't be read as int": ["--predictions", "typed.parquet"],
        r"version 77, which audit\.jsonl does not have: pull the commit": ["--predictions", "unknown.parquet"],
        r"--since is soon: write": [*stable, "--since", "soon"],
        r"holds no predictions of that time": [*stable, "--since", "2031-01-01"],
        r"nowhere\.csv does not exist": [*stable, "--labels", "nowhere.csv"],
        r"no_target\.parquet has no column churned": [*stable, "--labels", "no_target.parquet"],
        r"no_key\.parquet can't be joined: they and the predictions need _request_id": [
            *stable,
            "--labels",
            "no_key.parquet",
        ],
    }
    for (sentence, arguments), said in zip(refusals.items(), monitor_several(watched, *refusals.values()), strict=True):
        assert said.code == (1 if "audit" in sentence else 2), (arguments, said)
        assert re.match(rf"refused: .*{sentence}", said.sentence), said.sentence
        assert len(said.sentence.strip().splitlines()) == 1


def test_settings_and_models_that_are_wrong_are_refused(watched: Project) -> None:
    watched.edit("params.yaml", "ignore: []", "ignore: [shoe_size]")
    assert "monitor.ignore: the contract has no feature shoe_size" in monitor(watched, "stable-100").sentence
    watched.edit("params.yaml", "ignore: [shoe_size]", "ignore: []")
    watched.edit("params.yaml", "distance: 0.1 ", "distance: 7 ")
    assert "params.yaml, monitor.distance" in monitor(watched, "stable-100").sentence
    watched.edit("params.yaml", "distance: 7 ", "distance: 0.1 ")
    shutil.copy(watched.path / "models/model.skops", watched.path / "kept.skops")
    (watched.path / "models/model.skops").write_bytes(b"another")
    assert monitor(watched, "stable-100").code == 1
    (watched.path / "models/model.skops").unlink()
    said = monitor(watched, "stable-100")
    assert (said.code, "there is no model to compare with" in said.sentence) == (2, True)


def test_the_newest_version_is_watched_and_fetched_from_the_registry(watched: Project) -> None:
    watched.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")
    watched.make("run")
    watched.make("promote", "WHY=slower to learn")
    write_logs(watched, {"name": "new", "version": "2", "begin": "2026-03-01"})
    old = rows_of(watched, "covariate")
    bring(watched, "versions", pa.concat_tables([old, rows_of(watched, "new")]))
    said = monitor(watched, "versions")
    assert said.code == 0, said
    assert "2,000 predictions of other versions were left out; version 2 is newest" in said.sentence
    assert (report(watched)["version"], report(watched)["rows"]) == ("2", 2_000)
    assert monitor(watched, "stable-100").code == 0  # of version 1, which is not in models/
    assert report(watched)["drift"]["predictions"]["the prediction"]["distance"] < 0.06


def test_any_parquet_with_the_contracts_columns_will_do(watched: Project) -> None:
    done = watched.stage("mlops.monitoring", "--predictions", "data/test.parquet")
    assert done.stdout.splitlines()[-1].startswith("fine: 2,000 predictions, drift share 0.00")
    assert report(watched)["drift"]["predictions"]["the prediction"]["distance"] == 0.0


def test_since_leaves_out_what_is_older_and_a_file_being_written_is_not_read(watched: Project) -> None:
    (watched.path / "logs/stable-100/2026-01-01/.half.parquet.part").write_bytes(b"PAR1 half")
    assert monitor(watched, "stable-100", "--since", "2026-01-15").code == 0
    assert report(watched)["rows"] == 666


def test_a_drawn_part_gives_the_verdict_of_all_and_states_its_error(watched: Project) -> None:
    logs = [{"name": f"large-{drift}", "drift": drift, "rows": 100_000, "seed": 9} for drift in ("none", "covariate")]
    write_logs(watched, *logs)
    for log, code in zip(logs, (0, 10), strict=True):
        watched.edit("params.yaml", "max_rows: 20000 #", "max_rows: 1000000 #")
        assert monitor(watched, log["name"]).code == code
        whole = report(watched)
        watched.edit("params.yaml", "max_rows: 1000000 #", "max_rows: 20000 #")
        said = monitor(watched, log["name"])
        part = report(watched)
        assert said.code == code
        assert (
            "drift was measured on 20,000 of 100,000 predictions, drawn at random: with 95 % confidence"
            in said.sentence
        )
        assert (part["sample"]["rows"], whole["sample"]["error"]["distance"]) == (20_000, 0.0)
        assert part["quality"] == whole["quality"]
        allowed = part["sample"]["error"]["distance"]
        assert 0.005 < allowed < 0.02
        off = [
            abs(part["drift"][kind][name]["distance"] - row["distance"])
            for kind in ("features", "predictions")
            for name, row in whole["drift"][kind].items()
        ]
        assert sum(error > allowed for error in off) <= 1
