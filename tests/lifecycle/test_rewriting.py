"""Imports, module names and paths follow a list of moves; everything else in a file keeps its bytes."""

import ast
import json

import pytest
from support.guard_modules import rows

from rewriting import kinds  # isort: skip
from rewriting.names import Names, relative  # isort: skip

LIST = """
moves:
  src/{package}/train.py: src/{package}/stages/train.py
  src/{package}/roles.py: src/{package}/data/roles.py
  src/{package}/schema.py: src/{package}/data/schema.py
  src/{package}/monitor/__init__.py: src/{package}/mlops/monitoring/__init__.py
  src/{package}/monitor/__main__.py: src/{package}/mlops/monitoring/__main__.py
  src/{package}/monitor/draw.py: src/{package}/mlops/monitoring/sampling.py
  src/{package}/audit.py: src/{package}/mlops/audit_log.py
  src/{package}/audit_report.py: src/{package}/mlops/audit_report.py
  docs/governance.md: docs/explanation/governance.md
splits:
  src/{package}/files.py:
    src/{package}/core/atomic.py: [write, replacing]
    src/{package}/core/rows.py: [count, {hold: compare}]
  src/{package}/model.py:
    src/{package}/core/persistence.py: [save, load]
  src/{package}/audit.py:
    src/{package}/commands/audit.py: [main]
"""
NEW = ("core/atomic.py", "core/rows.py", "core/persistence.py", "commands/audit.py", "model.py", "features.py")
LIVING = {f"src/churn_model/{name}" for name in (*NEW, "own.py", "monitor/mine.py", "__init__.py")}
NAMES = Names(rows(LIST).filled(), LIVING)
OWN = "src/churn_model/own.py"


def rewritten(text: str, path: str = OWN, new: str | None = None) -> str:
    """Rewrites a file that follows completely."""
    done = kinds.rewrite(text, (path, new or path), NAMES)
    assert not done.manual, done.manual
    return done.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from .train import fit  # why\n", "from .stages.train import fit  # why\n"),
        ("from  .train  import(fit,\n  other)\n", "from  .stages.train  import(fit,\n  other)\n"),
        ("from . import train\n", "from .stages import train\n"),
        ("from churn_model import train as t\n", "from churn_model.stages import train as t\n"),
        ("from .monitor import draw\n", "from .mlops.monitoring import sampling as draw\n"),
        ("from .monitor import draw as d, LIMIT\n", "from .mlops.monitoring import sampling as d, LIMIT\n"),
        ("from .monitor.draw import rows\n", "from .mlops.monitoring.sampling import rows\n"),
        ("from .monitor.mine import x\n", "from .monitor.mine import x\n"),
        ("from .features import frame\n", "from .features import frame\n"),
        ("import churn_model.train as t, os\n", "import churn_model.stages.train as t, os\n"),
        (
            "import churn_model.train\nchurn_model.train.fit(churn_model.features)\n",
            "import churn_model.stages.train\nchurn_model.stages.train.fit(churn_model.features)\n",
        ),
        ("from .files import write\n", "from .core.atomic import write\n"),
        ("from .files import hold\nhold(1)\n", "from .core.rows import compare as hold\nhold(1)\n"),
        (
            "from .files import write, count\r\nx = 1\r\n",
            "from .core.atomic import write\r\nfrom .core.rows import count\r\nx = 1\r\n",
        ),
        (
            "if a: from .files import write, count\n",
            "if a: from .core.atomic import write; from .core.rows import count\n",
        ),
        ("from .files import *\n", "from .core.atomic import *\nfrom .core.rows import *\n"),
        (
            "def f():\n    from . import (\n        features,  # stays\n        train,  # goes\n    )\n",
            "def f():\n    from . import (\n        features,  # stays\n        # goes\n    )\n"
            "    from .stages import train\n",
        ),
        (
            "from . import features, train, model\n",
            "from . import features, model\nfrom .stages import train\n",
        ),
        ("from .model import build, save\n", "from .model import build\nfrom .core.persistence import save\n"),
        (
            "from . import files\nfiles.write(a, files.hold)\n",
            "from .core import atomic, rows\natomic.write(a, rows.compare)\n",
        ),
        (
            "from . import files\nrows = files.count()\n",
            "from .core import rows as files_rows\nrows = files_rows.count()\n",
        ),
        (
            "from . import model\nmodel.build(); model.load()\n",
            "from . import model\nfrom .core import persistence\nmodel.build(); persistence.load()\n",
        ),
        ("from . import model\nmodel.build()\n", "from . import model\nmodel.build()\n"),
        (
            'from churn_model import files\nmonkeypatch.setattr(files, "count", len)\n',
            'from churn_model.core import rows\nmonkeypatch.setattr(rows, "count", len)\n',
        ),
        ('patch("churn_model.files.write")\n', 'patch("churn_model.core.atomic.write")\n'),
        ('run(["python", "-m", "churn_model.audit"])\n', 'run(["python", "-m", "churn_model.commands.audit"])\n'),
        ('run(["python", "-m", "churn_model.monitor"])\n', 'run(["python", "-m", "churn_model.mlops.monitoring"])\n'),
        (
            "from .audit import main, entries\n",
            "from .commands.audit import main\nfrom .mlops.audit_log import entries\n",
        ),
        ('X = "ä"; from .train import fit\n', 'X = "ä"; from .stages.train import fit\n'),
        ('f = f"{name} src/churn_model/train.py"\n', 'f = f"{name} src/churn_model/stages/train.py"\n'),
        ("# see src/churn_model/train.py.\n", "# see src/churn_model/stages/train.py.\n"),
        ("churn_model = load()\nchurn_model.train(x)\n", "churn_model = load()\nchurn_model.train(x)\n"),
    ],
)
def test_python(old: str, new: str) -> None:
    assert rewritten(old) == new
    ast.parse(new)
    assert rewritten(new) == new  # what followed does not follow again


@pytest.mark.parametrize(
    ("path", "new", "old_text", "text"),
    [
        ("schema.py", "data/schema.py", "from .roles import Id\n", "from .roles import Id\n"),
        ("schema.py", "data/schema.py", "from .own import x\n", "from ..own import x\n"),
        ("monitor/mine.py", "", "from . import draw\n", "from ..mlops.monitoring import sampling as draw\n"),
        ("monitor/mine.py", "", "from ..roles import Id\n", "from ..data.roles import Id\n"),
    ],
)
def test_relative_imports_follow_the_file(path: str, new: str, old_text: str, text: str) -> None:
    root = "src/churn_model"
    assert rewritten(old_text, f"{root}/{path}", f"{root}/{new or path}") == text


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("Makefile", "x:\n\tpython -m churn_model.train $(A)\n", "x:\n\tpython -m churn_model.stages.train $(A)\n"),
        ("Makefile", "x:\n\tpython -m churn_model.audit\n", "x:\n\tpython -m churn_model.commands.audit\n"),
        ("dvc.yaml", "  - src/churn_model/train.py\n", "  - src/churn_model/stages/train.py\n"),
        (
            "dvc.yaml",
            "deps:\n  - src/churn_model/files.py # io\n",
            "deps:\n  - src/churn_model/core/atomic.py # io\n  - src/churn_model/core/rows.py # io\n",
        ),
        (
            "dvc.yaml",
            "deps:\n  - src/churn_model/model.py\n",
            "deps:\n  - src/churn_model/model.py\n  - src/churn_model/core/persistence.py\n",
        ),
        (
            ".github/workflows/ci.yml",
            "paths: [src/churn_model/train.py]\n",
            "paths: [src/churn_model/stages/train.py]\n",
        ),
        (".github/CODEOWNERS", "/src/churn_model/audit*.py @a\n", "/src/churn_model/mlops/audit*.py @a\n"),
        (
            ".github/CODEOWNERS",
            "/src/churn_model/files.py  @a @b\n",
            "/src/churn_model/core/atomic.py  @a @b\n/src/churn_model/core/rows.py  @a @b\n",
        ),
        (
            ".github/CODEOWNERS",
            "/src/churn_model/monitor/ @a\n",
            "/src/churn_model/monitor/ @a\n/src/churn_model/mlops/monitoring/ @a\n",
        ),
        (".github/CODEOWNERS", "/src/ @a\n* @b\n", "/src/ @a\n* @b\n"),
        ("pyproject.toml", 'x = "churn_model.train:main"\n', 'x = "churn_model.stages.train:main"\n'),
        (
            ".pre-commit-config.yaml",
            r"exclude: ^src/churn_model/train\.py$",
            r"exclude: ^src/churn_model/stages/train\.py$",
        ),
        ("README.md", "[g](docs/governance.md), `./src/churn_model/train.py`", None),
        ("docs/own.md", "https://x/o/r/blob/0123456789abcdef/src/churn_model/train.py", "="),
        ("docs/own.md", "training.churn_model.train other/docs/governance.md", "="),
        ("CHANGELOG.md", "src/churn_model/train.py", "="),
    ],
)
def test_text(path: str, old: str, new: str | None) -> None:
    expected = "[g](docs/explanation/governance.md), `./src/churn_model/stages/train.py`" if new is None else new
    if kinds.is_rewritten(path):
        assert rewritten(old, path) == (old if new == "=" else expected)
    else:
        assert new == "="


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def f(:\n    pass\nfrom .train import fit\n", "line 3: `from .train import fit` may name"),
        ("from .files import other\n", "line 1: churn_model.files.other is now in churn_model.core.atomic"),
        ("from . import files\nuse(files)\n", "line 2: churn_model.files, which is used as a whole,"),
        ("from . import files\nfor files in x: files.count()\n", "line 2: churn_model.files.count"),
        (
            'X = "src/churn_model/files.py"\n',
            "line 1: src/churn_model/files.py is now in src/churn_model/core/atomic.py",
        ),
        ('\n\nX = "churn_model.files"\n', "line 3: churn_model.files is now in"),
    ],
)
def test_what_can_not_follow_is_said(text: str, sentence: str) -> None:
    done = kinds.rewrite(text, (OWN, OWN), NAMES)
    assert done.text == text
    assert any(sentence in line for line in done.manual), done.manual


def test_a_file_with_an_error_that_names_nothing_is_not_mentioned() -> None:
    assert not kinds.rewrite("print 'x'\n", (OWN, OWN), NAMES).manual


def test_a_notebook_keeps_all_other_bytes() -> None:
    source = [
        "%load_ext autoreload\n",
        "!python -m churn_model.train\n",
        "from churn_model import train, features\n",
        "1",
    ]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["churn_model.train"]},
        {"cell_type": "code", "outputs": [{"text": ["from churn_model import train, features\n"]}], "source": source},
        {"cell_type": "code", "source": "import churn_model.train as t"},
        {"cell_type": "code", "source": []},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1) + "\n"
    done = rewritten(text, "notebooks/own.ipynb")
    new = json.loads(done)["cells"]
    assert new[1]["source"] == [
        "%load_ext autoreload\n",
        "!python -m churn_model.stages.train\n",
        "from churn_model import features\n",
        "from churn_model.stages import train\n",
        "1",
    ]
    assert new[1]["outputs"] == cells[1]["outputs"]
    assert new[2]["source"] == "import churn_model.stages.train as t"
    expected = [*cells[:1], cells[1] | {"source": new[1]["source"]}, cells[2] | {"source": new[2]["source"]}, cells[3]]
    assert done == json.dumps({"cells": expected, "nbformat": 4}, indent=1) + "\n"


def test_relative_names() -> None:
    assert relative("a.b.c", ["a", "x"]) == "..b.c"
    assert relative("a.b", ["a"]) == ".b"
    assert relative("a", ["a", "b"]) == ".."
    assert relative("z.b", ["a"]) is None
