"""A starter project of 0.6.0, updated: what only other maturities have leaves it, edits stay, one answer keeps all."""

from pathlib import Path

import copier
import pytest
from release import archive
from support.guard_process import Inner
from support.release_repository import repository
from support.template_origin import Origin, commit, files, git

pytestmark = pytest.mark.e2e
HEAD, BEFORE = "9.0.0", "0.6.0"
# As released, with lines of the team: in code, a test, pages, and a file that was the project's own all the time.
EDITED = ("src/churn_model/cost.py", "tests/unit/test_cost.py", "docs/governance.md", "SECURITY.md", "prices.yaml")
GONE = ("src/churn_model/github/doctor.py", "src/churn_model/licences.py", "docs/threat-model.md")


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
    ours = {name: starter.read(name) for name in EDITED}
    verdicts = starter.update(code=3)  # each edited file that the template no longer has is named
    assert {name: starter.read(name) for name in EDITED} == ours
    assert {verdicts[name] for name in GONE} == {"removed"}
    copier.run_copy(str(origin.path), tmp_path / "new", defaults=True, quiet=True, vcs_ref=HEAD)
    fresh, left = files(tmp_path / "new"), files(starter.path)
    assert set(left) == {*fresh, *EDITED}
    assert all(left[name] == text for name, text in fresh.items() if name != ".copier-answers.yml")


def test_one_answer_keeps_cost_and_governance(starter: Inner) -> None:
    verdicts = starter.update("--data", "maturity=custom", "--data", "serving=false", "--data", "monitoring=false")
    assert "removed" not in verdicts.values()
    assert all(starter.read(name).endswith("# ours\n") for name in EDITED)
    assert all((starter.path / name).exists() for name in GONE)
    assert "\ncost: ##" in starter.read("mk/governance.mk")
