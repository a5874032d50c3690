"""What changes in a file of the template because it lies elsewhere: names of workflows, the root of the fixtures."""

import re
from pathlib import PurePosixPath

from adopt.draft import Draft


def rename(draft: Draft) -> None:
    """Renames the workflows that lie under another path, and what waits for them, calls them or trusts them."""
    moved = {old: new for old, new in draft.elsewhere.items() if old.startswith(".github/workflows/")}
    for old, new in moved.items():
        stem = PurePosixPath(old).stem
        text = re.sub(rf"(?m)^name: {re.escape(stem)}$", f"name: template-{stem}", draft.text(new))
        draft.put(new, re.sub(rf"(?m)^  group: {re.escape(stem)}(?=$|-)", f"  group: template-{stem}", text))
        for path, content in draft.files.items():
            called = content.replace(f"./{old}\n".encode(), f"./{new}\n".encode())
            draft.files[path] = called.replace(f"/{old}@".encode(), f"/{new}@".encode())


def place_fixtures(draft: Draft) -> None:
    """Puts the fixtures of the template's tests to the top, where the repository has some of its own below tests/."""
    here = draft.elsewhere.get("tests/conftest.py")
    if here:
        draft.swap(here, "ROOT = Path(__file__).parents[1]", "ROOT = Path(__file__).parent")
