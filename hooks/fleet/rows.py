"""One project: looked at, or updated on a branch of its own. A failure is a row and leaves nothing behind."""

import datetime
import json
import logging
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from governed import differing
from guarding.pool import Pool
from guarding.workspace import Workspace, workspace
from history import FAILED, Report, Row, key
from hosting import branches, identity, pulls
from hosting.bases import Base, Bases
from hosting.git import FleetError
from hosting.repositories import Repository, checked_out
from policy import Policy
from projects import Project
from sources import Sources, Template
from task import Task

SENTENCE = re.compile(r"^(?:refused|failed)\b.*", re.MULTILINE | re.DOTALL)
log = logging.getLogger(__name__)
RESULTS = {0: "updated", 1: "failed", 2: "nothing to do", 3: "needs a person"}


@dataclass(frozen=True)
class Fleet:
    """What all rows have in common."""

    task: Task
    policy: Policy
    sources: Sources
    bases: Bases
    pool: Pool
    report: Report
    signer: identity.Identity = field(default_factory=identity.Identity)

    def row(self, project: Project) -> Row:
        """Returns the row of a project; an update that an earlier run finished is not repeated."""
        row: Row = {"project": str(project.folder), "name": project.name, "kind": self.task.kind}
        row |= {"exit": FAILED, "error": ""}
        try:
            exempt = self.policy.exempt(project, datetime.date.today())
            if exempt and self.task.verb == "update":
                return row | {"exit": 0, "result": f"excepted until {exempt.until}: {exempt.reason}"}
            repository = Repository.at(project.top, project.folder)
            base = self.bases.of(repository)
            template = self.sources.of(project, repository, base.commit)
            if self.task.verb == "status":
                return row | self._status(project, repository, base, template)
            return self._update(row, project, repository, base, template)
        except (FleetError, OSError) as error:
            sentence = str(error)
        except Exception as error:  # the other projects go on
            log.exception("unexpected in %s", project.folder)
            sentence = f"unexpected: {error!r}"
        return row | {"exit": FAILED, "error": sentence} | ({"result": RESULTS[FAILED]} if "result" in row else {})

    def _checkout(self, repository: Repository, base: Base) -> AbstractContextManager[Workspace]:
        return workspace(repository, base.commit, self.pool.room, self.pool.environment)

    def _guard(self, work: Workspace, project: Project, template: Template) -> Row:
        """Runs the guard; returns what it says, with the exit code."""
        file = work.top.with_suffix(".json")
        folder = work.top / project.prefix
        where = ("--project", str(folder), "--template", str(template.folder), "--json", str(file))
        answer = self.pool.ask([self.task.verb, *self.task.options(), *where])
        if not file.exists():
            raise FleetError(_sentence(answer.said.replace(str(work.top), str(work.repository.top))))
        return json.loads(file.read_text(encoding="utf-8")) | {"project": str(project.folder), "exit": answer.code}

    def _status(self, project: Project, repository: Repository, base: Base, template: Template) -> Row:
        with self._checkout(repository, base) as work:
            row = self._guard(work, project, template)
        patterns = self.policy.governed
        return row | {
            "base": {"branch": base.branch, "commit": base.commit},
            "checkout": checked_out(repository, project.prefix, base.commit),
            "governed": differing(row, patterns, repository, project.prefix, base.commit),
        }

    def _update(self, row: Row, project: Project, repository: Repository, base: Base, template: Template) -> Row:
        task = self.task
        version = task.to or template.newest
        wanted = key(template.target(task.to), task.answers, task.branch, task.dry, task.push, base.commit)
        done = self.report.done(str(project.folder), wanted)
        if done:
            return done | {"again": True}
        branch = branches.named(task.branch, version, project.prefix)
        subject = f"Update the template to {version}"
        standing, tip = branches.standing(repository, base, branch, subject)
        signs = self.signer.demand(repository)
        with self._checkout(repository, base) as work:
            row |= self._guard(work, project, template)
            row |= {
                "key": wanted,
                "result": RESULTS[row["exit"]],
                "base": {"branch": base.branch, "commit": base.commit},
            }
            row["person"] = [path for path, fact in row["files"].items() if fact["person"]]
            if row["exit"] or task.dry:
                return row
            if standing == branches.WAITING:
                return row | {"result": f"waiting: {branch} is not merged", "branch": branch}
            tree = work.deliver()
        if tip:
            branches.demand_equal(repository, tip, tree, branch)
        commit = tip or identity.commit(repository, tree, base.commit, f"{subject}\n", signs=signs)
        row |= {"branch": branch, "commit": commit}
        if not task.push:
            if standing == branches.FREE:
                branches.create(repository, branch, commit)
            return row
        return row | self._published(repository, base, branch, commit, subject, row)

    def _published(self, repository: Repository, base: Base, branch: str, commit: str, subject: str, row: Row) -> Row:
        if base.remote is None:
            message = f"{repository.top} has no remote to push to: add one, or leave out --push"
            raise FleetError(message)
        if (base.branches or {}).get(branch) != commit:
            branches.push(repository, base.remote, branch, commit)
        try:
            return {"pull_request": pulls.open_pull(repository, base, branch, subject, pulls.described(row))}
        except FleetError as error:
            message = f"{branch} is pushed, but there is {error}"
            raise FleetError(message) from None


def _sentence(said: str) -> str:
    """Returns what the guard refused with, on one line, or else the last line that it wrote."""
    refused = SENTENCE.search(said)
    lines = said.strip().splitlines() or ["the guard said nothing"]
    return " ".join(refused[0].split()) if refused else lines[-1]
