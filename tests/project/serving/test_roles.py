"""Roles on the MLflow server: who may look, train and promote, tried by those who may and by those who may not."""

import json
import re
import shutil
from pathlib import Path

import pytest
from support.rendered_project import Project
from support.services.compose_stack import PASSWORD, VALUES, status_of_post
from support.services.servers import free_port
from support.services.servers import serving as process

pytestmark = pytest.mark.e2e
TRIES = """
import json, os, sys
import mlflow
from mlflow.exceptions import MlflowException
for account in json.loads(sys.argv[1]):
    os.environ.update(account)
    client, name, said = mlflow.MlflowClient(), "churn-model", {}
    source = client.get_model_version_by_alias(name, "champion")
    tries = {
        "read": lambda: client.search_model_versions(f"name = '{name}'"),
        "register": lambda: client.create_model_version(
            name, source.source, source.run_id, model_id=source.source.rpartition('/')[2]
        ),
        "promote": lambda: client.set_registered_model_alias(name, "champion", source.version),
        "train": lambda: client.create_run(client.get_experiment_by_name(name).experiment_id),
    }
    for what, attempt in tries.items():
        try:
            attempt()
        except MlflowException as error:
            said[what] = error.error_code
        else:
            said[what] = "done"
    print(json.dumps(said))
"""


def tried(project: Project, *accounts: dict[str, str]) -> list[dict[str, str]]:
    """What came of each action, account by account."""
    said = project.run("uv", "run", "python", "-c", TRIES, json.dumps(accounts), **accounts[0]).stdout
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.capability("roles on the MLflow server")
def test_each_role_may_do_what_the_matrix_says(served: Project, tmp_path: Path) -> None:
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project, port = Project(tmp_path / "p", served.environment), free_port()
    recipe = project.read("deploy/mlflow.Dockerfile").replace("\\\n", "")
    program, *arguments = json.loads(re.findall(r"^ENTRYPOINT (.+)$", recipe, re.M)[0])
    arguments[arguments.index("--host") + 1], arguments[arguments.index("--port") + 1] = "127.0.0.1", str(port)
    command = [f"{project.environment['UV_PROJECT_ENVIRONMENT']}/bin/{program}", *arguments]
    environment = project.environment | dict(re.findall(r"\b(MLFLOW_\w+)=(\S+)", recipe)) | VALUES
    address = f"http://127.0.0.1:{port}"

    def account(name: str, password: str) -> dict[str, str]:
        who = {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": password}
        return {"MLFLOW_TRACKING_URI": address} | who

    def given(name: str, role: str) -> dict[str, str]:
        said = project.make("access", f"PERSON={name}", f"ROLE={role}", **account("admin", PASSWORD)).stdout
        assert f"{name} is {role} of churn-model" in said
        return account(name, re.findall(r"shown only now: (\S+)", said)[0])

    assert "the local store asks nobody" in project.make("access", "PERSON=vera", check=False).stderr
    with process(["env", f"--chdir={tmp_path}", *command], port, tmp_path / "log", environment):
        viewer, scientist, engineer = (
            given(name, role) for name, role in (("vera", "viewer"), ("dan", "data-scientist"), ("eve", "ml-engineer"))
        )
        assert status_of_post(f"{address}/api/2.0/mlflow/registered-models/search", {}, {}) == 401

        # A new server has no champion: an ML engineer brings the present one there.
        project.make("restore", **engineer)

        # A data scientist trains, but promotes nothing; the log has no entry of what did not happen.
        log = project.read("audit.jsonl")
        project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")
        assert "passed all gates, champion is version 1: `make promote" in project.make("run", **scientist).stdout
        done = project.make("promote", "WHY=mine", check=False, **scientist)
        assert done.returncode != 0
        assert re.search(r"refused: MLflow at \S+ does not let you change the model churn-model: docs/gov", done.stderr)
        assert project.read("audit.jsonl") == log
        refused = project.stage("mlops.tracking.access", "dan", "--role", "ml-engineer", check=False, **scientist)
        assert "does not let you give roles" in refused.stderr

        # An ML engineer promotes it; a viewer looks at it, and no more.
        project.make("promote", "WHY=learns more slowly", **engineer)
        added = [json.loads(line) for line in project.read("audit.jsonl").removeprefix(log).splitlines()]
        assert [(entry["action"], entry["version"]) for entry in added] == [("promote", "2")]
        everything = dict.fromkeys(("read", "register", "promote", "train"), "done")
        denied = "PERMISSION_DENIED"
        assert tried(project, engineer, scientist, viewer) == [
            everything,
            everything | {"register": denied, "promote": denied},
            everything | {"register": denied, "promote": denied, "train": denied},
        ]
        refused = project.stage("stages.train", check=False, **viewer)
        assert "does not let you log runs: docs/governance.md says which role may" in refused.stderr
        assert "Traceback" not in refused.stderr

        # A role is taken away by another one.
        project.make("access", "PERSON=eve", "ROLE=viewer", **account("admin", PASSWORD))
        assert tried(project, engineer)[0]["promote"] == denied
