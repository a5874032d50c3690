"""Rendering the template, against Python and Jinja2 alone, Copier with plain files, and cookiecutter with ours.

`uv run python bench/render.py [QUESTION=ANSWER ...]`. Whole processes, in turn; each side has to write equal files.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import cookie
import measured_projects
import templates
import yaml

TIMES = 9
ANSWERS = ".copier-answers.yml"
OURS = "the template, from a folder"


def plain(project: Path, at: Path) -> Path:
    """Makes a template of a project's files: Copier copies each and asks nothing."""
    for name, content in templates.files(project).items():
        file = at / "template" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (at / "copier.yml").write_text("_subdirectory: template\n", encoding="utf-8")
    return at


def cookiecutter(room: Path) -> str:
    """Installs cookiecutter into an environment of its own; returns the command."""
    os.environ |= {"UV_TOOL_DIR": str(room / "tools"), "UV_TOOL_BIN_DIR": str(room / "bin")}
    measured_projects.measure(
        room, "uv", "tool", "install", "--quiet", "--compile-bytecode", "--with", "jinja2-ansible-filters<2",
        "cookiecutter>=2.6,<3",
    )  # fmt: skip
    os.environ["COOKIECUTTER_CONFIG"] = str(room / "settings.yaml")
    settings = {"cookiecutters_dir": str(room / "cookiecutters"), "replay_dir": str(room / "replay")}
    (room / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return str(room / "bin/cookiecutter")


def ways(room: Path, answers: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Returns a command for each way; `TARGET` in it is the folder to write."""
    ours, tagged = templates.folder(room / "ours"), templates.repository(room / "tagged")
    values = templates.make(ours, room / "p", **answers)
    project = templates.files(room / "p")
    values |= {"_copier_conf": {"answers_file": ANSWERS}, "_copier_answers": yaml.safe_load(project[ANSWERS])}
    (room / "values.json").write_text(json.dumps(values, default=str), encoding="utf-8")
    cookie.translate(ours / "template", values, project[ANSWERS].decode(), room / "cookie")
    copy = (str(Path(sys.executable).with_name("copier")), "copy", "--quiet", "--defaults")
    data = [word for key, value in answers.items() for word in ("--data", f"{key}={value}")]
    floor = str(Path(__file__).with_name("floor.py"))
    return {
        OURS: (*copy, *data, str(ours), "TARGET"),
        "the template, from its git repository": (*copy, *data, str(tagged), "TARGET"),
        "Python and Jinja2 alone": (sys.executable, floor, str(ours / "template"), str(room / "values.json"), "TARGET"),
        "Copier, plain files": (*copy, str(plain(room / "p", room / "plain")), "TARGET"),
        "cookiecutter": (cookiecutter(room), "--no-input", "--output-dir", "TARGET", str(room / "cookie")),
    }


def run(command: tuple[str, ...], expected: dict[str, bytes]) -> float:
    """Runs one way; returns the seconds.

    Raises:
        SystemExit: It wrote other files than expected.
    """
    with tempfile.TemporaryDirectory() as parent:
        target = Path(parent) / "made"
        seconds = measured_projects.measure(
            Path(parent), *(str(target) if word == "TARGET" else word for word in command)
        ).seconds
        (made,) = [target] if (target / ANSWERS).is_file() else target.iterdir()
        found = templates.files(made)
        differing = sorted(
            name for name in found.keys() | expected.keys() if name != ANSWERS and found.get(name) != expected.get(name)
        )
        if differing or found.keys() != expected.keys():
            sys.exit(f"{command[0]} wrote other files than the template: {differing}")
    return seconds


def main() -> None:
    """Prints a Markdown table."""
    answers = dict(word.split("=", 1) for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as parent:
        commands = ways(Path(parent), answers)
        expected = templates.files(Path(parent) / "p")
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(TIMES + 1):
            for name, command in commands.items():
                seconds = run(command, expected)
                taken[name] += [seconds] if turn else []  # the first writes bytecode
    sys.stdout.write(
        f"{len(expected)} files, median of {TIMES}.\n\n| way | s | first line divided by it |\n|---|---:|---:|\n"
    )
    for name, times in taken.items():
        ratio = statistics.median(ours / other for ours, other in zip(taken[OURS], times, strict=True))
        sys.stdout.write(f"| {name} | {statistics.median(times):.2f} | {ratio:.2f} |\n")


if __name__ == "__main__":
    main()
