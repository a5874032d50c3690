"""Says what a variable or secret of the workflows is, and when a workflow can't do without it.

The names come from the workflows (`workflows.read`). A name that is not here is of a workflow of yours, and optional.
"""

import configparser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

APP, APP_KEY = "BOT_CLIENT_ID", "BOT_PRIVATE_KEY"
ATTESTATIONS = "GITHUB_ATTESTATIONS"


@dataclass(frozen=True)
class Known:
    """What is known of the project, and of its repository, when a name is judged.

    Attributes:
        variables: Names of the variables that are set.
        remote: Address of DVC's default remote.
        source: `ingest.source` of params.yaml.
        online: Type of the feature store's online store.
        pushes: Whether a job pushes to the protected branch.
        pulls: Whether GitHub's own token may open pull requests.
    """

    variables: frozenset[str]
    remote: str
    source: str
    online: str
    pushes: bool
    pulls: bool

    def has(self, *names: str) -> bool:
        """Tells whether one of the variables is set."""
        return bool(self.variables.intersection(names))


def _never(_: Known) -> bool:
    return False


def _mlflow(known: Known) -> bool:
    return known.has("MLFLOW_TRACKING_URI")


def _bot(known: Known) -> bool:
    return known.pushes or not known.pulls


def _role(*names: str) -> Callable[[Known], bool]:
    return lambda known: known.remote.startswith("s3://") and not known.has(*names)


AWS_KEY = ("key of AWS that reads DVC's remote; better none, but the roles of `make connect`", _role("AWS_ROLE_CI"))
# Each name: what it is, and whether a workflow fails without it.
NAMES: dict[str, tuple[str, Callable[[Known], bool]]] = {
    APP: ("client id of the GitHub App that pushes and opens pull requests", _bot),
    APP_KEY: ("private key of that App", lambda known: known.has(APP)),
    ATTESTATIONS: ("`true` where the plan has artifact attestations of private repositories", _never),
    "AWS_ROLE_CI": ("role that reads data and models", _never),
    "AWS_ROLE_RETRAIN": ("role that retrains", _never),
    "AWS_ROLE_DELIVER": ("role that delivers", _never),
    "AWS_ROLE_PUSH": ("role that pushes images", _never),
    "AWS_DEFAULT_REGION": ("region of those roles", lambda known: known.has("AWS_ROLE_CI", "AWS_ROLE_DELIVER")),
    "AWS_ACCESS_KEY_ID": AWS_KEY,
    "AWS_SECRET_ACCESS_KEY": AWS_KEY,
    "AZURE_CLIENT_CI": ("identity in Azure that reads data and predictions", _never),
    "AZURE_TENANT_ID": ("its tenant", lambda known: known.has("AZURE_CLIENT_CI")),
    "DATABASE_URL": ("the database that ingest.source names", lambda known: "DATABASE_URL" in known.source),
    "DELIVER_TOKEN": ("a person's token, in place of the App", _never),
    "FEATURE_STORE_REDIS": ("address of the online store", lambda known: known.online not in ("", "sqlite")),
    "GCP_ACCOUNT_CI": ("service account of Google Cloud that reads data and predictions", _never),
    "GCP_PROVIDER": ("the workload identity provider that gives it", lambda known: known.has("GCP_ACCOUNT_CI")),
    "IMAGE_REPOSITORY": ("where images go, if not to ghcr.io", _never),
    "INFRACOST_API_KEY": ("key of Infracost, for cloud-cost.yml", _never),
    "LABELS": ("where labels that come late are, for monitor.yml", _never),
    "MLFLOW_TRACKING_URI": ("address of the MLflow server", _never),
    "MLFLOW_TRACKING_USERNAME": ("account of CI on the MLflow server", _mlflow),
    "MLFLOW_TRACKING_PASSWORD": ("its password", _mlflow),
    "PREDICTIONS": ("where the service's predictions are, for monitor.yml", _never),
    "PUSHGATEWAY_URL": ("where monitor.yml pushes its metrics", _never),
    "RETRAIN_TOKEN": ("a person's token, in place of the App", _never),
    "RUNNER": ("label of a runner inside the network; GitHub's own if not set", _never),
    "SINCE": ("which predictions monitor.yml takes; 7d if not set", _never),
    "STAGING_API_KEY": ("key with the role predict, for the job smoke", lambda known: known.has("STAGING_URL")),
    "STAGING_URL": ("address of staging; without it the job smoke is skipped", _never),
    "TEMPLATE_READ_TOKEN": ("token that reads the template, where it is private", _never),
    "TEMPLATE_UPDATE_TOKEN": ("a person's token, in place of the App", _never),
}


def meaning(name: str) -> str:
    """Returns what a name is for."""
    return NAMES[name][0] if name in NAMES else "of a workflow of your own"


def needed(name: str, known: Known) -> bool:
    """Tells whether a workflow fails without the name."""
    return name in NAMES and NAMES[name][1](known)


def _yaml(path: Path, *keys: str) -> Any:
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found or ""


def remote() -> str:
    """Returns the address of DVC's default remote, or nothing."""
    config = configparser.ConfigParser()
    config.read(Path(".dvc/config"), encoding="utf-8")
    name = config.get("core", "remote", fallback="")
    return config.get(f"'remote \"{name}\"'", "url", fallback="")


def known(variables: set[str], *, pushes: bool, pulls: bool) -> Known:
    """Looks at the project in the current folder."""
    return Known(
        frozenset(variables),
        remote(),
        str(_yaml(Path("params.yaml"), "ingest", "source")),
        str(_yaml(Path("feature_repo/feature_store.yaml"), "online_store", "type")),
        pushes,
        pulls,
    )
