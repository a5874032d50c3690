"""The guard's modules in this process, and a merge of plain texts by them: 0.1 s where a whole update takes seconds."""

import sys
from dataclasses import dataclass
from pathlib import Path

from support.template_origin import ENVIRONMENT, GUARD, git

sys.path.insert(0, str(GUARD.parent))
# The template's own folder stays clean, as in a run of the guard.
PREFIX, sys.pycache_prefix = sys.pycache_prefix, ENVIRONMENT["PYTHONPYCACHEPREFIX"]

import merging  # noqa: E402
import moves  # noqa: E402
from moves import holding, lists  # noqa: E402
from outcome import Merge  # noqa: E402

sys.path.remove(str(GUARD.parent))
sys.pycache_prefix = PREFIX

Files = dict[str, str]
PACKAGES = ("churn_model", "churn_model")


@dataclass(frozen=True)
class Merged:
    """What a merge made of a project."""

    merge: Merge
    files: dict[str, str]
    verdicts: dict[str, str]

    @property
    def person(self) -> set[str]:
        """The files that need a person; none of them is exit code 0."""
        return self.merge.person

    def said(self, path: str) -> str:
        """Returns what the report says about a file."""
        return self.merge.said(path)


def write(folder: Path, files: Files) -> Path:
    """Writes texts below a folder; a surrogate is a byte that is not UTF-8."""
    folder.mkdir()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))
    return folder


def rows(text: str, packages: tuple[str, str] = PACKAGES) -> moves.Listed:
    """Returns a list of moves."""
    return holding.Listed(lists.parse(text, "9.0.0.yaml"), packages)


def merged(
    folder: Path,
    base: Files,
    theirs: Files,
    ours: Files,
    listed: moves.Listed = moves.NONE,
    owned: set[str] | None = None,
) -> Merged:
    """Merges three sets of texts as an update does."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "top")
    scratch = merging.scratch_repository(folder / "top", folder / "scratch")
    sides = {"base": base, "new": theirs, "ours": ours}
    trees = [merging.store(write(folder / name, files), scratch) for name, files in sides.items()]
    merge = merging.merge(scratch, (trees[0], trees[1], trees[2]), owned or set(), "template-9.0.0", listed)
    contents = moves.blobs.read(scratch, {thing for _, thing in merge.result.values()})
    files = {path: contents[thing].decode(errors="surrogateescape") for path, (_, thing) in merge.result.items()}
    return Merged(merge, files, merge.verdicts())
