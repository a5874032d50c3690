# /// script
# requires-python = ">=3.11"
# dependencies = ["pyyaml>=6,<7"]
#
# [tool.uv]
# exclude-newer = "2026-11-20T00:00:00Z"
# ///
"""Runs the template's update guard: `make update`, `make template-status`; `fetch FOLDER` only clones the template.

The guard is `hooks/update` of the version to update to, in the repository that `_src_path` names. It gets the same
arguments and no tokens, and returns its exit code; 1 also where it can't be had.
"""

import argparse
import hashlib
import io
import logging
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

ANSWERS = ".copier-answers.yml"
GUARD = "hooks/update"
RELEASE = re.compile(r"v?\d+(\.\d+)*(\.?post\d+)?")
SHORT = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}
WAY_OUT = f"name a local clone with `--template FOLDER`, or correct `_src_path` in {ANSWERS} and commit it"
# No hooks, no transport that runs a command, a tag a line.
SETTINGS = f"-c core.hooksPath={os.devnull} -c protocol.ext.allow=never -c protocol.fd.allow=never -c column.tag=never"
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE")
ALLOWED = re.compile(  # what programs need of the environment: no tokens, no passwords
    r"PATH|HOME|USER|LOGNAME|SHELL|TERM|COLUMNS|NO_COLOR|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEM(ROOT|DRIVE)"
    r"|COMSPEC|PATHEXT|WINDIR|USERPROFILE|(LOCAL)?APPDATA|PROGRAMDATA|(HTTPS?|ALL|NO)_PROXY|SSL_\w+|XDG_\w+"
    r"|UV_(?!PUBLISH)\w+|COPIER_SETTINGS_PATH|PYTHON(PYCACHEPREFIX|DONTWRITEBYTECODE|UTF8|IOENCODING)"
    r"|GIT_((AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)",
    re.IGNORECASE,
)
STARTED = "TEMPLATE_UPDATE_STARTED"  # names a file that the guard makes first: uv ends with 1 and 2, too
log = logging.getLogger(__name__)


def git(*arguments: str, at: Path) -> bytes:
    """Runs git in a folder, and returns what it printed; raises ValueError where it failed."""
    kept = {key: text for key, text in os.environ.items() if key not in FOREIGN}
    command, environment = ("git", *SETTINGS.split(), *arguments), kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    done = subprocess.run(command, cwd=at, env=environment, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise ValueError(f"git {arguments[0]} failed in {at}: {' '.join(done.stderr.decode(errors='replace').split())}")
    return done.stdout


def address(source: str) -> str:
    """Returns the URL or path of a source: Copier takes short forms."""
    short = re.fullmatch(r"(g[hl]):/*(.+?)/*(\.git)?", source)
    return f"{SHORT[short[1]]}{short[2]}.git" if short else source.removeprefix("git+")


def clone(source: str, folder: Path, near: Path) -> Path:
    """Clones the template with all branches and tags; raises ValueError where it can't be fetched."""
    try:
        git("clone", "--quiet", "--mirror", "--", address(source), str(folder), at=near)
    except ValueError as error:
        raise ValueError(f"the template can't be fetched from {source}: {WAY_OUT} ({error})") from None
    return folder


def fetch(source: str, near: Path) -> Path:
    """Returns a repository of the template: its folder, else a copy in the cache, fetched again if it can be."""
    if (folder := near / Path(address(source)).expanduser()).is_dir():
        return folder.resolve()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "copier-mlops/templates"
    copy = cache / hashlib.sha256(address(source).encode()).hexdigest()[:16]
    if not copy.is_dir():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        return clone(source, copy.with_suffix(f".{os.getpid()}"), near).rename(copy)
    try:
        git("remote", "update", "--prune", at=copy)
    except ValueError as error:
        log.warning("warning: %s can't be reached, the copy that was fetched last is used (%s)", source, error)
    return copy


def commit(name: str, repository: Path) -> str:
    """Returns the commit that a version is, or an empty text."""
    try:
        return git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}", at=repository).decode().strip()
    except ValueError:
        return ""


def unpack(names: Sequence[str], repository: Path, folder: Path) -> None:
    """Unpacks the guard of the first of these versions that has one; raises ValueError where none has."""
    for found in filter(None, (commit(name, repository) for name in names)):
        if git("ls-tree", found, "--", f"{GUARD}/main.py", at=repository):
            packed = git("archive", "--format=tar", found, GUARD, at=repository)
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(folder, filter="data")
            return
    raise ValueError(f"the template in {repository} has no {GUARD}/main.py in a version to update to: {WAY_OUT}")


def run(given: Sequence[str]) -> int:
    """Runs the guard, and returns its exit code; raises ValueError where it can't be had or does not start."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in ("--project", "--template", "--to"):
        parser.add_argument(option, default="")
    options, rest = parser.parse_known_args(given)
    here = Path(options.project).resolve()
    project = next((folder for folder in (here, *here.parents) if (folder / ANSWERS).is_file()), here)
    recorded = yaml.safe_load((project / ANSWERS).read_text(encoding="utf-8"))
    if not (isinstance(recorded, dict) and isinstance(recorded.get("_src_path"), str)):
        raise ValueError(f"{project / ANSWERS} names no template: restore it with `git checkout {ANSWERS}`")
    source = str(Path(options.template).resolve()) if options.template else recorded["_src_path"]
    if rest[:1] == ["fetch"]:
        clone(source, Path(*rest[1:2]).absolute(), project)
        return 0
    repository = fetch(source, project)
    newest = next(filter(RELEASE.fullmatch, git("tag", "--sort=-v:refname", at=repository).decode().split()), "")
    base = commit(str(recorded.get("_commit")), repository) or commit(str(recorded.get("_commit_id")), repository)
    later = newest not in (git("tag", "--merged", base, at=repository).decode().split() if base else [])
    with tempfile.TemporaryDirectory(prefix="template-guard-", ignore_cleanup_errors=True) as room:
        unpack([options.to, newest, base] if later else [options.to, base], repository, Path(room))
        started, guard = Path(room) / "started", f"{room}/{GUARD}/main.py"
        command = ["uv", "run", "--quiet", "--script", guard, *given, "--template", str(repository)]
        environment = {key: text for key, text in os.environ.items() if ALLOWED.fullmatch(key)}
        code = subprocess.run(command, env=environment | {STARTED: str(started)}, check=False).returncode  # noqa: S603
        if not started.exists():
            raise ValueError(f"the guard of the template in {repository} could not be started, see above")
    return code if code >= 0 else 128 - code


def main() -> int:
    """Runs the guard; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return run(sys.argv[1:])
    except (ValueError, OSError, RuntimeError, argparse.ArgumentError, yaml.YAMLError, tarfile.TarError) as refused:
        log.error("refused: %s", refused)
        return 1


if __name__ == "__main__":
    sys.exit(main())
