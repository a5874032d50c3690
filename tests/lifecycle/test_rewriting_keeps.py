"""What names no old place stays, byte for byte, in a file that names one elsewhere."""

import json

import pytest
from support.guard_modules import rows

from rewriting import kinds  # isort: skip
from rewriting.names import Names  # isort: skip

LIST = """
moves:
  src/{package}/train.py: src/{package}/stages/train.py
splits:
  src/{package}/files.py:
    src/{package}/rows.py: [count]
    src/{package}/atomic.py: [write]
  src/{package}/stage.py:
    src/{package}/atomic.py: [run]
"""
NEW = {f"src/churn_model/{name}.py" for name in ("stages/train", "rows", "atomic")}
NAMES = Names(rows(LIST).filled(), NEW)


def rewritten(text: str, path: str) -> str:
    """Rewrites a file of the project's."""
    return kinds.rewrite(text, (path, path), NAMES).text


@pytest.mark.parametrize(
    "text",
    [
        "entry: src/churn_model/train.py\nhidden:\n  - 64\n  - 64\n  - 32\n",
        "paths: [src/churn_model/train.py]\nsteps:\n  - uses: a\n  - run: make a\n  - uses: b\n  - run: make a\n",
        "run:\n  - src/churn_model/train.py\n  - other.py\n  - src/churn_model/train.py\n",
        "- for:\n    - src/churn_model/train.py\n- for:\n    - src/churn_model/stages/train.py\n",
    ],
)
def test_equal_lines_of_a_list_stay(text: str) -> None:
    new = "src/churn_model/stages/train.py"
    assert rewritten(text, "own.yaml") == text.replace("src/churn_model/train.py", new)


def test_a_path_that_the_moves_made_twice_is_left_once() -> None:
    text = "deps:\n  - src/churn_model/files.py\n  - src/churn_model/stage.py\n  - src/churn_model/atomic.py\n"
    assert rewritten(text, "own.yaml") == "deps:\n  - src/churn_model/rows.py\n  - src/churn_model/atomic.py\n"


def test_commands_of_a_notebook_are_put_back_where_they_were() -> None:
    code = ["%load_ext sql\n", "x = 0\n", 'q = """\n', "%\n", '"""\n', *(f"!echo {number}\n" for number in range(12))]
    code += ["_command = 1  # 0#######\n", "!python -m churn_model.train\n", "from churn_model.train import train"]
    document = json.dumps({"cells": [{"cell_type": "code", "source": code}]})
    cell = json.loads(rewritten(document, "own.ipynb"))["cells"][0]["source"]
    assert cell == [line.replace("churn_model.train", "churn_model.stages.train") for line in code]
