"""A starter project of 0.6.0, updated: what only other maturities have leaves it, edits stay, one answer keeps all."""

import json
from pathlib import Path

import copier
import pytest
from release import archive
from support.guard_process import Inner
from support.release_repository import repository
from support.template_origin import Origin, commit, files, git

pytestmark = pytest.mark.e2e
HEAD, BEFORE = "9.0.0", "0.6.0"
PACKAGE = "src/churn_model"
# With lines of the team: in code that leaves, a test, pages, a file that was the project's own all the time, and in one
# that was taken apart.
EDITED = (
    f"{PACKAGE}/audit_report.py",
    f"{PACKAGE}/cost.py",
    f"{PACKAGE}/stage.py",
    "tests/unit/test_cost.py",
    "docs/governance.md",
    "SECURITY.md",
    "prices.yaml",
)
KEPT = {  # where the lines are in a project that keeps cost and governance, if they are not where they were
    f"{PACKAGE}/audit_report.py": f"{PACKAGE}/mlops/reporting/audit_report.py",
    "tests/unit/test_cost.py": "tests/mlops/cost/test_cost.py",
}
GONE = (f"{PACKAGE}/github/doctor.py", f"{PACKAGE}/licences.py", "docs/threat-model.md")
STAY = (f"{PACKAGE}/mlops/github/doctor.py", f"{PACKAGE}/mlops/governance/licenses.py", "docs/threat-model.md")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """The template's last release, and the working tree as the next one."""
    folder = tmp_path_factory.mktemp("lighter")
    (folder / "releases").mkdir()
    last = next(path for version, path in archive.released().items() if str(version) == BEFORE)
    (folder / "releases" / last.name).symlink_to(last)
    return Origin(repository(folder / "template", head=HEAD, releases=folder / "releases"))


@pytest.fixture
def starter(origin: Origin, tmp_path: Path) -> Inner:
    """A starter project of the last release in which people worked."""
    copier.run_copy(str(origin.path), tmp_path / "p", defaults=True, quiet=True, vcs_ref=BEFORE)
    git(tmp_path / "p", "init", "--quiet")
    commit(tmp_path / "p")
    project = Inner(tmp_path / "p", origin)
    project.work({name: project.read(name) + "# ours\n" for name in EDITED})
    return project


def test_edits_stay_and_the_rest_is_a_new_starter(starter: Inner, origin: Origin, tmp_path: Path) -> None:
    before = {name: starter.read(name) for name in EDITED}
    done = starter.guard("update", "--json")
    assert done.returncode == 3, done.stderr
    said = json.loads(done.stdout)["files"]
    named = [name for name in EDITED if name != "prices.yaml"]  # that one was the project's own before
    assert [(said[name]["verdict"], said[name]["person"]) for name in named] == [("yours", True)] * len(named)
    assert "your file stays, and nothing of the template uses it any more" in said[f"{PACKAGE}/cost.py"]["reason"]
    assert f"the template split it into {PACKAGE}/mlops/core/" in said[f"{PACKAGE}/stage.py"]["reason"]
    code = {name for name in EDITED if name.endswith(".py")}
    assert {name: starter.read(name) for name in EDITED if name not in code} == {
        name: text for name, text in before.items() if name not in code
    }
    assert all(starter.read(name).endswith("# ours\n") for name in EDITED)
    assert "from .mlops.core import " in starter.read(f"{PACKAGE}/cost.py")  # imports follow the moves
    assert {said[name]["verdict"] for name in GONE} == {"removed"}
    copier.run_copy(str(origin.path), tmp_path / "new", defaults=True, quiet=True, vcs_ref=HEAD)
    fresh, left = files(tmp_path / "new"), files(starter.path)
    assert set(left) == {*fresh, *EDITED}
    assert all(left[name] == text for name, text in fresh.items() if name != ".copier-answers.yml")


def test_one_answer_keeps_cost_and_governance(starter: Inner) -> None:
    answers = ("maturity=custom", "serving=false", "monitoring=false")
    verdicts = starter.update(*(word for answer in answers for word in ("--data", answer)), code=3)
    yours = {path for path, verdict in verdicts.items() if verdict == "yours"}
    assert yours == {f"{PACKAGE}/cost.py", f"{PACKAGE}/stage.py"}  # were taken apart
    assert all(starter.read(KEPT.get(name, name)).endswith("# ours\n") for name in EDITED)
    assert not [name for name in KEPT if (starter.path / name).exists()]
    assert all((starter.path / name).exists() for name in STAY)
    assert "\ncost: ##" in starter.read("mk/governance.mk")
