"""From `copier copy` to the first registered model with a warm package cache, and a run that has nothing to do.

`uv run python bench/first_model.py`
"""

import statistics
import sys
import tempfile
from pathlib import Path

import measured_projects


def main() -> None:
    """Prints a Markdown table."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "p"
        script = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import measured_projects, pathlib; "
        copy = measured_projects.measure(
            Path(parent), sys.executable, "-c", f"{script}measured_projects.render(pathlib.Path('p'))"
        )
        setup = measured_projects.measure(folder, "make", "setup")
        run = measured_projects.measure(folder, "make", "run")
        idle = [measured_projects.measure(folder, "make", "run").seconds for _ in range(5)]
    rows = {
        "copier copy": copy.seconds,
        "make setup": setup.seconds,
        "first make run": run.seconds,
        "copy to registered model": copy.seconds + setup.seconds + run.seconds,
        "make run with nothing to do (median of 5)": statistics.median(idle),
    }
    table = "\n".join(f"| {name} | {seconds:.1f} |" for name, seconds in rows.items())
    sys.stdout.write(f"| step | s |\n|---|---:|\n{table}\n")


if __name__ == "__main__":
    main()
