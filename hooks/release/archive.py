"""Releases as archives in `tests/data/releases`: `copier.yml`, its words, `template/`, the guard, lists of moves."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

from packaging.version import Version

from release.version import parsed

ROOT = Path(__file__).resolve().parents[2]
RELEASES = ROOT / "tests/data/releases"
MOVES = "hooks/release/moves"  # the lists of what each release moved
GUARD = "hooks/update"
WORDS = "hooks/questions"  # the word lists that `copier.yml` includes
PARTS = ("copier.yml", "template", WORDS, GUARD, MOVES)
SUFFIX = ".tar.gz"
LEFT_OUT = ("__pycache__", ".*_cache", "*.py[co]", ".DS_Store")  # what tools and machines leave in a working tree


def version_of(path: Path) -> Version | None:
    """Returns the version that the name of an archive says."""
    return parsed(path.name.removesuffix(SUFFIX)) if path.name.endswith(SUFFIX) else None


def released(folder: Path = RELEASES) -> dict[Version, Path]:
    """Returns the archives of a folder, oldest version first."""
    versions = {version: path for path in folder.glob(f"*{SUFFIX}") if (version := version_of(path))}
    return dict(sorted(versions.items()))


def packed(folder: Path, names: Iterable[str]) -> bytes:
    """Returns files as a tar archive that depends on their names, contents and executable bits alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(names):
            content = (folder / name).read_bytes()
            entry = tarfile.TarInfo(name)  # no time, no owner
            entry.size = len(content)
            entry.mode = 0o755 if (folder / name).stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def compressed(content: bytes) -> bytes:
    """Returns bytes as gzip without name and time."""
    return gzip.compress(content, compresslevel=9, mtime=0)


def unpacked(source: Path, target: Path) -> Path:
    """Copies the template of a folder or of an archive into a plain folder, and returns that.

    Raises:
        FileNotFoundError: There is no template.
    """
    if source.is_dir():
        shutil.copy(source / PARTS[0], target)
        left_out = shutil.ignore_patterns(*LEFT_OUT)
        for part in filter(lambda part: (source / part).is_dir(), PARTS[1:]):
            shutil.copytree(source / part, target / part, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    else:
        with tarfile.open(source) as archive:
            archive.extractall(target, filter="data")
    return target
