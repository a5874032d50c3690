"""The move behind the fence, by the list that 0.7.0 ships: edits, own code and reformatted code of older projects."""

import functools
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from release import archive, move_list
from release.template import Template
from support import import_resolver
from support.guard_modules import Merged, merged, rows, write

Files = dict[str, str]
Side = tuple[Files, set[str]]  # texts, and the paths that are the project's own
PACKAGE = "churn_model"
ROOT = f"src/{PACKAGE}"
LIST = (archive.ROOT / archive.MOVES / "0.7.0.yaml").read_text(encoding="utf-8")
LISTED = move_list.parsed(LIST)
MARK = re.compile(r'"mark \w+"')
RELEASES = {str(version): path for version, path in archive.released().items()}
# Modules that move, that were taken apart, and whose rest stays, each with a function that is edited; none: appended.
MOVE = [
    "artifact",
    "data_docs",
    "leakage",
    "lineage",
    "paths",
    "plots",
    "slices",
    "source",
    "suite",
    "usage",
    "tracking",
]
SPLIT = {
    "contract": "load",
    "evaluate": "report",
    "features": "frame",
    "gates": "enforce",
    "metrics": "predict",
    "model": "save",
    "registry": "promote",
    "split": "held_out",
    "stage": "write",
    "train": "fit",
    "validate": "judge",
}
CONTRACT = '''"""The contract: what a row of the data is. Yours to edit; `infer` wrote it from houses.csv."""

from typing import Annotated

from pydantic import BaseModel, Field

from .roles import Id, Target

# Columns of the source that are not read, and why.
LEFT_OUT: dict[str, str] = {}


class Row(BaseModel):
    """One row of houses.csv."""

    house: Annotated[str, Id()]
    rooms: Annotated[int, Field(ge=1, le=9)]
    price: Annotated[float, Target()]
'''
PRICING = '''"""Own."""

from . import project
from .mlops.contract import frame
from .mlops.models import prediction
from .mlops.core import runner
from .mlops.evaluation.gates import Gate
from .mlops.core.params import load
from .mlops.core.errors import Refusal
from .mlops.core.atomic import write
from churn_model.mlops.models import persistence
from churn_model.stages import train


def main() -> None:
    """Prices."""
    runner.run(main)
    frame.feature_frame(1, project.contract())
    prediction.encode_labels(2, persistence.load(3, ""))
'''
OWN = {
    f"{ROOT}/pricing.py": '''"""Own."""

from . import contract, features, metrics, stage
from .gates import Gate
from .params import load
from .stage import Refusal, write
from churn_model import model, train


def main() -> None:
    """Prices."""
    stage.run(main)
    features.frame(1, contract.load())
    metrics.codes(2, model.load(3, ""))
''',
    "tests/unit/test_own.py": "from churn_model import stage\n\n\ndef test_own(monkeypatch):\n"
    '    monkeypatch.setattr(stage, "run", 1)\n',
    "own/ci.yml": "run: python -m churn_model.registry promote\npaths:\n  - src/churn_model/params.py\n",
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Side]:
    """Renders a release, or the working tree, in memory."""

    @functools.cache
    def template(version: str) -> Template:
        return Template(archive.unpacked(RELEASES.get(version, archive.ROOT), tmp_path_factory.mktemp("template")))

    @functools.cache
    def once(version: str, maturity: str) -> Side:
        made = template(version).rendering({"maturity": maturity} if "maturity" in template(version).asked else {})
        texts = {path: made.text(path) for path in made.sources if path != ".copier-answers.yml"}
        return texts, {path for path in made.sources if made.written_once(path)}

    return once


def mark(name: str) -> str:
    """Returns a definition that a person added."""
    return f'\n\ndef own_{name}() -> str:\n    """Mine."""\n    return "mark {name}"\n'


def edited(files: Files) -> Files:
    """Appends a function to modules that move, and edits one in modules that were taken apart."""
    edited = {
        f"{ROOT}/{name}.py": files[f"{ROOT}/{name}.py"] + mark(name) for name in MOVE if f"{ROOT}/{name}.py" in files
    }
    for name, function in SPLIT.items():
        pattern = rf'(?s)(\ndef {function}\([^\n]*?\) -> [^\n]*:\n    """.*?"""\n)'
        text, count = re.subn(pattern, rf'\1    log("mark {name}")\n', files.get(f"{ROOT}/{name}.py", ""), count=1)
        edited |= {f"{ROOT}/{name}.py": text} if count else {}
    return files | edited


def check(done: Merged, ours: Files, new: Files) -> None:
    """Demands that each edit is in a file that is used, or in one that a person is told about; that imports lead on."""
    edits = {path: found[0] for path, text in ours.items() if (found := MARK.findall(text))}
    assert len(edits) >= 12
    for path, line in edits.items():
        there = {name for name, text in done.files.items() if line in text}
        places = {place.replace("{package}", PACKAGE) for place in LISTED.places(path.replace(PACKAGE, "{package}"))}
        assert there, f"{line} of {path} is nowhere"
        assert there <= (places or {path}) | ({path} & done.person), (
            f"{line} of {path} is in {there}: {done.said(path)}"
        )
    assert done.merge.stages.keys() <= done.person
    resolved = {path: new[path] if path in done.merge.stages else text for path, text in done.files.items()}
    assert set(import_resolver.unresolved(resolved, PACKAGE)) <= set(import_resolver.unresolved(new, PACKAGE))


def follows(done: Merged) -> None:
    """Demands that own code names the new modules."""
    assert done.files[f"{ROOT}/pricing.py"] == PRICING
    assert done.files["tests/unit/test_own.py"].startswith("from churn_model.mlops.core import runner\n")
    assert '(runner, "run", 1)' in done.files["tests/unit/test_own.py"]
    assert done.files["own/ci.yml"] == (
        "run: python -m churn_model.commands.registry promote\npaths:\n  - src/churn_model/mlops/core/params.py\n"
    )
    assert not done.person & OWN.keys()


@pytest.mark.parametrize("version", RELEASES)
def test_a_project_that_changed_only_its_own_data_needs_no_person(
    version: str, rendered: Callable[..., Side], tmp_path: Path
) -> None:
    (base, own), (new, owned) = rendered(version, "starter"), rendered("", "starter")
    mine = {f"{ROOT}/schema.py": CONTRACT, f"{ROOT}/expectations.py": base[f"{ROOT}/expectations.py"] + "# mine\n"}
    done = merged(tmp_path / "m", base, new, base | mine, rows(LIST), own | owned)
    assert done.person == set()
    assert done.files == new | mine


@pytest.mark.parametrize(("version", "maturity"), [("0.1.0", "starter"), ("0.6.0", "starter"), ("0.6.0", "advanced")])
def test_edits_and_own_code_follow(version: str, maturity: str, rendered: Callable[..., Side], tmp_path: Path) -> None:
    (base, own), (new, owned) = rendered(version, maturity), rendered("", maturity)
    ours = edited(base | {f"{ROOT}/schema.py": CONTRACT}) | OWN
    done = merged(tmp_path / "m", base, new, ours, rows(LIST), own | owned)
    check(done, ours, new)
    follows(done)
    assert done.files[f"{ROOT}/schema.py"] == CONTRACT
    assert '"mark gates"' in done.files[f"{ROOT}/mlops/evaluation/enforcement.py"]
    assert done.files[f"{ROOT}/gates.py"] == new[f"{ROOT}/gates.py"]


def formatted(files: Files, folder: Path) -> Files:
    """Formats the Python as a team that has another line length does."""
    folder = write(folder, {path: text for path, text in files.items() if path.endswith(".py")})
    command = ("ruff", "format", "--quiet", "--isolated", "--no-cache", "--line-length", "88", str(folder))
    subprocess.run(command, check=True)  # noqa: S603
    return files | {path: (folder / path).read_text(encoding="utf-8") for path in files if path.endswith(".py")}


def test_a_project_that_reformatted_all_code(rendered: Callable[..., Side], tmp_path: Path) -> None:
    """The guard gives both versions the project's layout first."""
    (base, own), (new, owned) = rendered("0.6.0", "starter"), rendered("", "starter")
    sides = {"base": base, "new": new, "ours": edited(base)}
    base, new, ours = (formatted(files, tmp_path / name) for name, files in sides.items())
    done = merged(tmp_path / "m", base, new, ours, rows(LIST), own | owned)
    check(done, ours, new)
    untouched = {path for path in new if path not in done.person and ours.get(path) == base.get(path)}
    assert {
        path for path in untouched if done.files.get(path) != new[path] and '"mark ' not in done.files[path]
    } == set()


def test_what_a_starter_no_longer_has_stays_where_a_team_edited_it(
    rendered: Callable[..., Side], tmp_path: Path
) -> None:
    (base, own), (new, owned) = rendered("0.6.0", "starter"), rendered("", "starter")
    gone = [f"{ROOT}/{name}.py" for name in ("cost", "audit_report", "budget", "licences")]
    mine = {path: base[path] + "# mine\n" for path in gone[:2]}
    done = merged(tmp_path / "m", base, new, base | mine, rows(LIST), own | owned)
    assert done.person == {*mine}
    assert all("your file stays, and nothing of the template uses it any more" in done.said(path) for path in mine)
    assert done.files.keys() == {*new, *mine}
    assert all(done.files[path].endswith("# mine\n") for path in mine)
