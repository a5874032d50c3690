"""Releases are kept as archives that never change, and come back as a repository that Copier can update from."""

import gzip
import io
import subprocess
import tarfile
from itertools import combinations, product
from pathlib import Path

import copier
import pytest
import yaml
from release import answers, archive, keep
from support.release_repository import commit, git, pairwise, profiles, repository, synthetic
from support.rendered_project import ROOT

EDITED = "template/docs/runbook.md"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A git repository with the template, committed."""
    made = tmp_path / "template"
    made.mkdir()
    git(made, "init", "--quiet")
    commit(made, ROOT, "0.0.1")
    (made / "README.md").write_text("not released", encoding="utf-8")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "read me")
    return made


def append(folder: Path, text: str) -> None:
    """Adds a line to a file of the template."""
    with (folder / EDITED).open("a", encoding="utf-8") as file:
        file.write(text)


# -- archives ---------------------------------------------------------------------------------------------------------
def test_an_archive_depends_on_the_template_alone(template: Path, tmp_path: Path) -> None:
    first = keep.write(template, "1.0.0", tmp_path / "a")
    (template / EDITED).touch()
    second = keep.write(template, "1.0.0", tmp_path / "b")
    assert first.name == "1.0.0.tar.gz"
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 750_000  # the guard is in it, too
    assert first.read_bytes()[4:8] == b"\0" * 4  # gzip's own time
    with tarfile.open(first) as opened:
        members = opened.getmembers()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {member.name.split("/")[0] for member in members} == {"copier.yml", "hooks", "template"}
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {(0, 0, 0, "")}


def test_an_archive_keeps_what_can_be_run(tmp_path: Path) -> None:
    for name, mode in (("copier.yml", 0o640), ("run.sh", 0o750)):
        (tmp_path / name).write_text("x", encoding="utf-8")
        (tmp_path / name).chmod(mode)
    with tarfile.open(fileobj=io.BytesIO(archive.packed(tmp_path, ["run.sh", "copier.yml"]))) as opened:
        assert {member.name: member.mode for member in opened} == {"copier.yml": 0o644, "run.sh": 0o755}


def test_an_archive_never_changes(template: Path, tmp_path: Path) -> None:
    path = keep.write(template, "1.0.0", tmp_path / "releases")
    assert keep.write(template, "1.0.0", tmp_path / "releases") == path
    # The same content compressed by another library is the same release.
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    assert keep.write(template, "1.0.0", tmp_path / "releases") == path
    append(template, "More.\n")
    git(template, "commit", "--quiet", "--all", "--message", "more")
    with pytest.raises(SystemExit, match=r"has another content, and a release never changes: choose a higher version"):
        keep.write(template, "1.0.0", tmp_path / "releases")


@pytest.mark.parametrize("tag", ["next", "v1.0.0", "1.0.0+mine", "../1.0.0", ""])
def test_an_archive_is_named_by_a_version(tag: str, template: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"is no version of PEP 440|is not the usual spelling of its version"):
        keep.write(template, tag, tmp_path / "releases")
    assert not (tmp_path / "releases").exists()


def test_a_release_is_what_is_committed(template: Path, tmp_path: Path) -> None:
    refused = pytest.raises(SystemExit, match="has changes that are not committed, commit them first")
    (template / "README.md").write_text("may change", encoding="utf-8")
    keep.write(template, "1.0.0", tmp_path / "releases")
    (template / "template/new.md").write_text("new", encoding="utf-8")
    with refused:
        keep.write(template, "1.0.1", tmp_path / "releases")
    (template / "template/new.md").unlink()
    append(template, "More.\n")
    with refused:
        keep.write(template, "1.0.1", tmp_path / "releases")
    with pytest.raises(SystemExit, match="is no git repository with a template"):
        keep.write(tmp_path / "releases", "1.0.1", tmp_path / "releases")
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["1.0.0.tar.gz"]


def test_the_archives_that_are_kept_hold_a_template() -> None:
    for version, path in archive.released().items():
        assert path.name == f"{version}.tar.gz"
        with tarfile.open(path) as opened:
            names = opened.getnames()
        assert all(name.startswith(archive.PARTS) for name in names)
        assert {name.split("/")[0] for name in names} >= {"copier.yml", "template"}


def test_what_people_add_to_the_end_of_a_file_is_merged(tmp_path: Path) -> None:
    """Git finds a conflict where the template changes a file's last line and a person adds one after it."""
    changed = set()
    for version, path in archive.released().items():
        (tmp_path / str(version)).mkdir()
        before = archive.unpacked(path, tmp_path / str(version))
        for old in filter(Path.is_file, (before / "template").rglob("*")):
            new = ROOT / old.relative_to(before)
            if "mlops" in new.parts:
                continue  # behind the fence nobody adds anything
            if new.exists() and old.read_bytes().splitlines()[-1:] != new.read_bytes().splitlines()[-1:]:
                changed.add(new.name)
    assert changed == {
        # They name modules that moved, which the guard rewrites in both versions first.
        "Makefile.jinja",
        "conftest.py.jinja",
        # 0.7.0 wrote them again.
        "architecture.md",
        "gates.py",
        "metrics.py",
        "model.py",
        "params.yaml.jinja",  # register.promote
        "test_regression.py.jinja",
    }


# -- the repository ---------------------------------------------------------------------------------------------------
def test_releases_become_tags_in_the_order_of_versions(tmp_path: Path) -> None:
    for tag in ("0.10.0", "0.9.0", "1.0.0rc1", "1.0.0"):
        synthetic(tmp_path / "releases", tag)
    (tmp_path / "releases/notes.tar.gz").write_bytes(b"no release")
    made = repository(tmp_path / "made", releases=tmp_path / "releases")
    log = git(made, "log", "--reverse", "--format=%s").split()
    assert log == ["0.9.0", "0.10.0", "1.0.0rc1", "1.0.0", "9.0.0"]
    assert {git(made, "cat-file", "-t", tag).strip() for tag in log} == {"tag"}
    assert git(made, "status", "--porcelain") == ""
    assert (made / EDITED).read_bytes() == (ROOT / EDITED).read_bytes()
    only = repository(tmp_path / "only", head=None, releases=tmp_path / "releases")
    assert git(only, "tag").split() == ["0.10.0", "0.9.0", "1.0.0", "1.0.0rc1"]
    again = repository(tmp_path / "again", releases=tmp_path / "releases")
    assert git(again, "rev-parse", "HEAD") == git(made, "rev-parse", "HEAD")


@pytest.mark.e2e
def test_a_project_of_a_release_is_updated(template: Path, tmp_path: Path) -> None:
    (template / "template/docs/old.md").write_text("Gone later.\n", encoding="utf-8")
    synthetic(tmp_path / "releases", "0.5.0", template)
    made = repository(tmp_path / "made", releases=tmp_path / "releases")
    project = tmp_path / "project"
    copier.run_copy(str(made), project, defaults=True, quiet=True, vcs_ref="0.5.0", unsafe=False)
    assert (project / "docs/old.md").exists()
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "first")
    copier.run_update(project, defaults=True, quiet=True, overwrite=True, unsafe=False)
    assert not (project / "docs/old.md").exists()
    assert yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))["_commit"] == "9.0.0"


# -- answers ----------------------------------------------------------------------------------------------------------
def test_all_pairs_of_answers_occur() -> None:
    domains = {"a": [1, 2, 3], "b": ["x", "y"], "c": [True, False], "d": [None]}
    rows = answers.pairwise(domains)
    for (one, ones), (two, twos) in combinations(domains.items(), 2):
        assert set(product(ones, twos)) == {(row[one], row[two]) for row in rows}
    assert len(rows) <= 8
    assert answers.pairwise({"a": [1, 2]}) == [{"a": 1}, {"a": 2}]
    assert answers.pairwise({}) == [{}]  # without questions there is one project


def test_the_pairwise_set_has_every_choice() -> None:
    rows = pairwise()
    assert {row["license"] for row in rows} == {"Proprietary", "MIT", "BSD-3-Clause", "Apache-2.0"}
    assert len({(row["license"], row["python_version"]) for row in rows}) == 12
    assert len({row["package_name"] for row in rows}) == 2
    assert profiles()


def test_the_command_names_what_it_wrote(
    template: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(keep, "write", lambda template, tag: template / tag)
    keep.main(["1.0.0", "--template", str(template)])
    assert str(template / "1.0.0") in caplog.text
    done = subprocess.run(
        ["make", "-n", "release-archive", "TAG=0.2.0"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'release.keep "0.2.0"' in done.stdout
