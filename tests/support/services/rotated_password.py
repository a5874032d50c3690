"""MLflow's server as its task definition starts it, before and after its database has another password."""

import json
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.platforms.iam_policies import State
from support.services import fargate_task, postgresql
from support.services.compose_stack import PASSWORD
from support.services.containers import Podman
from support.services.servers import free_port


@dataclass(frozen=True)
class Rotation:
    """MLflow's task before and after its database has another password."""

    podman: Podman
    made: State
    cloud: dict[str, str]
    database: postgresql.PostgreSQL
    port: int = field(default_factory=free_port)
    passwords: tuple[str, str] = ("first%b/c@d:e #f", "second%b/c@d:e #f")

    @contextmanager
    def task(self, folder: Path, password: str) -> Iterator[fargate_task.Task]:
        """Starts the task with the secrets as they are now."""
        folder.mkdir()
        (definition,) = self.made["aws_ecs_task_definition"]
        (managed,), (own,) = self.made["aws_db_instance"], self.made["aws_secretsmanager_secret"]
        managed = managed["master_user_secret"][0]["secret_arn"]
        secrets = {
            f"{managed}:username::": "mlflow",
            f"{managed}:password::": password,
            f"{own['arn']}:admin_password::": PASSWORD,
            f"{own['arn']}:flask_key::": "a long random text",
        }
        instead = {"DATABASE_HOST": f"127.0.0.1:{self.database.port}", "HOST": "127.0.0.1", "PORT": str(self.port)}
        with fargate_task.started(self.podman, definition, "mlflow", folder, secrets, **self.cloud, **instead) as task:
            yield task

    def serves(self, task: fargate_task.Task) -> None:
        """It gets healthy, lets in who knows the password, and takes an artifact."""
        deadline = time.monotonic() + 120
        while self.asked("/health")[0] != 200:
            assert task.running(), task.log()[-3000:]
            assert time.monotonic() < deadline, task.log()[-3000:]
            time.sleep(0.5)
        experiments = "/api/2.0/mlflow/experiments/search?max_results=5"
        assert self.asked(experiments)[0] == 401
        status, answer = self.asked(experiments, PASSWORD)
        assert status == 200, answer
        assert json.loads(answer)["experiments"][0]["name"] == "Default"
        status, answer = self.asked("/api/2.0/mlflow-artifacts/artifacts/0/x.txt", PASSWORD, b"an artifact")
        assert status == 200, answer + task.log()[-2000:]

    def asked(self, path: str, password: str = "", body: bytes | None = None) -> tuple[int, str]:
        """Asks the server as its load balancer does; 0 where it does not answer yet."""
        headers = {"Host": "mlflow.example.com"}
        if password:
            headers["Authorization"] = "Basic " + b64encode(f"admin:{password}".encode()).decode()
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, body, headers, method="PUT" if body else "GET")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""
