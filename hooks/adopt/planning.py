"""Plans the adoption: file by file, without writing anything to the repository."""

import tomllib

import yaml

from adopt.draft import Draft
from adopt.environment import configured, git_hooks, pyproject, python
from adopt.files import ignoring, makefile, sorting, workflows
from adopt.sides.commit import demand_way
from adopt.sides.rendering import Rendered
from adopt.sides.repository import Repository

KEEP = ".template-keep.yml"
HEAD = "# For `make update`: what stays as it is here, and where files of the template lie whose own path was taken.\n"


def plan(repository: Repository, rendered: Rendered) -> Draft:
    """Returns what the adoption will be.

    Raises:
        AdoptError: The repository can't take the template's files, as they are or where they would lie.
    """
    draft = Draft(repository, rendered.package, dict(rendered.files))
    requires = tomllib.loads(draft.text(pyproject.PATH))["project"]["requires-python"]
    sorting.sort(draft)
    if git_hooks.CONFIG in draft.elsewhere and draft.place("Makefile") in draft.files:
        draft.swap(draft.place("Makefile"), "--all-files", f"--all-files --config {draft.place(git_hooks.CONFIG)}")
    makefile.merge(draft)
    workflows.rename(draft)
    workflows.place_fixtures(draft)
    pyproject.merge(draft)
    configured.leave_out_in_files(draft)
    python.pin(draft, requires, requires.split(",")[0].removeprefix(">="))
    ignoring.merge(draft)
    ignoring.tracked_outputs(draft)
    if draft.keep or draft.elsewhere:
        facts = {"keep": [f"/{path}" for path in draft.keep], "elsewhere": draft.elsewhere}
        draft.put(KEEP, HEAD + yaml.safe_dump(facts, sort_keys=False, allow_unicode=True))
    demand_way(repository, [path for path in draft.files if path not in repository.entries])
    git_hooks.leave_out(draft)
    if "requirements.txt" in repository.entries:
        reason = "stays; `uv add --requirements requirements.txt` brings your packages into the one environment"
        draft.say("note", "requirements.txt", reason)
    return draft
