"""Many projects of different age and with different work in them: seen in one table, updated by one command."""

import datetime
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import policy
import pytest
import rollout
import sources
from projects import Project
from support.small_fleet import Country, Fleet
from support.template_origin import ENVIRONMENT, FIRST, ROOT, SECOND, Made, commit, files, git, put

pytestmark = pytest.mark.e2e

MANY, MIDDLE, RUNBOOK, BRANCH = 50, "1.5.0", "docs/runbook.md", f"template-{SECOND}"
# What people did: it must be there afterwards, in the file or where its reason says.
WORK: list[dict[str, str | bytes | None]] = [
    {},
    {"notes.md": "ours\n"},
    {".gitignore": "/data/\n# ours\n"},
    {"docs/architecture.md": None},
    {"docs/architecture.md": "ours\n"},
    {RUNBOOK: "ours\n"},
    {".dvcignore": "ours\n"},
]
NEEDS = {4, 5, 6}  # a conflict in the same place, twice, and an edit in a file that the template removes


def later(country: Country, **files: str | None) -> None:
    """Releases the second version."""
    country.origin.release(SECOND, {"template/docs/runbook.md": "theirs\n", **files})


@pytest.mark.capability("fleet of projects")
def test_fifty_projects(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    country.origin.release(MIDDLE, {"template/docs/middle.md": "middle\n"})
    answers = (country.first / ".copier-answers.yml").read_text(encoding="utf-8")
    for number in range(MANY):
        project = shutil.copytree(country.first, country.teams / f"{'ab'[number % 2]}/p{number:02}")
        git(project, "init", "--quiet", "--initial-branch=main")
        if number % 3 == 0:
            put(project, {"docs/middle.md": "middle\n", ".copier-answers.yml": answers.replace(FIRST, MIDDLE)})
        commit(project)
        put(project, WORK[number % len(WORK)])
        commit(project)
    projects = {path.name: path for path in country.teams.glob("*/*")}
    before = {name: (files(path), git(path, "rev-parse", "HEAD")) for name, path in projects.items()}
    change = {f"template/{name}": "theirs\n" for name in (RUNBOOK, "docs/architecture.md")}
    country.origin.release(SECOND, {**change, "template/.dvcignore": None})

    seen = fleet("status", country.teams / "a", code=0).rows
    assert len(seen) == MANY // 2
    assert {row["version"] for row in seen.values()} == {FIRST, MIDDLE}
    assert (seen["p00"]["behind"], seen["p04"]["behind"], seen["p02"]["edited"]) == (1, 2, [".gitignore"])

    report = ("--json", tmp_path / "done.json")
    assert "needs a person" in fleet("update", country.teams / "a", *report, code=3).table
    done = fleet("update", country.teams, *report, code=3)
    assert f"{MANY // 2} of {MANY} projects were done before" in done.log
    for number in range(MANY):
        name, work = f"p{number:02}", WORK[number % len(WORK)]
        row, project, waits = done.rows[name], projects[name], number % len(WORK) in NEEDS
        assert (row["exit"], row["result"]) == ((3, "needs a person") if waits else (0, "updated")), row
        assert set(row["person"]) == (set(work) if waits else set())
        assert (files(project), git(project, "rev-parse", "HEAD")) == before[name]
        assert git(project, "status", "--porcelain") == ""
        branches = git(project, "branch", "--format=%(refname:short)").split()
        assert branches == (["main"] if waits else ["main", BRANCH])
        if not waits:
            assert f"_commit: {SECOND}" in git(project, "show", f"{BRANCH}:.copier-answers.yml")
            for path, content in work.items():
                there = git(project, "ls-tree", "--name-only", BRANCH, "--", path).strip()
                assert bool(there) is (content is not None)
                assert content is None or git(project, "show", f"{BRANCH}:{path}") == content
        assert str(project) in done.table


def test_the_branch_has_what_the_guard_writes(made: Made, fleet: Fleet) -> None:
    made.origin.release(
        SECOND, {f"template/{RUNBOOK}": "theirs\n", "template/docs/new.md.jinja": "{{ project_name }}\n"}
    )
    made.work({"README.md": "ours\n"})
    copies = [shutil.copytree(made.path, made.path.with_name(name)) for name in ("q", "r")]
    made.update()
    git(made.path, "add", "--all")
    wanted = git(made.path, "write-tree")
    put(made.path.parent, {"list": "".join(f"{copy.name}\n" for copy in copies)})
    fleet("update", made.path.parent / "list", code=0)
    assert [git(copy, "rev-parse", f"{BRANCH}^{{tree}}") for copy in copies] == [wanted, wanted]


def test_a_list_with_what_fails(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    later(country)
    for name in ("strange", "fine"):
        country.clone(name)
    shutil.copytree(country.first, country.teams / "nogit")
    shutil.copytree(country.first, country.teams / "nocommit")
    git(country.teams / "nocommit", "init", "--quiet")
    put(country.teams / "strange", {".copier-answers.yml": "a: b\n"})
    commit(country.teams / "strange")
    git(country.teams / "strange", "push", "--quiet")
    put(country.teams, {"list.txt": "# our projects\nnogit\nnocommit\n\nstrange\nfine\n"})
    rows = fleet("update", country.teams / "list.txt", "--json", tmp_path / "r.json", code=1).rows
    assert {name: row["exit"] for name, row in rows.items()} == {"nogit": 1, "nocommit": 1, "strange": 1, "fine": 0}
    assert "is in no git repository" in rows["nogit"]["error"]
    assert "has no commit" in rows["nocommit"]["error"]
    assert "names no template" in rows["strange"]["error"]
    commit(country.teams / "nocommit")
    done = fleet("update", country.teams / "list.txt", "--json", tmp_path / "r.json", code=1)
    assert "1 of 4 projects were done before" in done.log
    assert done.rows["nocommit"]["exit"] == 0


def test_rows_count_for_their_version_options_and_commit(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    country.origin.release(MIDDLE, {"template/docs/middle.md": "middle\n"})
    project = country.clone("p")
    command = ("update", country.teams, "--json", tmp_path / "r.json")
    assert fleet(*command, code=0).rows["p"]["to"] == MIDDLE
    later(country)
    assert fleet(*command, code=0).rows["p"]["to"] == SECOND
    assert fleet(*command, "--to", MIDDLE, code=0).rows["p"]["to"] == MIDDLE
    assert "1 of 1 projects were done before" in fleet(*command, "--to", MIDDLE, code=0).log
    put(tmp_path, {"acme.yml": "license: MIT\n"})
    other = fleet(*command, "--to", MIDDLE, "--data-file", tmp_path / "acme.yml", "--branch", "acme", code=0)
    assert "done before" not in other.log
    put(project, {"new.md": "new\n"})
    commit(project)
    git(project, "push", "--quiet")
    again = fleet(*command, code=0)
    assert "done before" not in again.log
    assert again.rows["p"]["result"] == f"waiting: {BRANCH} is not merged"


def test_answers_for_all(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    project = country.clone("p")
    put(tmp_path, {"acme.yml": "license: MIT\nproject_name: 'Risk \"Models\" é'\n", "typo.yml": "licence: MIT\n"})
    refused = fleet("update", country.teams, "--data-file", tmp_path / "typo.yml", code=1)
    assert "has no question licence; it asks project_name" in refused.table
    fleet("update", country.teams, "--data-file", tmp_path / "acme.yml", "--dry-run", code=0)
    assert git(project, "branch", "--list", "template*") == ""
    fleet("update", country.teams, "--data-file", tmp_path / "acme.yml", code=0)
    assert git(project, "show", f"template-{FIRST}:README.md") == '# Risk "Models" é, license MIT\n'


def test_a_remote_template_is_fetched_once(
    country: Country, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = country.first / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace(str(country.origin.path), f"file://{country.origin.path}"))
    for name in ("a", "b", "gone"):
        country.clone(name)
    lost = answers.read_text().replace("/template", "/gone")
    put(country.teams / "gone", {".copier-answers.yml": lost})
    commit(country.teams / "gone")
    git(country.teams / "gone", "push", "--quiet")
    shutil.copytree(country.teams / "gone", country.teams / "gone2")
    calls = []
    fetched = sources._fetched
    monkeypatch.setattr(sources, "_fetched", lambda source: (calls.append(source), fetched(source))[1])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done = fleet("status", country.teams, code=1)
    assert len(list((tmp_path / "cache/copier-mlops/templates").iterdir())) == 1
    assert len(calls) == 2
    assert f"| {FIRST} | {FIRST} | 0 |" in done.table
    assert "git clone failed" in done.rows["gone2"]["error"]
    later(country)
    assert f"| {FIRST} | {SECOND} | 1 |" in fleet("status", country.teams, code=1).table


def test_it_resumes_after_a_kill(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    later(country)
    projects = [country.clone(f"p{number}") for number in range(6)]
    state = [(files(path), git(path, "for-each-ref", "refs/heads/main")) for path in projects]
    command = [sys.executable, str(ROOT / "hooks/fleet"), "update", str(country.teams), "--workers", "2"]
    with subprocess.Popen(  # noqa: S603
        [*command, "--json", str(tmp_path / "r.json")],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr is not None
        next(line for line in running.stderr if line.startswith("[1/"))
        running.send_signal(signal.SIGKILL)
    done = fleet("update", country.teams, "--json", tmp_path / "r.json", code=0)
    assert {row["result"] for row in done.rows.values()} == {"updated"}
    assert {git(path, "rev-parse", f"{BRANCH}^{{tree}}") for path in projects} == {
        git(projects[0], "rev-parse", f"{BRANCH}^{{tree}}")
    }
    assert [(files(path), git(path, "for-each-ref", "refs/heads/main")) for path in projects] == state


def test_waves_and_exceptions(country: Country, fleet: Fleet, tmp_path: Path) -> None:
    later(country)
    names = [f"p{number}" for number in range(6)]
    for name in names:
        country.clone(name)
    today = datetime.date.today()
    gone, coming = today - datetime.timedelta(1), today + datetime.timedelta(1)
    put(
        tmp_path,
        {
            "policy.yml": (
                "waves: {pilot: [p0, p1], half: 50%}\nexceptions:\n"
                f"  - {{project: p0, until: {coming}, reason: an audit}}\n"
                f"  - {{project: p1, until: {gone}, reason: was on holiday}}\n"
                f"  - {{project: p9, until: {coming}, reason: a typo}}\n"
            )
        },
    )
    command = ("update", country.teams, "--policy", tmp_path / "policy.yml", "--json", tmp_path / "r.json")
    pilot = fleet(*command, "--wave", "pilot", "--html", tmp_path / "pilot.html", code=0)
    assert {name: row["result"] for name, row in pilot.rows.items()} == {
        "p0": f"excepted until {coming}: an audit",
        "p1": "updated",
    }
    assert "<b>1</b>updated</div>" in (tmp_path / "pilot.html").read_text(encoding="utf-8")
    assert f"the exception of p1 ended on {gone}" in pilot.log
    assert "the exception of p9 fits no project" in pilot.log
    half, most = ({*fleet(*command, "--wave", wave, code=0).table.split()} for wave in ("half", "90%"))
    folders = {str(country.teams / name) for name in names}
    assert half & folders < most & folders
    assert set(fleet(*command, code=0).rows) == set(names)


def test_a_project_that_takes_too_long_stops_nobody(country: Country, fleet: Fleet) -> None:
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    for name in ("fine", "slow"):
        country.clone(name)
    put(
        country.teams / "slow",
        {".copier-answers.yml": country.first.joinpath(".copier-answers.yml").read_text() + "#\n"},
    )
    hang = f"{{% if project_name == 'Slow' %}}{loop}{{% endif %}}"
    later(country, **{"template/new.md.jinja": hang})
    answers = (
        (country.teams / "slow/.copier-answers.yml").read_text().replace("project_name: Small", "project_name: Slow")
    )
    put(country.teams / "slow", {".copier-answers.yml": answers})
    commit(country.teams / "slow")
    git(country.teams / "slow", "push", "--quiet")
    start = time.monotonic()
    rows = fleet("update", country.teams, "--timeout", "10", code=1).rows
    assert time.monotonic() - start < 60
    assert "took longer than 10 s" in rows["slow"]["error"]
    assert rows["fine"]["result"] == "updated"


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_figures_of_a_fleet(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/fleet.md").read_text(encoding="utf-8")
    rows = [
        {"behind": 0, "edited": ["a", "b"]},
        {"behind": 0, "edited": ["a"]},
        {"behind": 3, "edited": []},
        {"exit": 1},
    ]
    put(tmp_path, {"status.json": json.dumps(rows)})
    commands = re.findall(r"^jq .*$", page, re.MULTILINE)
    said = [
        subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603, S607
        for line in commands
    ]
    assert said == [["0.5"], ["0"], ["2", "a", "1", "b"]]


def test_the_policy_of_the_page_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/fleet.md").read_text(encoding="utf-8")
    shown = re.search(r'^```yaml title="fleet.yml"\n(.*?)^```$', page, re.MULTILINE | re.DOTALL)
    assert shown
    put(tmp_path, {"fleet.yml": shown[1]})
    rules = policy.read(tmp_path / "fleet.yml")
    one, other = (Project(tmp_path / name, name, None) for name in ("risk/churn", "risk/fraud"))
    assert rules.selected([one, other], "pilot") == [one]
    assert rules.exempt(other, datetime.date(2027, 3, 31)) is not None
    assert rules.exempt(other, datetime.date(2027, 4, 1)) is None


@pytest.mark.parametrize(
    ("files", "arguments", "sentence"),
    [
        ({"empty/x": ""}, ["status", "empty"], "there is no project of a template below"),
        ({"p/.copier-answers.yml": ""}, ["status", "typo"], "there is no project of a template below"),
        ({"list": "nowhere\n"}, ["status", "list"], "lists what is no project of a template"),
        ({"list": b"\xff"}, ["status", "list"], "is no list of folders"),
        ({"p/.copier-answers.yml": "", "a.yml": "- x\n"}, ["update", "p", "--data-file", "a.yml"], "holds no answers"),
        ({"p/.copier-answers.yml": ""}, ["update", "p", "--data-file", "a.yml"], "is no readable YAML file"),
        ({"p/.copier-answers.yml": "", "r": "[1]"}, ["update", "p", "--json", "r"], "is no report of this command"),
        (
            {"p/.copier-answers.yml": "", "r": '[{"project": "p", "kind": "an update"}]'},
            ["status", "p", "--json", "r"],
            "an update: name another",
        ),
        ({"p/.copier-answers.yml": ""}, ["update", "p", "--wave", "x"], "there is no wave 'x': name a percentage"),
        ({"p/.copier-answers.yml": ""}, ["update", "p", "--wave", "0%"], "no project is in the wave 0%"),
        ({"p/.copier-answers.yml": ""}, ["update", "p", "--push"], "--push needs `sources`"),
        ({"p/.copier-answers.yml": ""}, ["status", "p", "--policy", "a.yml"], "is no readable YAML file"),
        ({"a.yml": "wave: {}\n"}, ["status", ".", "--policy", "a.yml"], "it has wave, and may have waves"),
        ({"a.yml": "waves: {a: x}\n"}, ["status", ".", "--policy", "a.yml"], "the wave a is 'x': write a list"),
        ({"a.yml": "sources: x\n"}, ["status", ".", "--policy", "a.yml"], "sources is 'x': write a list"),
        (
            {"a.yml": "exceptions: [{project: a, until: soon, reason: b}]\n"},
            ["status", ".", "--policy", "a.yml"],
            "a date",
        ),
    ],
)
def test_bad_input(
    files: dict[str, str | bytes | None],
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=sentence):
        rollout.main(arguments)
