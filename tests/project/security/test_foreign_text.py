"""Text of data and of requests is inert wherever it is shown: browser, runner of workflows, issues, terminal."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.rendered_project import Project
from support.services.monitored_project import monitor, report

pytestmark = pytest.mark.e2e
WRITER = Path(__file__).parents[2] / "support/services/hostile_reports.py"
SCRIPT = "console.log(/ran-/.source+{number})"  # without quotes and spaces
PAYLOADS = [
    f"</script><script>{SCRIPT}</script>",
    f"<img src=x onerror={SCRIPT}>",
    f"' onmouseover=x><svg onload={SCRIPT}>",
    f'" autofocus onfocus="{SCRIPT}" x="',
    f"\\u003cimg src=x onerror={SCRIPT}\\u003e",
    f"&lt;img src=x onerror={SCRIPT}&gt;",
    f'<iframe srcdoc="<script>{SCRIPT}</script>">',
    f"');{SCRIPT};//",
    f"<!--<script>{SCRIPT}",
    f"</style><base href='https://example.com/'><script>{SCRIPT}</script>",
]
PAYLOADS = [payload.format(number=number) for number, payload in enumerate(PAYLOADS)]


def with_values(watched: Project, name: str, values: list[str]) -> None:
    """Writes a log whose `region` holds these values."""
    files = sorted((watched.path / "logs/stable-100").rglob("*.parquet"))
    table = pa.concat_tables([pq.read_table(file) for file in files])
    place = table.column_names.index("region")
    table = table.set_column(place, "region", pa.array(np.resize(values, len(table))))
    (watched.path / "logs" / name).mkdir()
    pq.write_table(table, watched.path / "logs" / name / "part.parquet")


@pytest.mark.capability("attacks on the service")
def test_no_script_runs_in_any_report(watched: Project, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("not installed: chromium")
    with_values(watched, "hostile", PAYLOADS)
    assert monitor(watched, "hostile").code == 12
    watched.run("uv", "run", "python", str(WRITER), json.dumps(PAYLOADS))
    pages = [*watched.path.glob("reports/**/*.html"), *watched.path.glob("hostile/*.html")]
    names = {page.relative_to(watched.path).as_posix() for page in pages}
    assert {"reports/monitoring/drift.html", "reports/monitoring/index.html", "hostile/drift.html"} <= names
    assert len([name for name in names if name.startswith("reports/data_docs/")]) == 3
    for page in pages:
        assert page.read_text(encoding="utf-8").count('http-equiv="Content-Security-Policy"') == 1, page
    control = watched.path / "control.html"
    control.write_text(f"<script>{SCRIPT.format(number=99)}</script>")
    frames = "".join(f'<iframe src="{page.as_uri()}" width=900 height=900></iframe>' for page in [*pages, control])
    (watched.path / "all.html").write_text(frames)
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"]
    command += ["--virtual-time-budget=30000", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]
    done = watched.run(*command, "--dump-dom", (watched.path / "all.html").as_uri())
    ran = [line for line in done.stderr.splitlines() if '"ran-' in line]
    assert ['"ran-99"' in line for line in ran] == [True], ran


COMMANDS = "x\n::error title=PWN::a\r\n \u3000::add-mask::churn\u2028::set-output name=code::10\n##[add-mask]b\x1b[31m"
COMMANDS += "\x9b2J\u202e @team"


@pytest.mark.capability("attacks on the service")
def test_no_value_is_a_command_of_a_workflow_or_a_terminal(watched: Project) -> None:
    values = [f"{COMMANDS} {number} {'y' * 100}" for number in range(5)]
    with_values(watched, "commands", values)
    said = monitor(watched, "commands")
    assert said.code == 12
    (found,) = [finding["sentence"] for finding in report(watched)["findings"] if finding["code"] == 12]
    assert f"({', '.join([repr(COMMANDS)[:37] + '...'] * 3)})" in found
    table = pa.table({"target": np.resize([0, 1], 200), COMMANDS: np.resize(values, 200), "n": np.arange(200)})
    pq.write_table(table, watched.path / "hostile.parquet")
    inferred = watched.stage("mlops.schema_inference", "hostile.parquet", "--target", "target")
    validated = watched.run("uv", "run", "dvc", "repro", "validate", check=False)
    texts = [said.sentence, found, inferred.stdout + inferred.stderr, validated.stdout + validated.stderr]
    assert "add-mask" in texts[2]
    for text in texts:
        assert not re.search(r"(?m)^\s*::|##\[|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", text), text


WORD = "s3cretPW"
# Lets each part that is given an address fail on one that holds a secret, and prints what it says.
ADDRESSES = """
import json, os, sys
from importlib import import_module
ours = lambda name: import_module(f"{sys.argv[1]}.{name}")
Refusal, params, project = ours("mlops.core.errors").Refusal, ours("mlops.core.params"), ours("project")
reader, said = ours("mlops.monitoring.prediction_reader"), {}
def saying(name, call):
    try:
        call()
    except Refusal as refusal:
        said[name] = str(refusal)
secret = sys.argv[2]
def ingested(url):
    return ours("mlops.data.source").open_source(params.Ingest(source=url, watch=url, query="SELECT 1"))
for url in json.loads(sys.argv[3]):
    saying(url, lambda: ingested(url))
    saying(f"predictions {url}", lambda: reader.open_log(url, project.contract(), None))
    saying(f"smoke {url}", lambda: ours("mlops.delivery.smoke").check(url, "0" * 64, 0))
os.environ |= {"PUSHGATEWAY_URL": f"http://ci:{secret}@127.0.0.1:1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
report = {"model": "m", "exit_code": 0, "timestamp": 0, "rows": 0, "findings": [], "performance": None}
report["drift"] = {"predictions": {}, "features": {}, "share": 0}
saying("Pushgateway", lambda: ours("mlops.monitoring.metrics").push(report))
os.environ["MLFLOW_TRACKING_URI"] = f"http://ci:{secret}@127.0.0.1:1"
saying("MLflow", ours("mlops.tracking.mlflow_client").connect)
open("params.yaml", "w").write(f"ingest: {{source: 'https://u:{secret}@h/x.csv', surprise: 1}}")
saying("params", lambda: params.read(params.Params))
open("params.yaml", "w").write(f"ingest: [\\nsource: https://u:{secret}@h/x.csv")
saying("YAML", lambda: params.read(params.Params))
print(json.dumps(said))
"""
URLS = [
    f"http://ci:{WORD}@127.0.0.1:1/x.csv",
    f"http://127.0.0.1:1/x.csv?signature={WORD}#{WORD}",
    f"http://{WORD}@127.0.0.1:1/x.csv",
    f"http://ci:{WORD}/more@127.0.0.1:1/x.csv",
    f"postgresql://ci:{WORD}@127.0.0.1:1/db",
    f"postgresql://ci@127.0.0.1:{WORD}/db",
    f"sqlite:///no/such/folder/x.db?password={WORD}",
    f"nothing+driver://ci:{WORD}@h/db",
    f"s3://ci:{WORD}@bucket/x.csv",
    f"redis://:{WORD}@127.0.0.1:1/0",
]


@pytest.mark.capability("attacks on the service")
def test_no_sentence_holds_a_password(watched: Project) -> None:
    arguments = [watched.package, WORD, json.dumps(URLS)]
    done = watched.run("uv", "run", "python", "-c", ADDRESSES, *arguments, AWS_EC2_METADATA_DISABLED="true")
    said = json.loads(done.stdout.splitlines()[-1])
    assert {*URLS, "Pushgateway", "MLflow", "params", "YAML"} <= set(said)
    assert not [sentence for sentence in said.values() if WORD in sentence or "more@" in sentence]
    assert "127.0.0.1:1" in said["MLflow"]


@pytest.mark.capability("attacks on the service")
def test_no_line_of_a_file_is_quoted(watched: Project) -> None:
    (watched.path / "people.csv").write_text("name,plan\nroot,a\nada@example.com,b,0,0,/bin/sh\n")
    (watched.path / "labels.csv").write_text("_request_id,churned\nrequest-1,True\nada@example.com,True,1\n")
    for arguments in (
        ["mlops.schema_inference", "people.csv", "--target", "plan"],
        ["mlops.monitoring", "--predictions", "logs/stable-100", "--labels", "labels.csv"],
    ):
        done = watched.stage(*arguments, check=False)
        assert done.returncode == 1
        assert re.search(r"line 3: \d values, the header has 2 names|is no table with delimiter ','", done.stderr)
        assert "ada@" not in done.stdout + done.stderr
