"""Governance that can be read: every file has an owner, no line of the owners is stale, pages name files that exist."""

import functools
import json
import re
import runpy
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from pathspec import GitIgnoreSpec
from release.answers import projects
from release.template import Rendering, Template
from support.import_resolver import Resolver
from support.rendered_project import ROOT

PAGES = ("docs/governance.md", "docs/threat-model.md", "docs/record-keeping.md", "SECURITY.md")
# What a project has only after a run, a sync, a delivery, or by hand.
MADE = {
    ".env",
    "MODEL_CARD.md",
    "audit.jsonl",
    "data/",
    "deploy/deliveries.jsonl",
    "metrics.json",
    "mlflow.db",
    "uv.lock",
}
MADE |= {"deploy/terraform/"}
REPORTS = re.compile(r"reports/(budget\.json|cost|evaluation\.json|validation\.json|licences\.md|monitoring/)")
GATES = (
    "params.yaml",
    "dvc.yaml",
    "src/churn_model/schema.py",
    "src/churn_model/gates.py",
    "src/churn_model/metrics.py",
    "src/churn_model/mlops/evaluation/gates.py",
    "tests/model/test_fairness.py",
)
# What decides whether a model is let through, and may replace the champion: files and folders of the package.
DECIDING = (
    "stages/validate.py",
    "stages/evaluate.py",
    "stages/budget.py",
    "stages/register.py",
    "commands/evidence.py",
    "mlops/evaluation/",
    "mlops/promotion/",
    "mlops/retraining/",
    "mlops/delivery/",
)
# Reached, and of those who make the model: both are what is judged. They make a model, and pass no verdict on one.
JUDGED = ("src/churn_model/features.py", "src/churn_model/model.py")
MAKERS = "/data-scientists"


@pytest.fixture(scope="module")
def pairs(in_memory: Template) -> list[Rendering]:
    """Few projects in which every two answers to two questions meet; those with the default names."""
    chosen = [found for found in projects(in_memory) if found.answers["package_name"] == "churn_model"]
    return chosen or [in_memory.rendering({}), in_memory.rendering({"maturity": "intermediate"})]


def rules(project: Rendering) -> list[tuple[GitIgnoreSpec, str, list[str]]]:
    """The lines of CODEOWNERS: a matcher, the pattern, the owners."""
    return parsed(project.text(".github/CODEOWNERS"))


@functools.cache
def parsed(text: str) -> list[tuple[GitIgnoreSpec, str, list[str]]]:
    """The lines of a text; it is parsed once, not for each file whose owners are looked up."""
    lines = [line.split() for line in text.splitlines() if line and line[0] != "#"]
    return [(GitIgnoreSpec.from_lines([pattern]), pattern, owners) for pattern, *owners in lines]


def owners(project: Rendering, file: str) -> list[str]:
    """Who owns a file: the last line that fits counts."""
    return [who for spec, _, who in rules(project) if spec.match_file(file)][-1]


@pytest.mark.capability("owners of the code", kind="static")
def test_nothing_is_unowned_and_no_line_is_stale(pairs: list[Rendering]) -> None:
    fitting: set[str] = set()
    for project in pairs:
        lines = rules(project)
        for file in (*project.sources, "audit.jsonl"):
            mine = {pattern: who for spec, pattern, who in lines if spec.match_file(file)}
            assert mine, file
            assert list(mine.values())[-1], file
            fitting |= mine.keys()
    assert {pattern for _, pattern, _ in rules(pairs[0])} == fitting


def test_owners_are_teams_of_the_owner(in_memory: Template) -> None:
    project = in_memory.rendering({"github_owner": "acme"})
    teams = {f"@acme/{team}" for team in ("ml-engineers", "data-scientists", "platform")}
    assert {who for _, _, names in rules(project) for who in names} == teams


def test_who_makes_a_model_does_not_loosen_its_gates(in_memory: Template) -> None:
    project = in_memory.rendering({})
    for file in (*GATES, ".github/workflows/ci.yml", ".github/CODEOWNERS", "pyproject.toml"):
        assert not [who for who in owners(project, file) if who.endswith(MAKERS)], file
    assert [who for who in owners(project, "src/churn_model/features.py") if who.endswith(MAKERS)]


@pytest.fixture(scope="module")
def deciding(in_memory: Template) -> tuple[Rendering, dict[str, str]]:
    """An advanced project, and each module that what decides in it imports, with the module that led there."""
    project = in_memory.rendering({"maturity": "advanced"})
    resolver = Resolver({name: project.text(name) for name in project.sources if name.endswith(".py")}, "churn_model")
    starts: list[str] = []
    for place in DECIDING:
        inside = [path for path in resolver.trees if path.startswith(f"src/churn_model/{place}")]
        assert inside, f"{place} is not there"
        starts += inside
    return project, resolver.reached(starts, closed=JUDGED)


def given_away(text: str, reached: dict[str, str]) -> list[str]:
    """Which of some modules those who make the model may approve alone, by a CODEOWNERS."""
    lines = parsed(text)
    last = {path: [who for spec, _, who in lines if spec.match_file(path)][-1] for path in reached}
    return [
        f"{path}, imported by {reached[path]}"
        for path, who in sorted(last.items())
        if path not in JUDGED and any(name.endswith(MAKERS) for name in who)
    ]


@pytest.mark.capability("owners of the code", kind="static")
def test_who_makes_a_model_approves_nothing_that_decides_on_it(deciding: tuple[Rendering, dict[str, str]]) -> None:
    project, reached = deciding
    assert given_away(project.text(".github/CODEOWNERS"), reached) == []
    rooms = {path.split("/")[3] for path in reached if path.startswith("src/churn_model/mlops/")}
    assert {"contract", "core", "evaluation", "governance", "models", "serving", "tracking", "validation"} <= rooms
    for path in (*JUDGED, "src/churn_model/__init__.py", "src/churn_model/gates.py", "src/churn_model/project.py"):
        assert path in reached, "the walk does not see what it must judge"


@pytest.mark.parametrize(
    ("pattern", "module"),
    [
        ("/src/churn_model/gates.py", "src/churn_model/gates.py"),
        ("/src/churn_model/metrics.py", "src/churn_model/metrics.py"),
        ("/src/churn_model/project.py", "src/churn_model/project.py"),
        ("/src/churn_model/roles.py", "src/churn_model/roles.py"),
        ("/src/churn_model/stages/", "src/churn_model/stages/evaluate.py"),
        ("/src/churn_model/mlops/", "src/churn_model/mlops/evaluation/champion.py"),
        ("/src/churn_model/__init__.py", "src/churn_model/__init__.py"),
    ],
)
def test_an_owner_that_is_lost_is_noticed(
    pattern: str, module: str, deciding: tuple[Rendering, dict[str, str]]
) -> None:
    """Without its line a module falls to those who own the package."""
    project, reached = deciding
    lines = project.text(".github/CODEOWNERS").splitlines()
    kept = [line for line in lines if not line.startswith(f"{pattern} ")]
    assert len(kept) == len(lines) - 1
    assert module in [line.split(",")[0] for line in given_away("\n".join(kept), reached)]
    added = f"/{module} @example-org/data-scientists @example-org/ml-engineers"
    assert given_away("\n".join([*lines, added]), reached) == [f"{module}, imported by {reached[module]}"]


def test_governed_paths_are_those_of_the_owners(
    in_memory: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make check` asks an edited CODEOWNERS for is what a new one has, and a missing path is said."""
    script = runpy.run_path(str(ROOT / "template/tools/governed_paths.py"))
    text = in_memory.rendering({}).text(".github/CODEOWNERS")
    patterns = [line.split()[0].replace("churn_model", "*") for line in text.splitlines() if line and line[0] != "#"]
    assert sorted(script["GOVERNED"]) == sorted(set(patterns) - {"*", "/src/", "/tests/", "/docs/", "/README.md"})
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github").mkdir()
    for written, said in (
        (text, ""),
        (text.replace("@example-org/", "@acme/"), ""),
        (text.replace("/prices.yaml ", "# nobody: /prices.yaml "), ""),
        (text.replace("/prices.yaml", "/other"), "names no owner of /prices.yaml: add a line `/prices.yaml @TEAM`"),
        (text.replace("/gates.py", "/other.py"), "names no owner of /src/*/gates.py"),
    ):
        (tmp_path / ".github/CODEOWNERS").write_text(written, encoding="utf-8")
        assert script["main"]() == 0
        found = capsys.readouterr().err
        assert said in found
        assert bool(said) == bool(found)
    (tmp_path / ".github/CODEOWNERS").unlink()
    assert script["main"]() == 1


def test_conflict_markers_are_refused_by_a_hook(in_memory: Template) -> None:
    """By pre-commit's own search, which `make check` and CI run on all files."""
    hooks = yaml.safe_load(in_memory.rendering({}).text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    (hook,) = (hook for hook in hooks if hook["id"] == "conflict-markers")
    assert (hook["language"], hook["types"]) == ("pygrep", ["text"])
    for line, wrong in (
        ("<<<<<<< yours", True),
        (">>>>>>> template-2.0.0", True),
        ("<<<<<<<", False),
        ("=======", False),
    ):
        assert bool(re.search(hook["entry"], line)) is wrong
    assert not [
        name for name in in_memory.usual.sources if re.search(f"(?m){hook['entry']}", in_memory.usual.text(name))
    ]


def test_outputs_of_notebooks_are_refused_by_a_hook(in_memory: Template) -> None:
    hooks = yaml.safe_load(in_memory.rendering({}).text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    (hook,) = (hook for hook in hooks if hook["id"] == "notebooks")
    assert hook["language"] == "pygrep"
    assert re.search(hook["files"], "notebooks/a.ipynb") and not re.search(hook["files"], "notebooks/explore.py")
    cell = {"cell_type": "code", "source": ["1 + 1"], "outputs": [{"output_type": "execute_result", "data": {}}]}
    assert any(re.search(hook["entry"], line) for line in json.dumps({"cells": [cell]}, indent=1).splitlines())
    cell["outputs"] = []
    assert not re.search(hook["entry"], json.dumps({"cells": [cell]}, indent=1))


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_files_that_there_are(page: str, pairs: list[Rendering]) -> None:
    known = {file for project in pairs for file in project.sources} | MADE
    text = next(project.text(page) for project in pairs if page in project.sources)
    named = re.findall(r"`([\w.*-]+(?:/[\w.*-]*)+|[\w-]+\.(?:md|json|jsonl|yaml|lock|toml|py))`", text)
    for name in named:
        fits = any(fnmatch(file, f"{name}*" if name.endswith("/") else name) for file in known)
        assert fits or REPORTS.match(name) or any(fnmatch(file, f"*/{name}") for file in known), name


@pytest.mark.capability("no secrets in the repository", kind="static")
def test_no_rendered_file_looks_like_a_secret(pairs: list[Rendering], in_memory: Template, tmp_path: Path) -> None:
    """Else `make check` of a new project would be a false alarm; that a secret is found is tested elsewhere."""
    advanced = [in_memory.rendering({"maturity": "advanced", "cloud": cloud}) for cloud in ("aws", "gcp", "azure")]
    texts = {text: name for project in (*pairs, *advanced) for name in project.sources for text in [project.text(name)]}
    for number, (text, name) in enumerate(texts.items()):
        path = tmp_path / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    hooks = yaml.safe_load(pairs[0].text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    (entry,) = (hook["entry"].removeprefix("uv run ").split() for hook in hooks if hook["id"] == "secrets")
    paths = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    command = [Path(sys.executable).with_name(entry[0]), *entry[1:], *paths]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
    (pattern,) = (re.compile(hook["entry"].encode()) for hook in hooks if hook["id"] == "tokens")
    lines = [(path, line) for path in paths for line in (tmp_path / path).read_bytes().splitlines()]
    assert [found for found in lines if pattern.search(found[1])] == []
    assert len(paths) > 150


def test_pages_claim_no_compliance() -> None:
    text = next((ROOT / "template/docs").glob("*record-keeping.md*")).read_text(encoding="utf-8")
    assert text.splitlines()[2].startswith("This page claims no compliance")
    rest = text.split("\n", 3)[3]
    assert not re.search(r"\b(complian|conform|certif|fulfil)", rest.replace("nonconformity", ""))
