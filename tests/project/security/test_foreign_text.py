"""Text of data and of requests is inert wherever it is shown: browser, runner of workflows, issues, terminal."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.rendered_project import Project
from support.services.monitored_project import monitor

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


@pytest.mark.capability("foreign text")
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
