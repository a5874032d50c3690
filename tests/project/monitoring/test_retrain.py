"""`make retrain`: a better challenger is promoted, a worse one refused and nothing changed, whatever comes between."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from support.process_kill import kill_when
from support.rendered_project import STAGES, Project

pytestmark = pytest.mark.e2e

RESULTS = ("dvc.lock", "metrics.json", "MODEL_CARD.md", "params.yaml")
# Of the promotion, what lets the registry follow the log.
FOLLOWED = """\
            version = projection.follow(client, name, audit_log.entries()[-1], contract, trusted)
            log.info"""


@pytest.fixture
def project(aged: Project, tmp_path: Path) -> Project:
    """A copy of the project, to be changed at will."""
    shutil.copytree(aged.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", aged.environment)


def retrain(project: Project, why: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Retrains, which must end with that code."""
    done = project.stage("mlops.retraining.retrain", "--why", why, *arguments, check=False)
    assert done.returncode == code, (done.stdout + done.stderr)[-4000:]
    return done


def command_on_new_data(project: Project) -> tuple[str, ...]:
    """Returns the command that retrains on the new data."""
    module = f"{project.package}.mlops.retraining.retrain"
    return ("uv", "run", "python", "-m", module, "--why", "new", "--source", "new.parquet")


def ran(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages that ran."""
    return re.findall(r"Running stage '(\w+)'", done.stdout)


def audit(project: Project) -> list[dict[str, str]]:
    """The entries of the audit log, which must be intact."""
    project.make("audit")
    return [json.loads(line) for line in project.read("audit.jsonl").splitlines()]


def state(project: Project) -> dict[str, bytes]:
    """What a refusal must leave as it was: what Git knows, what it does not."""
    files = [project.path / name for name in RESULTS]
    files += [path for name in ("data", "models") for path in (project.path / name).rglob("*") if path.is_file()]
    return {path.relative_to(project.path).as_posix(): path.read_bytes() for path in files}


def gates(project: Project) -> dict[str, str]:
    """The sentences of the gates in the report."""
    return {gate["name"]: gate["sentence"] for gate in json.loads(project.read("reports/evaluation.json"))["gates"]}


@pytest.mark.capability("retraining")
@pytest.mark.capability("audit log")
def test_a_better_challenger_is_promoted_and_the_next_is_measured_against_whom_a_rollback_restores(
    project: Project,
) -> None:
    done = project.make("retrain", "WHY=loyalty means the opposite", "SOURCE=new.parquet")
    assert done.stdout.endswith("promoted: churn-model version 2, in place of 1\n")
    register = STAGES.index("register")
    assert ran(done) == [*STAGES[:register], "budget", *STAGES[register:]]
    assert re.search(r"differs from champion 1's by \+0\.[1-9]", gates(project)["champion"])
    first, promote = audit(project)
    assert (first["action"], promote["action"], promote["version"]) == ("promote", "promote", "2")
    assert (promote["event"], promote["reason"]) == ("by hand", "loyalty means the opposite")
    assert re.search(r"source: new\.parquet +# sample \| file or folder", project.read("params.yaml"))
    assert not ran(project.make("run"))
    assert not (project.path / "reports/retrain/before").exists()

    project.make("rollback", "WHY=they say so")
    project.stage("mlops.data.synthetic", "newer.parquet", "--seed", "9", "--drift", "concept")
    retrain(project, "again", "--source", "newer.parquet")
    assert "differs from champion 1's" in gates(project)["champion"]
    assert [entry["action"] for entry in audit(project)] == ["promote", "promote", "rollback", "promote"]
    assert "event" not in audit(project)[-2]

    # A change of the data is in the entry: promoted again, they are the same.
    entries, changed = audit(project), audit(project)[-1]
    assert len({entry["data_hash"] for entry in (first, promote, changed)}) == 3
    assert changed["data_hash"] == json.loads(project.read("models/model.json"))["data_hash"]
    assert int(changed["training_rows"]) > 1000
    project.stage("stages.register")
    assert "churn-model 3 is the champion already" in project.make("promote", "WHY=again").stdout
    assert audit(project) == entries


def test_a_model_that_was_rolled_back_is_judged_anew(project: Project) -> None:
    retrain(project, "once", "--source", "new.parquet")
    project.make("rollback", "WHY=they say so")
    project.run("git", "restore", "dvc.lock", "metrics.json", "MODEL_CARD.md", "params.yaml")
    project.run("uv", "run", "dvc", "checkout", "--force")
    done = retrain(project, "twice", "--source", "new.parquet")
    assert "evaluate" in ran(done)
    assert done.stdout.endswith("promoted: churn-model version 2, in place of 1\n")


@pytest.mark.capability("retraining")
def test_a_worse_challenger_is_refused_and_nothing_else_changes(project: Project) -> None:
    before, entries = state(project), len(audit(project))
    done = retrain(project, "a new month", "--source", "garbage.parquet", code=3)
    assert "refused: champion is version 1 as before; the model fails 3 of " in done.stdout
    assert state(project) == before
    changed = project.run("git", "status", "--porcelain").stdout
    assert changed == " M audit.jsonl\n"
    *_, refusal = audit(project)
    assert len(audit(project)) == entries + 1
    assert refusal["action"] == "refuse"
    assert re.match(r"the model fails 3 of \d gates: baseline: roc_auc is 0\.5\d+, ", refusal["why"])
    assert (refusal["event"], refusal["reason"]) == ("by hand", "a new month")
    judged = json.loads(project.read("reports/retrain/refused/evaluation.json"))
    assert judged["model_hash"] == refusal["model_hash"] != json.loads(project.read("models/model.json"))["sha256"]
    assert not ran(project.make("run"))
    assert project.make("card-check").returncode == 0
    project.make("rollback", check=False)
    assert retrain(project, "a good month", "--source", "new.parquet").stdout.endswith("version 2, in place of 1\n")


def test_data_that_break_the_contract_are_refused(project: Project) -> None:
    before = state(project)
    project.stage("mlops.data.synthetic", "broken.parquet", "--drift", "quality")
    (project.path / ".git/info/exclude").write_text("broken.parquet\n")
    personal = pd.read_parquet(project.path / "broken.parquet")
    personal.loc[:9, ["customer_id", "monthly_charge"]] = ["ada.lovelace@example.com", 7654.3]
    personal.to_parquet(project.path / "broken.parquet")
    done = retrain(project, "a new month", "--source", "broken.parquet", code=3)
    assert ran(done) == ["ingest", "validate"]
    assert state(project) == before
    refusal = audit(project)[-1]
    assert re.match(r"the data break the contract in \d of \d+ expectations: ", refusal["why"])
    assert re.search(r"; customer_id column_values_to_be_unique in [\d.]+ % of the rows", refusal["why"])
    assert refusal["model_hash"] == ""
    assert refusal["data_hash"]
    assert "ada.lovelace@" in project.read("reports/retrain/refused/validation.json")
    project.commit()
    for value in ("ada.lovelace@", "7654.3"):
        known = project.run("git", "grep", "--fixed-strings", value, "HEAD", check=False)
        assert (known.returncode, known.stdout) == (1, ""), "a value of the data is in what Git knows"
    assert not (project.path / "reports/retrain/refused/evaluation.json").exists()


def test_a_challenger_that_costs_too_much_is_refused(project: Project) -> None:
    project.edit("params.yaml", "budget: null", "budget: 0.0000001")
    project.commit()
    before = state(project)
    done = retrain(project, "a new month", "--source", "new.parquet", code=3)
    assert ran(done)[-1] == "budget"
    assert state(project) == before
    refusal = audit(project)[-1]
    assert re.match(r"making the model cost .*, cost\.budget in params\.yaml allows 1e-07", refusal["why"])
    assert refusal["model_hash"] != json.loads(project.read("models/model.json"))["sha256"]


def test_a_leaking_column_is_refused(project: Project) -> None:
    rows = pd.read_parquet(project.path / "data/dataset.parquet")
    rows.assign(paperless=rows["churned"]).to_parquet(project.path / "leak.parquet", index=False)
    done = retrain(project, "a new month", "--source", "leak.parquet", code=3)
    assert ran(done)[-1] == "train"
    assert "column paperless alone predicts churned" in audit(project)[-1]["why"]
    assert audit(project)[-1]["model_hash"] == ""


def test_the_same_data_give_nothing_to_do(project: Project) -> None:
    done = project.make("retrain", "WHY=first of the month")
    assert ran(done) == ["ingest"], "a source that DVC can't watch is read all the same"
    assert "unchanged: the newest data give the model that there is; champion is version 1" in done.stdout
    assert project.run("git", "status", "--porcelain").stdout == ""


def test_a_challenger_may_have_to_wait(project: Project) -> None:
    project.edit("params.yaml", "promote: main", "promote: never")
    done = retrain(project, "a new month", "--source", "new.parquet")
    assert 'passed: the challenger waits for `make promote WHY="..."`; champion is version 1' in done.stdout
    project.make("promote", "WHY=looked at it")
    newest = audit(project)[-1]
    assert (len(audit(project)), newest["version"], newest["why"]) == (2, "2", "looked at it")


def test_a_source_that_changes_in_place(project: Project) -> None:
    """DVC tracks the file; it must not be taken for an output and set back to what DVC knows of it."""
    rows, garbage = project.path / "rows.parquet", (project.path / "garbage.parquet").read_bytes()
    shutil.copyfile(project.path / "new.parquet", rows)
    project.run("uv", "run", "dvc", "add", "rows.parquet")
    retrain(project, "a file", "--source", "rows.parquet")
    project.commit()
    rows.write_bytes(garbage)
    done = retrain(project, "the file changed", code=3)
    assert "rows.parquet still holds these data: until they are fixed, `make run` refuses them too" in done.stdout
    assert rows.read_bytes() == garbage
    project.run("git", "restore", "rows.parquet.dvc")
    project.run("uv", "run", "dvc", "checkout", "--force")
    assert not ran(project.make("run"))


@pytest.mark.variant
def test_killed_and_run_again(project: Project) -> None:
    """Killed three times in a row, each time further on: the next one first puts back what was before."""
    before = state(project)
    command = command_on_new_data(project)
    kill_when(project, "Running stage 'train'", 3.0, *command)
    assert "source: new.parquet" in project.read("params.yaml")
    for stage, seconds in (("evaluate", 4.0), ("register", 0.2)):
        said = kill_when(project, f"Running stage '{stage}'", seconds, *command)
        assert "put back what was before the retraining" in said.partition("Running stage")[0]
    done = retrain(project, "new", "--source", "garbage.parquet", code=3)
    assert "put back what was before the retraining" in done.stdout.partition("Running stage")[0]
    assert state(project) == before
    assert retrain(project, "new", "--source", "new.parquet").stdout.endswith("version 2, in place of 1\n")
    assert [entry["action"] for entry in audit(project)].count("promote") == 2


def test_killed_when_it_was_promoted(project: Project) -> None:
    command = command_on_new_data(project)
    # The entry is written, so it was promoted; the registry follows the next time.
    interrupted = f"src/{project.package}/mlops/tracking/registry.py"
    project.edit(interrupted, FOLLOWED, f"            __import__('os').kill(0, 9)\n{FOLLOWED}")
    assert project.run(*command, check=False, WARM_PYTHON="").returncode == -9
    project.run("git", "restore", interrupted)
    assert [entry["version"] for entry in audit(project)] == ["1", "2"]
    done = retrain(project, "new")
    assert "unchanged: " in done.stdout
    assert "champion is version 2" in done.stdout
    assert "source: new.parquet" in project.read("params.yaml")
    project.make("card-check")
    assert not ran(project.make("run"))


def test_what_is_changed_after_a_kill_stays(project: Project) -> None:
    command = command_on_new_data(project)
    kill_when(project, "Running stage 'train'", 3, *command)
    project.edit("params.yaml", "max_rows: 20000", "max_rows: 10000")
    retrain(project, "new", "--source", "garbage.parquet", code=3)
    assert "max_rows: 10000" in project.read("params.yaml")
    assert "source: new.parquet" in project.read("params.yaml")


def test_a_window(project: Project) -> None:
    project.edit("params.yaml", "window: null", "window: {days: 200}")
    done = retrain(project, "older customers are others")
    train, test = (pd.read_parquet(project.path / f"data/{side}.parquet")["snapshot_at"] for side in ("train", "test"))
    assert f"{10_000 - len(train) - len(test):,} older rows left out by split.window" in done.stdout
    assert test.max() - train.min() < pd.Timedelta(days=200)
    assert train.max() < test.min()
    assert "promoted: churn-model version 2, in place of 1" in done.stdout


def test_a_tampered_audit_log_stops_it(project: Project) -> None:
    before = state(project)
    project.edit("audit.jsonl", "the first model", "I say so")
    done = retrain(project, "new", "--source", "new.parquet", code=1)
    assert "refused: audit.jsonl, line 1: the entry was changed" in done.stderr
    assert not ran(done)
    assert state(project) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--why", "new", "--source", "new.parqet"),
            "new.parqet does not exist: did you mean new.parquet or garbage.parquet?",
        ),
        (("--why", " "), 'say why, for the audit log: make retrain WHY="..."'),
    ],
    ids=["unknown source", "no reason"],
)
def test_one_sentence(project: Project, arguments: tuple[str, ...], sentence: str) -> None:
    before = state(project)
    done = project.stage("mlops.retraining.retrain", *arguments, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"refused: {sentence}\n")
    assert "Traceback" not in done.stderr
    assert state(project) == before


def test_a_source_that_fails_is_no_refusal(project: Project) -> None:
    before, entries = state(project), len(audit(project))
    (project.path / "empty.csv").write_text("")
    done = retrain(project, "new", "--source", "empty.csv", code=2)
    assert re.fullmatch(r"refused: \S*empty\.csv is empty: .+", done.stderr.splitlines()[-1])
    assert state(project) == before
    assert len(audit(project)) == entries
