"""The model as a package: one module a stage of `dvc.yaml`, all reading one contract, `schema.py`."""

import os
from pathlib import Path

# DVC runs queued experiments in copies of the project, but what is installed is the project: a copy runs its own code.
_source = Path.cwd() / "src" / __name__
if "/.dvc/tmp/exps/" in _source.as_posix() and _source.is_dir():
    __path__[:] = [str(_source)]

from .mlops.core import old_names  # noqa: E402 - after that

old_names.install()

# None of the libraries may phone home. They read these when they are imported, hence here and not in a function.
for _name, _value in {
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}.items():
    os.environ.setdefault(_name, _value)
