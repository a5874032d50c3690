"""What a rendered project consists of: the exact files, plain and legal, the same wherever it is rendered from."""

import ast
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
import yaml
from release import answers
from release.answers import projects
from release.template import ANSWERS_FILE, Rendering, Template
from support.expected_files import ADDED, contents, expected
from support.rendered_project import ASKED, QUESTIONS, ROOT, render, write

TEMPLATE = ROOT / "template"
PACKAGE = "src/churn_model/"
# The only files in which Jinja may branch.
SEAMS = {
    "pyproject.toml.jinja",
    "README.md.jinja",
    "dvc.yaml.jinja",
    "params.yaml.jinja",
    ".env.example.jinja",
    ".pre-commit-config.yaml.jinja",
}
PAGES = ("docs/model-card.md.j2", "docs/report.html.j2")  # Jinja2 pages of the project, not of the template
WINDOWS_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
MOST_FILES, MORE = {False: 315, True: 438}, 50  # whether it serves or monitors; for each of cloud, Kubernetes, Ray
FEATURES = 20  # for the feature store


@pytest.fixture(scope="module")
def rendered(files_of: Callable[..., Path]) -> Path:
    """The default project."""
    return files_of()


@pytest.fixture(scope="module")
def pairs(in_memory: Template) -> tuple[Rendering, ...]:
    """Few projects in which every two answers to two questions meet."""
    return projects(in_memory)


@pytest.mark.capability("rendering")
def test_the_exact_files_of_every_pair_of_options(pairs: tuple[Rendering, ...]) -> None:
    for project in pairs:
        chosen = project.worker.answers.combined
        assert sorted(project.sources) == expected(chosen), project.answers
        further = MORE * (chosen["on_kubernetes"] + (chosen["on_cloud"] != "none") + chosen["scales"])
        further += FEATURES * chosen["stores_features"]
        assert len(project.sources) <= MOST_FILES[chosen["serves"] or chosen["monitors"]] + further


def test_every_option_is_among_the_pairs(pairs: tuple[Rendering, ...], in_memory: Template) -> None:
    given = [project.worker.answers.combined for project in pairs]
    for name in ASKED:
        assert {*answers.choices(in_memory, name)} <= {answer[name] for answer in given}
    for wanted in ADDED:
        assert any(all(answer[name] == to for name, to in wanted) for answer in given), wanted


def test_copier_writes_the_same_as_is_rendered_in_memory(pairs: tuple[Rendering, ...], tmp_path: Path) -> None:
    for number, project in enumerate((pairs[0], pairs[-1])):
        given = {name: answer for name, answer in project.answers.items() if name in ASKED}
        texts = {name: project.text(name).encode() for name in project.sources if name != ANSWERS_FILE}
        copied, written = render(tmp_path / str(number), **given), write(project, tmp_path / f"{number}-written")
        assert contents(copied) == contents(written) == texts
        runnable = [{name for name in texts if (folder / name).stat().st_mode & 0o100} for folder in (copied, written)]
        assert runnable[0] == runnable[1]


def test_no_braces_are_left(pairs: tuple[Rendering, ...]) -> None:
    known = "|".join([*(name for name in QUESTIONS if not name.startswith("_")), "_copier_"])
    for project in pairs:
        for name in (name for name in project.sources if name not in PAGES):
            # GitHub's expressions have a dollar; Python's texts, Prometheus, Grafana and Argo have braces of their own.
            braced = name.endswith(".py") or name.startswith(("deploy/prometheus/", "deploy/grafana/", "deploy/k8s/"))
            expression = rf"\{{\{{ *(?:{known})" if braced else r"(?<!\$)\{\{(?!\{).*?\}\}"
            left = re.findall(rf"{expression}|\{{%|\{{#.*?#\}}", project.text(name))
            assert not left, f"{name}: {left}"
            assert not re.search("[{}]", name)


@pytest.mark.capability("rendering", kind="static")
def test_names_are_legal_everywhere(pairs: tuple[Rendering, ...]) -> None:
    for project in pairs:
        assert len({name.lower() for name in project.sources}) == len(project.sources)
    for name in {name for project in pairs for name in project.sources}:
        for part in Path(name).parts:
            assert not set(part) & set('<>:"|?*\\'), name
            assert part.split(".")[0].lower() not in WINDOWS_RESERVED, name
            assert not part.endswith((" ", ".")), name
            assert part.isascii(), name
            assert part.isprintable(), name
        assert len(name) < 100
    for path in TEMPLATE.rglob("*"):
        assert not set(path.name) & set('<>:"|?*\\'), path


def test_nothing_rendered_is_ignored_by_git(rendered: Path, pairs: tuple[Rendering, ...]) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=rendered, check=True)  # noqa: S607
    done = subprocess.run(
        ["git", "check-ignore", "--stdin"],  # noqa: S607
        cwd=rendered,
        input="\n".join(sorted({name for project in pairs for name in project.sources})),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_branches_stand_in_seams_only_are_few_and_not_nested() -> None:
    lines = branching = 0
    for path in TEMPLATE.rglob("*"):
        if (
            not path.is_file()
            or path.suffix == ".pyc"
            or "LICENSE" in path.name
            or path.relative_to(TEMPLATE).as_posix() in PAGES
        ):
            continue
        text = path.read_text(encoding="utf-8").splitlines()
        control = [line for line in text if "{%" in line]
        assert not control or path.name in SEAMS, path
        depth = 0
        for word in re.findall(r"\{%-? *(\w+)", "\n".join(control)):
            assert word in {"if", "else", "endif"}, f"{path}: {word}"
            depth += {"if": 1, "else": 0, "endif": -1}[word]
            assert depth <= 1, f"{path}: a branch in a branch"
        lines, branching = lines + len(text), branching + len(control)
    assert branching < 0.03 * lines


def test_expressions_stand_in_rendered_files_only() -> None:
    known = "|".join([*(name for name in QUESTIONS if not name.startswith("_")), "_copier_"])
    for path in TEMPLATE.rglob("*"):
        if path.is_file() and path.suffix not in {".jinja", ".pyc"}:
            assert not re.search(rf"\{{\{{-? *(?:{known})", path.read_text(encoding="utf-8")), f"{path} is not rendered"


@pytest.mark.parametrize("which", [0, -1])
def test_a_second_render_is_identical_and_a_plain_folder_will_do(
    which: int, pairs: tuple[Rendering, ...], tmp_path: Path
) -> None:
    given = {name: answer for name, answer in pairs[which].answers.items() if name in ASKED}
    first, again = render(tmp_path / "first", **given), render(tmp_path / "again", **given)
    plain = tmp_path / "template"
    shutil.copytree(TEMPLATE, plain / "template")
    shutil.copy(ROOT / "copier.yml", plain)
    shutil.copytree(ROOT / "hooks/questions", plain / "hooks/questions")
    copier.run_copy(str(plain), tmp_path / "from-plain", data=given, defaults=True, quiet=True, unsafe=False)
    assert contents(again) == contents(first)
    assert contents(tmp_path / "from-plain") == contents(first)


@pytest.mark.capability("zero trust", kind="static")
def test_zero_trust() -> None:
    settings = (ROOT / "copier.yml").read_text(encoding="utf-8")
    for unsafe in ("_tasks", "_jinja_extensions", "_migrations", "_external_data"):
        assert unsafe not in settings
    for path in TEMPLATE.rglob("*.jinja"):
        assert not re.search(r"\{\{[^}]*(\bnow\(|\| *(random|shuffle))", path.read_text(encoding="utf-8")), path


def test_what_infer_takes_for_the_sample_is_what_is_rendered(in_memory: Template) -> None:
    project = in_memory.rendering()
    module = project.text(f"{PACKAGE}mlops/schema_inference/overwriting/unsaved.py")
    contract = project.text(f"{PACKAGE}schema.py").encode()
    assert f'SCHEMA = "{hashlib.sha256(contract).hexdigest()}"' in module
    values = re.search(r"^VALUES.*? = (\{.*?^\})", module, re.M | re.S)
    assert values
    sample = ast.literal_eval(values[1].replace('f"src/{PACKAGE}/', f'"{PACKAGE}'))
    settings = yaml.safe_load(project.text("params.yaml"))
    rendered = {f"{name}.{key}": value for name, section in settings.items() for key, value in section.items()}
    assert sample.items() <= {key: rendered[key] for key in sample}.items()
