"""Shows what a project does: renders one with the defaults, sets it up, runs its whole pipeline, and names the results.

`make demo` runs it; `uv run python hooks/demo.py FOLDER` does the same in a folder of your choice.
"""

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import copier

TEMPLATE = Path(__file__).resolve().parents[1]
ANSWERS = ".copier-answers.yml"
log = logging.getLogger(__name__)


def clear(folder: Path) -> None:
    """Removes a former demo; anything else stays, and is said.

    Raises:
        SystemExit: The folder is inside this checkout, or holds something that is no project of this template.
    """
    if folder.is_relative_to(TEMPLATE):
        sys.exit(f"{folder} is inside the template: name a folder outside, DEMO=/some/where make demo")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / ANSWERS).is_file():
        sys.exit(f"{folder} holds something else: name another folder, DEMO=/some/where make demo")
    shutil.rmtree(folder)


def run(folder: Path, *command: str) -> None:
    """Runs a command in the project as a user would, and shows what it prints.

    Raises:
        SystemExit: The command failed.
    """
    log.info("\n$ %s", " ".join(command))
    # The environment that runs this script is not the project's.
    environment = {
        key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL")
    }
    done = subprocess.run(command, cwd=folder, env=environment, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed with exit code {done.returncode} in {folder}")


def summary(folder: Path) -> str:
    """Names the model, its metrics, and where to look further."""
    registration = json.loads((folder / "models/registration.json").read_text(encoding="utf-8"))
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    numbers = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items() if isinstance(value, float))
    return (
        f"\nproject     {folder}"
        f"\nmodel       {registration['model']} {registration['model_hash'][:12]}, registry {folder}/mlflow.db"
        f"\nmetrics     {numbers}"
        f"\nmodel card  {folder}/MODEL_CARD.md"
        f"\nreports     {folder}/reports/data_docs/index.html, {folder}/reports/plots/overview.png"
    )


def main() -> None:
    """Renders, sets up, commits, runs, and sums up."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.resolve()
    clear(folder)
    log.info("$ copier copy --defaults %s %s", TEMPLATE, folder)
    revision = "HEAD" if (TEMPLATE / ".git").exists() else None
    copier.run_copy(str(TEMPLATE), folder, defaults=True, quiet=True, vcs_ref=revision)
    run(folder, "make", "setup")
    run(folder, "git", "add", "--all")
    identity = ("-c", "user.name=demo", "-c", "user.email=demo@example.com")
    run(folder, "git", *identity, "commit", "--quiet", "--no-verify", "--message", "Render the template")
    run(folder, "make", "run")
    log.info(summary(folder))


if __name__ == "__main__":
    main()
