"""What Git says of the files in the folder: which it does not know, which are changed."""

from pathlib import Path

from ..core.lineage import git


def untracked(*places: str) -> list[str]:
    """Returns the files below some paths that Git does not know and is not told to ignore."""
    return (git("ls-files", "--others", "--exclude-standard", "--", *places) or "").splitlines()


def modified() -> list[str]:
    """Returns the files that Git knows and that differ from the commit."""
    return (git("diff", "--name-only", "--relative", "HEAD") or "").splitlines()


def is_of(path: str, revision: str) -> bool:
    """Whether a file is here as it is in a git revision."""
    return git("diff", "--quiet", revision, "--", path) is not None


def is_only_here(path: str) -> bool:
    """Whether a path is one of this folder that neither Git nor DVC keeps."""
    here = not Path(path).is_absolute() and Path(path).exists()
    return here and not git("ls-files", "--", path) and not Path(f"{path}.dvc").exists()


def outermost(path: str) -> str:
    """Returns the outermost folder around a path in which Git knows no file, or the path: DVC makes no folders."""
    around = [folder.as_posix() for folder in reversed(Path(path).parents) if folder != Path()]
    return next((folder for folder in around if not git("ls-files", "--", folder)), path)


def time_of(revision: str) -> float:
    """Returns when a commit was made, in seconds since 1970."""
    return float(git("show", "--no-patch", "--format=%ct", revision) or 0)
