"""`tools/update.py` of a project starts the guard of the version to update to, out of the recorded source."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from source import handover
from source.environment import allowed
from support.guard_process import Inner
from support.small_template import source
from support.template_origin import ENVIRONMENT, FIRST, ROOT, SECOND, commit, files, git, put

STARTER = ROOT / "template/tools/update.py"
GUARD = "hooks/update/main.py"
THIRD = "3.0.0"
# Says what it was started with, and ends as it is told to.
OTHER = """# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
import json, os, sys

open(os.environ.pop("TEMPLATE_UPDATE_STARTED"), "w").close()
json.dump({"guard": "NAME", "arguments": sys.argv[1:], "environment": sorted(os.environ), "from": __file__}, sys.stdout)
sys.exit(CODE)
"""
UV_CACHE = os.environ.get("UV_CACHE_DIR") or str(
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
)
spec = importlib.util.spec_from_file_location("starter", STARTER)
assert spec
assert spec.loader
starter = importlib.util.module_from_spec(spec)
spec.loader.exec_module(starter)


def guard(name: str, code: int = 0) -> dict[str, str | bytes | None]:
    """The file of a guard that says its name."""
    return {GUARD: OTHER.replace("NAME", name).replace("CODE", str(code))}


def start(project: Inner, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `tools/update.py` as the Makefile does, its cache below the project's parent folder."""
    cache = {"XDG_CACHE_HOME": str(project.path.parent / "cache")}
    command = [sys.executable, str(STARTER), *arguments]
    run = ENVIRONMENT | {"UV_CACHE_DIR": UV_CACHE} | cache | environment
    return subprocess.run(command, cwd=project.path, env=run, capture_output=True, text=True, check=False)  # noqa: S603


def told(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What the guard was started with."""
    assert done.stdout, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture
def released(small: Inner) -> Inner:
    """A project whose template has a second and a third release, each with its guard; a checkout has another one."""
    small.origin.release(SECOND, guard("second", 3))
    small.origin.release(THIRD, guard("third"))
    put(small.origin.path, {GUARD: "raise SystemExit('not this one')"})
    return small


def test_the_guard_gets_the_arguments_and_decides(released: Inner) -> None:
    given = ["update", "--to", SECOND, "--dry-run", "--data", "description=a b", "--json", "out.json"]
    done = start(released, *given, GH_TOKEN="t", FOO="x", GIT_ASKPASS="x")  # noqa: S106
    assert done.returncode == 3, done.stderr
    found = told(done)
    assert found["guard"] == "second"
    assert found["arguments"] == [*given, "--template", str(released.origin.path)]
    assert not {"GH_TOKEN", "FOO", "GIT_ASKPASS", "TEMPLATE_UPDATE_STARTED"} & set(found["environment"])
    assert {"PATH", "HOME"} <= set(found["environment"])
    assert not Path(found["from"]).exists()  # the temporary folder is removed


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (["update"], "third"),
        (["status"], "third"),
        (["update", f"--to={SECOND}"], "second"),
        (["update", "--to", "no-such-version"], "third"),  # says so
        (["update", "--to", FIRST], "third"),  # without a guard of its own: it says that this is older
    ],
)
def test_whose_guard_it_is(given: list[str], name: str, released: Inner) -> None:
    assert told(start(released, *given))["guard"] == name


def test_the_versions_are_in_order_and_no_pre_release_is_newest(small: Inner) -> None:
    for version in ("10.0.0", "9.0.0", "11.0.0rc1", "nightly"):
        small.origin.release(version, guard(version))
    git(small.origin.path, "config", "column.ui", "always")
    assert told(start(small, "update"))["guard"] == "10.0.0"


def test_an_unreleased_checkout(released: Inner) -> None:
    """A project of a commit after the newest release has the guard of that commit; one can be named, too."""
    put(released.origin.path, guard("unreleased"))
    commit(released.origin.path)
    assert told(start(released, "update", "--to", "HEAD"))["guard"] == "unreleased"
    described = git(released.origin.path, "describe", "--tags").strip()
    answers = released.read(".copier-answers.yml")
    released.work({".copier-answers.yml": re.sub(r"(?m)^_commit: .*", f"_commit: {described}", answers)})
    assert told(start(released, "update"))["guard"] == "unreleased"


def test_a_remote_is_kept_in_the_cache_and_serves_without_a_network(released: Inner) -> None:
    remote = released.origin.path.with_name("remote.git")
    git(released.origin.path.parent, "clone", "--quiet", "--mirror", str(released.origin.path), str(remote))
    source(released, f"file://{remote}")
    kept = told(start(released, "update"))["arguments"][-1]
    assert Path(kept).parent == released.path.parent / "cache/copier-mlops/templates"
    put(released.origin.path, guard("fourth"))
    commit(released.origin.path)
    git(released.origin.path, "tag", "4.0.0")
    git(released.origin.path, "push", "--quiet", "--tags", str(remote))
    assert told(start(released, "update"))["guard"] == "fourth"
    remote.rename(remote.with_name("gone"))
    done = start(released, "update")
    assert told(done)["guard"] == "fourth"
    assert "can't be reached, the copy that was fetched last is used" in done.stderr


def test_a_folder_that_is_no_repository_is_named(small: Inner, tmp_path: Path) -> None:
    source(small, str(tmp_path))
    done = start(small, "update")
    assert done.returncode == 1
    assert done.stderr.startswith(f"refused: git tag failed in {tmp_path}: fatal: not a git repository")


def test_a_relative_path_is_that_from_the_project(released: Inner) -> None:
    source(released, f"../{released.origin.path.name}")
    inner = released.path / "docs"
    command = [sys.executable, str(STARTER), "status"]
    done = subprocess.run(command, cwd=inner, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603
    assert told(done)["arguments"] == ["status", "--template", str(released.origin.path.resolve())]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("gh:org/name", "https://github.com/org/name.git"),
        ("gh:/org/name.git", "https://github.com/org/name.git"),
        ("gl:org/group/name", "https://gitlab.com/org/group/name.git"),
        ("git+https://example.com/name", "https://example.com/name"),
        ("git@example.com:org/name.git", "git@example.com:org/name.git"),
        ("../template", "../template"),
    ],
)
def test_forms_of_a_source(written: str, url: str) -> None:
    assert starter.address(written) == url


@pytest.mark.parametrize("broken", ['requires-python = ">=99"', "dependencies = ['no-such-package-here']"])
def test_what_can_not_be_started_is_a_failure(broken: str, small: Inner) -> None:
    """Codes of uv are not those of a guard: 2 is a failure there, and nothing to do here."""
    text = OTHER.replace("# dependencies = []\n", "") if "dependencies" in broken else OTHER
    text = re.sub("# requires-python.*\n", "", text) if "python" in broken else text
    small.origin.release(SECOND, {GUARD: text.replace("# /// script\n", f"# /// script\n# {broken}\n")})
    done = start(small, "update", UV_OFFLINE="1")
    assert done.returncode == 1
    assert "refused: the guard of the template in " in done.stderr
    assert "could not be started, see above" in done.stderr


def test_a_template_without_a_guard(small: Inner) -> None:
    done = start(small, "update")
    assert done.returncode == 1
    assert "has no hooks/update/main.py in a version to update to: name a local clone" in done.stderr


def test_a_guard_that_leads_out_of_its_folder_is_not_unpacked(small: Inner) -> None:
    put(small.origin.path, guard("second"))
    (small.origin.path / "hooks/update/evil").symlink_to("/etc")
    small.origin.release(SECOND, {})
    done = start(small, "update")
    assert done.returncode == 1
    assert "refused: 'hooks/update/evil' is a link to an absolute path" in done.stderr


@pytest.mark.parametrize(
    "transport", ["ext::sh -c 'env > PWNED'", "fd::17/x", "-oProxyCommand=env>PWNED", "--upload-pack=x", "/no/where"]
)
def test_what_can_not_be_fetched_names_the_way_out(transport: str, small: Inner) -> None:
    source(small, transport)
    before = small.state()
    done = start(small, "update")
    assert done.returncode == 1
    assert f"refused: the template can't be fetched from {transport}: name a local clone" in done.stderr
    assert small.state() == before
    assert not list((small.path.parent / "cache/copier-mlops/templates").iterdir())


@pytest.mark.parametrize("text", ["", "- a\n", "_commit: 1.0.0\n", "a: [\n", "_src_path: 3\n"])
def test_answers_that_name_no_template(text: str, small: Inner) -> None:
    put(small.path, {".copier-answers.yml": text})
    done = start(small, "update")
    assert done.returncode == 1
    assert done.stderr.startswith("refused: ")


def test_usage_is_a_failure(released: Inner) -> None:
    done = start(released, "update", "--to")
    assert done.returncode == 1
    assert "refused: argument --to: expected one argument" in done.stderr


def test_fetch_only_clones(released: Inner, tmp_path: Path) -> None:
    done = start(released, "fetch", str(tmp_path / "clone"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert git(tmp_path / "clone", "tag").split() == [FIRST, SECOND, THIRD]
    assert start(released, "fetch", str(tmp_path / "clone")).returncode == 1


def test_the_environment_is_the_one_that_the_guard_allows() -> None:
    """Two lists, for a project must be able to start any guard: they differ in Git's numbered settings alone."""
    names = re.findall(
        r"\w+",
        "PATH HOME LC_ALL TZ TMPDIR SYSTEMROOT SYSTEMDRIVE LOCALAPPDATA HTTPS_PROXY HTTP_PROXY no_proxy SSL_CERT_FILE "
        "XDG_CACHE_HOME UV_OFFLINE UV_PUBLISH_TOKEN UV_INDEX_X_PASSWORD COPIER_SETTINGS_PATH PYTHONUTF8 PYTHONPATH "
        "GIT_AUTHOR_NAME GIT_ASKPASS GIT_CONFIG_GLOBAL GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM "
        "GH_TOKEN GITHUB_TOKEN AWS_SECRET_ACCESS_KEY SSH_AUTH_SOCK FOO",
    )
    kept = allowed(dict.fromkeys(names, "x")).keys()
    assert kept == {name for name in names if starter.ALLOWED.fullmatch(name)}
    assert "GH_TOKEN" not in kept


def test_the_guard_of_0_6_0_hands_over_to_this_one() -> None:
    """It reads the number from the text, and takes the folder `hooks/update` first."""
    texts = [text for name, text in files(ROOT / "hooks/update").items() if name.endswith(".py")]
    numbers = [int(number) for text in texts for number in re.findall(rb"(?m)^GENERATION = (\d+)\r?$", text)]
    assert numbers == [handover.GENERATION]
    assert handover.GENERATION > 1


def test_it_is_small() -> None:
    assert STARTER.read_text(encoding="utf-8").count("\n") < 150
