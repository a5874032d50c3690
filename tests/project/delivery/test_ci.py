"""The generated `ci.yml`, executed by act on this machine: green on the default project, red on what must not merge.

Actions that need GitHub are replaced by the small ones of `tests/actions`; what the jobs run is real.
"""

import re
from pathlib import Path

import pytest
from support.platforms.act_runner import Runner, said, succeeded
from support.rendered_project import STAGES, Project

pytestmark = pytest.mark.e2e


@pytest.fixture
def runner(project: Project, tmp_path: Path) -> Runner:
    """A runner for a copy of the finished default project."""
    return Runner(project, tmp_path / "runner")


@pytest.mark.capability("CI workflow")
def test_a_push_is_green(runner: Runner) -> None:
    done = runner.act("push")
    assert done.returncode == 0, said(done)[-4000:]
    assert succeeded(done) == {"check", "test", "pipeline"}
    text = said(done)
    assert re.search(r"mypy\.+Passed", text)
    assert re.search(r"\d+ passed", text)
    assert "dvc.lock, metrics.json and MODEL_CARD.md of HEAD are what this run made" in text
    assert re.search(r"model \w{12} passed all gates, judged again", text)
    assert "is champion:" not in text, "no job promotes by itself"
    assert not (runner.left / "gh-body").exists()


@pytest.mark.capability("CI workflow")
def test_a_run_in_a_job_promotes_nothing(project: Project) -> None:
    """No job commits the log, so a server would remember an entry that nobody has."""
    project.run("git", "rm", "--quiet", "audit.jsonl")
    project.commit("nothing is promoted yet")
    (project.path / "mlflow.db").unlink()
    said = project.make("run", GITHUB_ACTIONS="true").stdout
    assert "passed all gates, there is no champion yet: `make promote WHY=" in said
    assert not (project.path / "audit.jsonl").exists()
    assert "churn-model 1 is champion: the first model" in project.make("run").stdout


def test_broken_data_are_refused(runner: Runner) -> None:
    runner.branch("broken", old="drift: none", new="drift: quality")
    done = runner.act("pull_request", "pipeline", cached=True)
    text = said(done)
    assert done.returncode != 0, text[-4000:]
    assert re.search(r"refused: .* in \d+ of \d+ expectations", text), text[-4000:]
    assert re.findall(r"Running stage '(\w+)'", text) == ["ingest", "validate"]


@pytest.mark.capability("tampered model")
def test_a_change_without_its_results_is_refused(runner: Runner) -> None:
    """The last step says so: what would be merged is not what the gates of this job let pass.

    It has the role of the cloud, to read what `params.yaml` names and what DVC's remote has: GitHub gives it a token.
    """
    runner.branch("better", old="hyperparameters: {}", new="hyperparameters: {learning_rate: 0.08}")
    token = {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1/token"}
    done = runner.act("pull_request", "pipeline", cached=True, variables={"AWS_ROLE_CI": "reader"}, **token)
    text = said(done)
    assert (runner.left / "roles").read_text() == "reader\n"
    assert "Success - Main Data and results, from DVC's remote" in text
    assert done.returncode != 0, text[-4000:]
    assert re.search(r"refused: .* in HEAD is not what .* run `make run` .*, commit what it changes", text), text[
        -4000:
    ]


def test_a_good_change_is_compared_and_commented_on(runner: Runner) -> None:
    runner.branch("better", old="hyperparameters: {}", new="hyperparameters: {learning_rate: 0.08}")
    runner.project.make("run")
    runner.project.commit("its model")
    done = runner.act("pull_request", "comment")
    text = said(done)
    assert done.returncode == 0, text[-4000:]
    assert succeeded(done) == {"pipeline", "comment"}
    ran = re.findall(r"Running stage '(\w+)'", text)
    again = STAGES[: STAGES.index("card")]  # the card of the base branch is committed
    assert tuple(ran[: len(again)]) == again, "the champion is trained again"
    assert "train" in ran[len(again) :]
    assert "ingest" not in ran[len(again) :], "the rows of the base branch are those of the pull request"
    assert "CHAMPION_REV=origin/main" in text
    alone, compared = map(int, re.findall(r"all (\d+) gates passed", text))
    assert compared == alone + 1, "the champion is one gate more"
    comment = (runner.left / "gh-body").read_text()
    assert re.search(r"\| metrics\.json\s*\| roc_auc\s*\| 0\.8\d*\s*\| 0\.8\d*\s*\| -?0\.\d+", comment), comment
    assert re.search(r"\| params\.yaml\s*\| train\.hyperparameters\.learning_rate\s*\| -\s*\| 0\.08", comment), comment
    (arguments,) = runner.called()
    assert arguments.startswith("pr comment 7 --repo ada/churn-model --edit-last --create-if-none --body-file ")


@pytest.mark.capability("CI workflow")
def test_a_worse_model_is_refused(runner: Runner) -> None:
    runner.branch(
        "worse",
        old="hyperparameters: {}",
        new="hyperparameters: {max_iter: 2, max_leaf_nodes: 3}",
        old_minimum="minimum: {roc_auc: 0.80}",
        new_minimum="minimum: {}",
    )
    done = runner.act("pull_request", "pipeline", cached=True)
    text = said(done)
    assert done.returncode != 0, text[-4000:]
    assert re.findall(r"Running stage '(\w+)'", text) == ["train", "evaluate"], "the champion came from the cache"
    assert re.search(r"refused: .* champion: roc_auc differs from champion 1's by -0\.\d+", text), text
