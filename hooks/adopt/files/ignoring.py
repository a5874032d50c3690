"""One .gitignore of both, and what that means for committed files and for those that the template commits."""

from pathlib import PurePosixPath

import yaml
from pathspec import GitIgnoreSpec

from adopt.draft import Draft

PATH = ".gitignore"
LATER = ("uv.lock", "dvc.lock", "metrics.json", "MODEL_CARD.md", "audit.jsonl")  # what a setup and a run add to Git


def merge(draft: Draft) -> None:
    """Adds the template's lines to the repository's, and lets no line of yours hide a file of the template."""
    if PATH not in draft.files:
        return
    ours = draft.text(PATH)
    if PATH in draft.repository.entries:
        theirs = draft.repository.text(PATH).replace("\r\n", "\n").rstrip("\n")
        hidden = _hidden(theirs, [*draft.files, *LATER])
        if hidden:
            theirs += "\n\n# Files of the template that a line above hides\n"
            theirs += "\n".join(f"!/{path}" for path in hidden)
        ours = f"{theirs}\n\n{ours}"
        draft.say("both", PATH, "yours, with the template's lines at the end")
        draft.put(PATH, ours)
    spec = GitIgnoreSpec.from_lines(ours.splitlines())
    kept = [path for path in draft.repository.entries if spec.match_file(path)]
    for folder in sorted({path.split("/")[0] for path in kept if "/" in path}):
        number = sum(path.startswith(f"{folder}/") for path in kept)
        reason = f"{number} committed file{'s' if number > 1 else ''} in it stay{'' if number > 1 else 's'} committed"
        draft.say("note", f"{folder}/", f"{reason}; what .gitignore matches and is new is not added, DVC keeps data")


def _hidden(text: str, paths: list[str]) -> list[str]:
    """Returns the paths that a .gitignore matches, and that a line with `!` can bring back."""
    spec = GitIgnoreSpec.from_lines(text.splitlines())
    hidden = [path for path in sorted(paths) if spec.match_file(path)]
    return [
        path for path in hidden if not any(spec.match_file(f"{folder}/") for folder in PurePosixPath(path).parents[:-1])
    ]


def tracked_outputs(draft: Draft) -> None:
    """Says which committed files a stage of the pipeline writes: DVC refuses to keep what Git keeps."""
    if "dvc.yaml" not in draft.files:
        return
    stages = yaml.safe_load(draft.text("dvc.yaml"))["stages"]
    for name, stage in stages.items():
        for out in stage.get("outs", []):
            path = out if isinstance(out, str) else next(iter(out))
            there = [entry for entry in draft.repository.entries if entry == path or entry.startswith(f"{path}/")]
            if there and isinstance(out, str):
                reason = f"the stage {name} writes it: move yours, or `git rm --cached {there[0]}`"
                draft.say("note", there[0], reason, person=True)
