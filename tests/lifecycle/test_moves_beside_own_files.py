"""Whole updates with moves: two lists that meet, kept paths on either end of a move, and ignored files in its way."""

from support.guard_process import Inner
from support.small_template import named
from support.template_origin import SECOND

THIRD = "3.0.0"
LISTS = "hooks/release/moves"
ROOT, WHERE = "src/churn_model", "src/{{package_name}}"


def test_lists_that_take_two_files_to_one_path_are_refused(small: Inner) -> None:
    guide = small.read("docs/guide.md")
    small.work({"docs/guide.md": guide + "mine\n"})
    for version, old in ((SECOND, "docs/guide.md"), (THIRD, "docs/old.md")):
        list_ = {f"{LISTS}/{version}.yaml": f"moves: {{{old}: docs/b.md}}"}
        small.origin.release(version, named({old: None, "docs/b.md": guide}) | list_)
    sentence = (
        "docs/guide.md and docs/old.md went to docs/b.md, one after the other: update to a version before that of "
    )
    assert sentence + f"{LISTS}/{THIRD}.yaml first" in small.refused()
