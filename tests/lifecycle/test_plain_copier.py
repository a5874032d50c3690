"""`copier update` without the guard: what it does in a project that people worked in, and what it says before."""

import copier
import pytest
from support.template_origin import SECOND, Made, git

RUNBOOK, MOVED = "docs/runbook.md", "docs/operations/architecture.md"


@pytest.mark.capability("update of a project")
def test_a_project_that_deleted_and_moved_files_is_updated(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    origin, package = made.origin, "template/src/{{package_name}}"
    made.work(
        {
            RUNBOOK: None,
            "docs/architecture.md": None,
            MOVED: made.read("docs/architecture.md"),
            "src/churn_model/schema.py": "# ours\n",
            "src/churn_model/mlops/evaluation/plots.py": "# ours, parked\n",
            ".dvcignore": "ours, removed from the template\n",
        }
    )
    settings = origin.read("copier.yml").replace("_exclude: [", "_exclude: [src/*/mlops/evaluation/plots.py, ")
    news = {f"template/{name}": "theirs\n" for name in (RUNBOOK, "docs/architecture.md", ".gitattributes")}
    gone = {f"{package}/mlops/evaluation/plots.py": None, "template/.dvcignore": None}
    origin.release(SECOND, {"copier.yml": settings, f"{package}/schema.py": "# theirs\n", **news, **gone})
    capsys.readouterr()

    copier.run_update(made.path, defaults=True, overwrite=True)

    changed = git(made.path, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert changed == [" M .copier-answers.yml", " D .dvcignore", " M .gitattributes"]
    # The edits in .dvcignore are gone, and nothing says so: hence the message before.
    assert "`make update` is safer" in capsys.readouterr().err
