"""Which version an update goes to, and which commit it starts from: by PEP 440, never by ancestry."""

import json

import copier
from support.guard_process import Inner
from support.small_template import named, source
from support.template_origin import FIRST, SECOND, commit, git

GUIDE = "docs/guide.md"


def line_of(small: Inner, tag: str, start: str) -> None:
    """Releases a hotfix on a line of its own that starts at an older version."""
    git(small.origin.path, "switch", "--quiet", "--create", f"line-{tag}", start)
    small.origin.release(tag, named({"docs/hotfix.md": "hotfix\n"}))
    git(small.origin.path, "switch", "--quiet", "main")


def updated(small: Inner, version: str) -> None:
    """Releases a version, and brings the project to it."""
    small.origin.release(version, named({f"docs/{version}.md": "new\n"}))
    small.update()
    commit(small.path)


def test_a_hotfix_on_an_older_line_is_no_newer_release(small: Inner) -> None:
    updated(small, SECOND)
    line_of(small, "1.0.1", FIRST)
    found = json.loads(small.guard("status", "--json").stdout)
    assert (found["newest"], found["behind"]) == (SECOND, 0)
    before = small.state()
    assert small.update(code=2) == {}
    assert small.state() == before
    assert f"version 1.0.1 of the template is older than {SECOND}" in small.refused("update", "--to", "1.0.1")


def test_a_hotfix_on_the_own_line_is_taken_where_it_is_the_newest(small: Inner) -> None:
    line_of(small, "1.0.1", FIRST)
    assert "docs/hotfix.md" in small.update()
    commit(small.path)
    updated(small, SECOND)
    assert f"_commit: {SECOND}\n" in small.read(".copier-answers.yml")


def test_releases_without_common_history(small: Inner) -> None:
    """As a mirror has them whose releases are pushed as single commits."""
    git(small.origin.path, "switch", "--quiet", "--orphan", "mirror")
    git(small.origin.path, "checkout", "--quiet", "main", "--", ".")
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert small.update()[GUIDE] == "changed"
    commit(small.path)
    assert small.update(code=2) == {}
    assert f"is older than {SECOND}" in small.refused("update", "--to", FIRST)


def test_a_prerelease_only_by_name(small: Inner) -> None:
    small.origin.release("2.0.0rc1", named({GUIDE: "candidate\n"}))
    assert small.update(code=2) == {}
    assert small.update("--to", "2.0.0rc1")[GUIDE] == "changed"
    commit(small.path)
    assert small.update(code=2) == {}
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert small.update()[GUIDE] == "changed"


def test_ten_comes_after_nine(small: Inner) -> None:
    for version in ("1.9.0", "1.10.0"):
        small.origin.release(version, named({GUIDE: f"{version}\n"}))
    git(small.origin.path, "tag", "not-a-version")
    small.update()
    assert small.read(GUIDE) == "1.10.0\n"


def test_the_commit_is_recorded_beside_the_tag_and_survives_copier(small: Inner) -> None:
    head = git(small.origin.path, "rev-parse", FIRST).strip()
    assert f"\n_commit_id: '{head}'\n_commit: {FIRST}\n" in small.read(".copier-answers.yml")
    updated(small, SECOND)
    assert git(small.origin.path, "rev-parse", SECOND).strip() in small.read(".copier-answers.yml")
    small.origin.release("3.0.0", named({"docs/third.md": "new\n"}))
    copier.run_update(small.path, defaults=True, overwrite=True, quiet=True)
    assert git(small.origin.path, "rev-parse", "3.0.0").strip() in small.read(".copier-answers.yml")


def moved(small: Inner, *, reachable: bool) -> None:
    """Moves the tag of the project's version to another commit."""
    if not reachable:
        git(small.origin.path, "checkout", "--quiet", "--orphan", "again")
        git(small.origin.path, "branch", "--quiet", "-D", "main")
    text = small.origin.read(f"template/{GUIDE}").replace("line 3", "line three")
    (small.origin.path / f"template/{GUIDE}").write_text(text)
    commit(small.origin.path)
    git(small.origin.path, "tag", "--force", FIRST)


def test_a_moved_tag_is_noticed_and_the_recorded_commit_stays_the_base(small: Inner) -> None:
    moved(small, reachable=True)
    done = small.guard("update")
    assert done.returncode == 2
    assert f"version {FIRST} was moved to another commit" in done.stdout
    assert "was moved to another commit" in small.guard("status").stdout
    small.work({GUIDE: small.read(GUIDE).replace("line 3", "line 3, ours")})
    text = small.origin.read(f"template/{GUIDE}").replace("line three", "line 3").replace("line 15", "line fifteen")
    small.origin.release(SECOND, named({GUIDE: text}))
    assert small.update()[GUIDE] == "merged"  # from the moved tag it is a conflict: line three became line 3
    assert "line 3, ours" in small.read(GUIDE)


def test_a_moved_tag_whose_commit_is_gone_needs_a_person(small: Inner) -> None:
    moved(small, reachable=False)
    for command in ("reflog expire --expire=now --all", "gc --quiet --prune=now"):
        git(small.origin.path, *command.split())
    small.origin.release(SECOND, named({"docs/new.md": "new\n"}))
    done = small.guard("update")
    assert done.returncode == 3
    assert "which the template no longer has: compare the result with your files" in done.stdout


def test_a_version_edited_by_hand_counts(small: Inner) -> None:
    """As people do who want an update once more."""
    updated(small, SECOND)
    answers = small.read(".copier-answers.yml")
    small.work(
        {".copier-answers.yml": answers.replace(f"_commit: {SECOND}", f"_commit: {FIRST}"), "docs/2.0.0.md": None}
    )
    done = small.guard("update")
    assert (
        f"_commit says {FIRST}, and _commit_id is the commit of {SECOND}: {FIRST} is taken as the base" in done.stdout
    )
    assert small.read("docs/2.0.0.md") == "new\n"


def test_a_removed_tag_is_no_obstacle_where_its_commit_is_there(small: Inner) -> None:
    git(small.origin.path, "tag", "--delete", FIRST)
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    done = small.guard("update")
    assert done.returncode == 0, done.stderr
    assert f"version {FIRST} was removed from the template" in done.stdout


def test_a_version_or_source_that_is_gone_names_the_way_out(small: Inner) -> None:
    text = small.read(".copier-answers.yml").splitlines()
    small.work({".copier-answers.yml": "\n".join(line for line in text if "_commit_id" not in line) + "\n"})
    git(small.origin.path, "tag", "--delete", FIRST)
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    sentence = small.refused()
    assert f"the template has no version '{FIRST}'; its newest release is {SECOND}" in sentence
    assert "name a clone that has it with `--template FOLDER`" in sentence
    source(small, "/no/where")
    sentence = small.refused()
    assert "the template can't be fetched from /no/where: name a local clone with `--template FOLDER`, or" in sentence
    assert "correct `_src_path`" in sentence


def test_a_project_of_a_commit_without_a_tag(small: Inner) -> None:
    """As a project has it that was made with `--vcs-ref HEAD`."""
    small.origin.release(SECOND, named({"docs/new.md": "new\n"}))
    answers = small.read(".copier-answers.yml")
    described = git(small.origin.path, "describe", "--tags", "--long", FIRST).strip()
    small.work({".copier-answers.yml": answers.replace(f"_commit: {FIRST}", f"_commit: {described}")})
    assert "docs/new.md" in small.update()
