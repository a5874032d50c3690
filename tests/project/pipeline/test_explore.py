"""What a data scientist looks at: the data before any training, and a notebook that starts from the project."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("look at the data")]


def test_the_data_are_on_one_page_before_any_training(finished: Project, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("not installed: chromium")
    page = finished.path / "reports/explore.html"
    assert page.as_uri() in finished.make("explore", DISPLAY="", WAYLAND_DISPLAY="").stdout
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"]
    command += ["--virtual-time-budget=10000", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]
    shown = finished.run(*command, "--dump-dom", page.as_uri())
    assert "Refused to" not in shown.stderr
    scores = re.findall(r"<tr><td>(\w+)</td><td>\w+</td><td>feature</td>.*?</meter> ([\d.]+)</td>", shown.stdout)
    assert {name for name, _ in scores} == {
        *("age", "contract", "data_usage_gb", "monthly_charge", "paperless", "plan", "region"),
        *("satisfaction", "support_calls", "tenure_months"),
    }
    values = [float(value) for _, value in scores]
    assert values == sorted(values, reverse=True) and values[0] > 0.3 > values[-1]
    # What the script of skrub shows, which the policy of the page lets run.
    assert "Associations" in shown.stdout and "customer_id" in shown.stdout
    assert finished.run("git", "status", "--porcelain").stdout == ""


CHECK = """
import json
from churn_model import project
rows, held = project.data(), project.held_out()
right = (held["churned"] == held["churned_predicted"]).mean()
champion = project.champion().predict_proba(project.features(held))[:, 1]
equal = abs(champion - held["churned_probability"]).max()
print(json.dumps([len(rows), len(held), right, equal]))
"""


def in_notebooks(project: Project, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs a command in the folder of the notebooks, as an editor does."""
    return project.run("sh", "-c", 'cd notebooks && exec "$@"', "sh", *command, check=check)


def test_a_notebook_starts_from_the_project(finished: Project, tmp_path: Path) -> None:
    in_notebooks(finished, "uv", "run", "python", "explore.py")
    said = json.loads(in_notebooks(finished, "uv", "run", "python", "-c", CHECK).stdout)
    accuracy = json.loads(finished.read("metrics.json"))["accuracy"]
    assert said[:2] == [10_000, 2_000]
    assert said[2] == pytest.approx(accuracy, abs=1e-6)
    assert said[3] < 1e-12
    made = tmp_path / "explore.ipynb"
    jupytext = ["uv", "run", "--with", "jupytext>=1.17,<2", "jupytext", "--to", "notebook", "--output", str(made)]
    in_notebooks(finished, *jupytext, "explore.py")
    kinds = [cell["cell_type"] for cell in json.loads(made.read_text(encoding="utf-8"))["cells"]]
    assert (kinds.count("code"), kinds.count("markdown")) == (4, 4)
    assert finished.run("git", "status", "--porcelain").stdout == ""


def test_without_data_the_notebook_says_what_makes_them(project: Project) -> None:
    (project.path / "data/dataset.parquet").unlink()
    done = in_notebooks(project, "uv", "run", "python", "explore.py", check=False)
    assert done.returncode
    assert "there is no data/dataset.parquet: `make run` makes it, or `uv run dvc pull` gets it." in done.stderr
