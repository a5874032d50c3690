"""A project in which people worked, updated from the first release: no line of theirs is lost, and all still runs."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import copier
import pytest
import sklearn.datasets
import yaml
from support.release_repository import repository
from support.rendered_project import ROOT, Project
from support.template_origin import ENVIRONMENT, GUARD, commit, files, git, put

pytestmark = pytest.mark.e2e

FIRST, HEAD = "0.1.0", "9.0.0"
NO_COMMENTS = {".copier-answers.yml", "LICENSE", "uv.lock"}  # an update locks again
# Where the end of a file left it: a line that people add there has no place of its own, so that the update asks.
NO_COMMENTS |= {"docs/architecture.md", "tests/model/test_regression.py"}
NO_COMMENTS |= {"params.yaml"}  # 0.8.0 changed its last line, register.promote
NO_COMMENTS |= {f"src/churn_model/{name}.py" for name in ("params", "infer/__init__", "suite")}
# 0.8.0 wrote their ends again, behind the fence.
NO_COMMENTS |= {
    f"src/churn_model/{name}.py"
    for name in ("infer/decide", "infer/kinds", "leakage", "parse", "paths", "slices", "source")
}
NO_COMMENTS |= {
    f"tests/unit/test_{name}.py" for name in ("artifact", "audit", "contract", "gates", "infer", "pipeline", "split")
}
NO_COMMENTS |= {
    path.format(package="churn_model")
    for moved in sorted((ROOT / "hooks/release/moves").glob("*.yaml"))
    for path in yaml.safe_load(moved.read_text(encoding="utf-8"))["splits"]
}
STAGE = """
  count:
    cmd: python -m churn_model.count
    deps: [data/dataset.parquet, src/churn_model/count.py]
    outs: [reports/count.txt]
"""
COUNT = '''"""Stage `count`: writes the number of rows."""

from pathlib import Path

import pyarrow.parquet as pq

Path("reports/count.txt").write_text(f"{pq.read_metadata('data/dataset.parquet').num_rows}\\n", encoding="utf-8")
'''
JOB = """
  ours:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - run: echo ours
"""


def comment(path: str, text: str) -> str:
    """Returns a line that means nothing in a file."""
    return f"<!-- {text} -->\n" if path.endswith(".md") else f"# {text}\n"


def told(origin: Path) -> None:
    """Releases the template with one more line on top of each file, so that every file is merged."""
    for path in sorted((origin / "template").rglob("*")):
        name = path.name.removesuffix(".jinja")
        if path.is_file() and path.stat().st_size and not re.search(r"answers_file|LICENSE|\.json$", name):
            path.write_text(comment(name, "the template's line") + path.read_text(encoding="utf-8"), encoding="utf-8")
    commit(origin, HEAD)
    git(origin, "tag", HEAD)


def worked(project: Project) -> None:
    """Does what people do to a repository, in one commit."""
    sklearn.datasets.load_wine(as_frame=True).frame.to_csv(project.path / "wine.csv", index=False)
    project.stage("infer", "wine.csv", "--target", "target")
    for number, (name, content) in enumerate(files(project.path).items()):
        if name in git(project.path, "ls-files").split() and name not in NO_COMMENTS:
            put(project.path, {name: content + comment(name, f"our line {number}").encode()})
    project.edit("dvc.yaml", "\n# What `dvc plots show` draws", f"{STAGE}\n# What `dvc plots show` draws")
    project.edit(
        ".github/workflows/ci.yml", "\n  # May write to the pull request", f"{JOB}\n  # May write to the pull request"
    )
    runbook = project.read("docs/runbook.md")
    put(
        project.path,
        {
            "src/churn_model/count.py": COUNT,
            "docs/notes.md": "our notes\n",
            "docs/architecture.md": None,
            "docs/runbook.md": None,
            "docs/operations/runbook.md": runbook,
        },
    )
    (project.path / "Makefile").chmod(0o755)
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--no-verify", "--message", "work")


def ours(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, list[str]]:
    """Returns the lines that are in `after` and not in `before`, by file; in a moved file, none of the template's."""
    found = {}
    known = {line for content in before.values() for line in content.decode(errors="replace").splitlines()}
    for name, content in after.items():
        lines = Counter(content.decode(errors="replace").splitlines())
        lines.subtract(before.get(name, b"").decode(errors="replace").splitlines())
        moved = known if name not in before else set()
        found[name] = [line for line, number in lines.items() if number > 0 and line not in moved]
    return found


def tracked(folder: Path) -> dict[str, bytes]:
    """The committed or staged files."""
    return {name: (folder / name).read_bytes() for name in git(folder, "ls-files").splitlines()}


def updated(project: Project, template: Path, *arguments: str) -> dict[str, list[str]]:
    """Updates as `make update` does, without a conflict, and commits; returns the lines of each file."""
    command = ["uv", "run", "--quiet", "--script", str(GUARD), "update", "--template", str(template), *arguments]
    done = subprocess.run(command, cwd=project.path, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    git(project.path, "commit", "--quiet", "--no-verify", "--message", "update")
    return {name: text.decode(errors="replace").splitlines() for name, text in tracked(project.path).items()}


def lost(wanted: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    """Returns the lines that are nowhere any more, for files move; the answers are rewritten by an update."""
    there = {line for lines in after.values() for line in lines}
    missing = {name: [line for line in lines if line not in there] for name, lines in wanted.items()}
    return {name: lines for name, lines in missing.items() if lines and name != ".copier-answers.yml"}


@pytest.mark.capability("update of a project")
def test_a_project_with_peoples_work_in_it(lifted: Project, tmp_path: Path) -> None:
    origin = repository(tmp_path / "template", head=None)
    copier.run_copy(str(origin), tmp_path / "p", defaults=True, quiet=True, vcs_ref=FIRST)
    project = Project(tmp_path / "p", lifted.environment)
    project.make("setup")
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--no-verify", "--message", "first")
    first = tracked(project.path)
    worked(project)
    lines = ours(first, tracked(project.path))
    assert sum(map(len, lines.values())) > 150

    told(repository(tmp_path / "head", head="8.0.0"))
    after = updated(project, tmp_path / "head")
    assert not lost(lines, after)
    told_in = [name for name, text in after.items() if comment(name, "the template's line").strip() in text]
    assert {"docs/operations/runbook.md", "dvc.yaml", "Makefile"} <= set(told_in)
    assert len(told_in) > 70
    assert not {"docs/architecture.md", "docs/runbook.md"} & after.keys()
    assert (project.path / "Makefile").stat().st_mode & 0o100

    more = updated(project, tmp_path / "head", "--data", "maturity=intermediate")
    assert not lost(lines, more)
    assert {"mk/serving.mk", "mk/monitoring.mk"} <= more.keys() - after.keys()
    assert {"serve:", "monitor:"} <= {line.split(" ")[0] for line in more["params.yaml"]}

    project.make("setup")
    project.make("run")
    assert project.read("reports/count.txt") == "178\n"
    assert "passed" in project.make("quick").stdout
    project.run("uv", "run", "ruff", "format", "--quiet")
    project.make("check")
    project.commit("formatted, and run")
    assert "nothing to do" in project.make("update", f"ARGS=--template {tmp_path / 'head'}", check=False).stdout
