"""Rules about what is the project's own: paths in `_skip_if_exists`, which an update never changes once edited."""

from collections.abc import Iterator

from release.finding import Finding
from release.step import Step


def taken(step: Step) -> Iterator[Finding]:
    """Refuses a path that is no longer the project's own: an update would merge into what it never touched."""
    for path in _between(step, owned_before=True):
        yield Finding(
            path,
            "is no longer in `_skip_if_exists`, so an update would write over or into the project's own text",
            "list it as before",
        )


def given(step: Step) -> Iterator[Finding]:
    """Refuses a path that becomes the project's own without a word: plain Copier never changes it again."""
    for path in _between(step, owned_before=False):
        if not step.said(path):
            yield Finding(
                path,
                "becomes the project's own by `_skip_if_exists`, so `copier update` leaves the text of the release "
                "that a project comes from",
                f"take it out, or name {path} in CHANGELOG.md with what to do",
            )


def _between(step: Step, *, owned_before: bool) -> list[str]:
    paths = set()
    for pair in step.pairs:
        before, after = pair.before.owned & set(pair.kept), pair.after.owned & set(pair.kept)
        paths |= {pair.before.general(path) for path in (before - after if owned_before else after - before)}
    return sorted(paths)
