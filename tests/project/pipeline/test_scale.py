"""Many workers do what one machine does: the same rows, the same answers, the same refusals, whoever is killed."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from release.answers import refusal
from release.template import Template
from support.rendered_project import ROOT, Project

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("scale")]
ROWS, FILES, PIECE = 40_000, 4, 4_000
PIECES = 12  # of 4,000, 4,000 and 2,000 rows of each file
IMPORTED = "import json; from importlib.metadata import packages_distributions as all; print(json.dumps(sorted(all())))"
RUN = {"_request_id", "_time"}  # they differ between any two runs


@pytest.fixture(scope="module")
def scaled(new_project: Callable[..., Project], served: Project, worker: Path) -> Project:
    """A project with Ray, small pieces and the champion of another one. Read it, never change it: see `copy`."""
    own = {"UV_PROJECT_ENVIRONMENT": f"{worker}/venv-scale"}
    project = new_project(own, maturity="intermediate", scale="ray")
    shutil.copytree(served.path / "models/served", project.path / "models/served")
    project.edit("params.yaml", "piece_rows: 500000", f"piece_rows: {PIECE}")
    project.stage("mlops.data.synthetic", "rows.parquet", "--rows", str(ROWS))
    rows = pq.read_table(project.path / "rows.parquet")
    (project.path / "rows").mkdir()
    for number in range(FILES):
        part = rows.slice(number * ROWS // FILES, ROWS // FILES)
        pq.write_table(part, project.path / f"rows/{number}.parquet", row_group_size=PIECE // 2)
    return project


@pytest.fixture(scope="module")
def cluster(scaled: Project) -> Iterator[dict[str, Any]]:
    """Two machines of one worker each: their address, and the pids of their agents."""
    python = f"{scaled.environment['UV_PROJECT_ENVIRONMENT']}/bin/python"
    script = ROOT / "tests/support/platforms/two_machines.py"
    with subprocess.Popen(  # noqa: S603
        [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=scaled.environment, text=True
    ) as running:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
        running.communicate("")


@pytest.fixture
def copy(scaled: Project, cluster: dict[str, Any], tmp_path: Path) -> Project:
    """A copy of the project that works with the cluster, to be changed at will."""
    shutil.copytree(scaled.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", scaled.environment | {"RAY_ADDRESS": cluster["address"]})


def written(folder: Path) -> pa.Table:
    """Returns the rows of all parts, in order."""
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("part-*.parquet")))


def told(stderr: str) -> str:
    """Returns a refusal without the place of its results, which one machine and many name differently."""
    assert "refused: " in stderr, stderr
    return stderr[stderr.index("refused: ") :].replace("reports/data_docs/index.html", "reports/scale_validation.json")


def source(project: Project, name: str) -> None:
    """Makes a file or folder the source of the pipeline."""
    text = project.read("params.yaml")
    for key, old in (("source", "sample"), ("watch", f"src/{project.package}/mlops/data/synthetic.py")):
        assert f"  {key}: {old} " in text
        text = text.replace(f"  {key}: {old} ", f"  {key}: {name} ")
    (project.path / "params.yaml").write_text(text, encoding="utf-8")


def workers(agents: list[int], name: str) -> list[int]:
    """Returns the pids of the workers of these machines that are busy with a function."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in agents and (path / "cmdline").read_text().startswith(f"ray::{name}"):
                found.append(int(path.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def when(condition: Callable[[], Any], what: str) -> Any:
    """Waits until something is there and returns it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    return pytest.fail(f"waited in vain for {what}")


@pytest.mark.capability("more than one machine")
def test_scores_equal_those_of_one_machine_whoever_is_killed(copy: Project, cluster: dict[str, Any]) -> None:
    copy.stage("mlops.batch.batch_predict", "rows", "one")
    one = written(copy.path / "one").drop_columns([*RUN])
    command = ["uv", "run", "python", "-m", f"{copy.package}.mlops.scale", "score", "rows", "many"]
    parts = copy.path / "many"
    with subprocess.Popen(  # noqa: S603
        command, cwd=copy.path, env=copy.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        when(lambda: [*parts.glob("part-*.parquet")], "a first part")
        victim = when(lambda: workers(cluster["agents"], "predict"), "a worker")[0]
        os.kill(victim, signal.SIGKILL)
        out, _ = running.communicate(timeout=120)
    assert running.returncode == 0, out
    many = written(parts).drop_columns([*RUN])
    assert many["_row"].to_pylist() == list(range(ROWS))
    assert many.equals(one)
    assert len(list(parts.glob("part-*"))) == PIECES
    assert not list(parts.glob(".part-*"))
    # What was killed as a whole goes on: parts that are there stay as they are.
    kept = {path: path.stat().st_mtime_ns for path in parts.glob("part-*")}
    lost = [path for number, path in enumerate(sorted(kept)) if number % 3 == 0]
    for path in lost:
        path.unlink()
    (parts / "_done.json").unlink()
    (parts / ".part-00000.parquet.0").write_bytes(b"PAR1 cut off")
    refused = copy.run(*command[:5], "features", "many", "elsewhere", check=False)
    assert (refused.returncode, "many is not finished" in refused.stderr) == (1, True), refused.stderr
    copy.run(*command)
    assert written(parts).drop_columns([*RUN]).equals(one)
    assert {path for path in kept if path.stat().st_mtime_ns != kept[path]} == set(lost)
    assert not list(parts.glob(".part-*"))


@pytest.mark.capability("more than one machine")
def test_data_features_and_verdict_equal_those_of_one_machine(copy: Project) -> None:
    """From CSV too, where one file has a value that can't be read: it counts as missing in both."""
    for number in (0, 1):
        table = pq.read_table(copy.path / f"rows/{number}.parquet")
        (copy.path / "csv").mkdir(exist_ok=True)
        pyarrow.csv.write_csv(table, copy.path / f"csv/{number}.csv")
    source(copy, "csv")
    copy.stage("stages.ingest")
    copy.stage("mlops.scale", "ingest", "csv", "many")
    one = pq.read_table(copy.path / "data/dataset.parquet")
    assert written(copy.path / "many").equals(one)
    copy.stage("stages.validate")
    verdict = json.loads(copy.read("reports/validation.json"))
    copy.stage("mlops.scale", "validate", "many")
    assert json.loads(copy.read("reports/scale_validation.json")) == verdict
    copy.stage("mlops.scale", "features", "many", "features")
    code = (
        "import pyarrow.parquet as pq; from {0} import project; from {0}.mlops.contract import frame; "
        "frame.feature_frame(pq.read_table('data/dataset.parquet'), project.contract()).to_parquet('frame.parquet')"
    )
    copy.run("uv", "run", "python", "-c", code.format(copy.package))
    frame, computed = pq.read_table(copy.path / "frame.parquet"), written(copy.path / "features")
    assert computed.select(frame.column_names).to_pandas().equals(frame.to_pandas())
    assert computed["customer_id"].equals(one["customer_id"])
    text = (copy.path / "csv/1.csv").read_text(encoding="utf-8").splitlines()
    columns = text[7].split(",")
    columns[text[0].replace('"', "").split(",").index("age")] = "old"
    (copy.path / "csv/1.csv").write_text("\n".join([*text[:7], ",".join(columns), *text[8:]]), encoding="utf-8")
    copy.stage("stages.ingest")
    copy.stage("mlops.scale", "ingest", "csv", "odd")
    assert written(copy.path / "odd").equals(pq.read_table(copy.path / "data/dataset.parquet"))
    one_says, many_say = (
        copy.stage("stages.validate", check=False),
        copy.stage("mlops.scale", "validate", "odd", check=False),
    )
    assert (one_says.returncode, many_say.returncode) == (0, 0)
    verdict = json.loads(copy.read("reports/validation.json"))
    assert json.loads(copy.read("reports/scale_validation.json")) == verdict
    assert [(row["column"], row["examples"], row["row"]) for row in verdict["tolerated"]] == [("age", ["old"], 10_007)]


@pytest.mark.capability("more than one machine")
def test_bad_rows_are_refused_in_the_same_words(copy: Project) -> None:
    """Values beyond limits, unknown categories, too many missing, equal ids in different files."""
    rng = np.random.default_rng(0)
    for number in range(FILES):
        path = copy.path / f"rows/{number}.parquet"
        frame = pq.read_table(path).to_pandas()
        if number:
            frame.loc[rng.choice(len(frame), 400, replace=False), "monthly_charge"] = 501.0 + number
            frame.loc[frame.index[:3], "customer_id"] = [f"C{n:010d}" for n in (5, 1, 9)]
        if number == 2:
            frame.loc[frame.index[17:517], "plan"] = "gold"
            frame["data_usage_gb"] = frame["data_usage_gb"].mask(rng.random(len(frame)) < 0.5)
        if number == 3:
            frame["tenure_months"] = frame["tenure_months"].astype("Int64")
            frame.loc[frame.index[3:503], "tenure_months"] = None
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=PIECE // 2)
    source(copy, "rows")
    copy.stage("stages.ingest")
    copy.stage("mlops.scale", "ingest", "rows", "many")
    one, many = copy.stage("stages.validate", check=False), copy.stage("mlops.scale", "validate", "many", check=False)
    assert (one.returncode, many.returncode) == (3, 3)
    assert told(many.stderr) == told(one.stderr)
    for said in ("gold", "C0000000001", "data_usage_gb", "tenure_months", "502.0"):
        assert said in told(many.stderr)


def test_what_can_not_be_done_is_one_sentence(copy: Project) -> None:
    def refused(verb: str, *arguments: str, **environment: str) -> str:
        done = copy.stage("mlops.scale", verb, *arguments, check=False, **environment)
        assert done.returncode in (1, 2), done.stderr
        return told(done.stderr)

    nobody = {"RAY_ADDRESS": "127.0.0.1:1"}
    assert "there is no cluster at RAY_ADDRESS=127.0.0.1:1" in refused("score", "rows", "a", **nobody)
    (copy.path / "a.csv").write_text("age\n1\n", encoding="utf-8")
    assert "is CSV, whose rows can't be counted" in refused("features", "a.csv", "b")
    assert "all 40,000 rows fit into scale.memory_gb, 8 GB" in refused("sample", "rows", "few.parquet")
    assert "name a folder that is empty" in refused("score", "rows", "rows")
    copy.stage("mlops.scale", "score", "rows/0.parquet", "scored")
    assert "scored holds predictions of another input" in refused("score", "rows/1.parquet", "scored")
    table = pq.read_table(copy.path / "rows/1.parquet")
    ages = [*map(str, table["age"].to_pylist()[:-1]), "much"]
    pq.write_table(table.set_column(3, "age", pa.array(ages)), copy.path / "rows/1.parquet")
    ages = pa.array(map(str, table["age"].to_pylist()))
    pq.write_table(table.set_column(3, "age", ages), copy.path / "rows/0.parquet")
    (copy.path / "rows/2.parquet").unlink()
    (copy.path / "rows/3.parquet").unlink()
    assert "row 20,000 of the input: age is 'much', which is no int" in refused("score", "rows", "c")
    own = (
        'from great_expectations import expectations as gxe\n    return [gxe.ExpectColumnMeanToBeBetween(column="age")]'
    )
    copy.edit(f"src/{copy.package}/expectations.py", "return []", own)
    assert "expect_column_mean_to_be_between needs all rows at once" in refused("validate", "rows/0.parquet")


def test_a_sample_says_its_error(copy: Project) -> None:
    copy.edit("params.yaml", "memory_gb: 8", "memory_gb: 0.005")
    said = copy.stage("mlops.scale", "sample", "rows", "few.parquet").stdout
    whole, few = pq.read_table(copy.path / "rows.parquet"), pq.read_table(copy.path / "few.parquet")
    assert f"drew {len(few):,} of 40,000 rows" in said
    assert 5_000 < len(few) < 15_000
    share, error = said.rpartition("True ")[2].split(" +- ")
    shares = [np.mean(table["churned"].to_numpy(zero_copy_only=False)) for table in (whole, few)]
    assert float(share) == pytest.approx(shares[0], abs=1e-4)
    assert 0 < abs(shares[1] - shares[0]) < 4 * float(error) < 0.03
    assert not set(few["customer_id"].to_pylist()) - set(whole["customer_id"].to_pylist())


def test_what_ray_brings_is_no_name(scaled: Project, in_memory: Template) -> None:
    modules = json.loads(scaled.run("uv", "run", "python", "-c", IMPORTED).stdout)
    assert "ray" in modules
    free = [name for name in modules if name.isalpha() and name.islower()]
    assert [name for name in free if not refusal(in_memory, "package_name", name)] == []
    assert refusal(in_memory, "project_name", "ray")


# The last one: afterwards the cluster has one machine.
@pytest.mark.capability("more than one machine")
def test_a_machine_that_is_lost_loses_no_row(copy: Project, cluster: dict[str, Any]) -> None:
    command = ["uv", "run", "python", "-m", f"{copy.package}.mlops.scale", "ingest", "rows", "many"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=copy.path, env=copy.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        when(lambda: [*(copy.path / "many").glob("part-*.parquet")], "a first part")
        os.kill(cluster["agents"][0], signal.SIGKILL)
        out, _ = running.communicate(timeout=200)
    assert running.returncode == 0, out
    assert written(copy.path / "many").equals(pq.read_table(copy.path / "rows.parquet"))
