"""The rows of the lists of moves that hold for one project."""

from collections.abc import Collection
from dataclasses import dataclass

from rewriting.rows import Row, Rows

PACKAGE = "{package}"


@dataclass(frozen=True)
class Listed:
    """What the versions between two releases moved, with `{package}` for the package.

    Attributes:
        rows: The rows by old path.
        packages: Name of the package before and after the update.
        kept: Old paths, with the package's name, of files that the project keeps where they are.
    """

    rows: Rows
    packages: tuple[str, str]
    kept: Collection[str] = ()

    def filled(self) -> Rows:
        """Returns the rows with the package's names."""
        old, new = self.packages
        return {
            path.replace(PACKAGE, old): Row(
                row.to and row.to.replace(PACKAGE, new),
                {name: (place.replace(PACKAGE, new), into) for name, (place, into) in row.names.items()},
            )
            for path, row in self.rows.items()
            if path.replace(PACKAGE, old) not in self.kept
        }

    def places(self) -> dict[str, list[str]]:
        """Returns the new paths of each file and of the names in it."""
        return {
            old: [to for to in (row.to, *(place for place, _ in row.names.values())) if to]
            for old, row in self.filled().items()
        }

    def holding(
        self, base: Collection[str], theirs: Collection[str], ours: Collection[str]
    ) -> tuple[Rows, dict[str, str]]:
        """Returns the rows that hold for a project, and the new path of each file that can't move, by old path.

        A row holds where the recorded version has the old path and the new version the new one: what an option leaves
        out does not move. Where the package has a new name, all of its folder moves, the project's own modules too.
        """
        rows = self.filled()
        inside, into = (f"src/{package}/" for package in self.packages)
        own = {path for path in ours if inside != into and path.startswith(inside) and path not in base}
        if inside != into:
            moving = {path for path in base if path.startswith(inside)} | own
            rows = {path: Row(into + path.removeprefix(inside)) for path in moving} | rows
        holding: Rows = {}
        for old, row in rows.items():
            to = row.to if row.to in theirs or old in own else None
            names = {name: place for name, place in row.names.items() if place[0] in theirs}
            if old not in base and old not in own:
                continue
            if to or names:
                holding[old] = Row(to, names)
        blocked: dict[str, str] = {}
        while stuck := _stuck(holding, base, ours, own):  # what stays is in the way of others
            blocked |= {old: to for old, to in stuck.items() if old in ours}
            holding = {old: row for old, row in holding.items() if old not in stuck}
        return holding, blocked


def _stuck(rows: Rows, base: Collection[str], ours: Collection[str], own: set[str]) -> dict[str, str]:
    """Returns the new path of each row whose new path is taken by a file that does not move away, or by an own one."""
    away = {old for old, row in rows.items() if row.to not in (None, old)}
    claimed = {row.to for old, row in rows.items() if old in own}
    return {
        old: row.to
        for old, row in rows.items()
        if row.to not in (None, old)
        and (
            (row.to not in away and any(old in side and row.to in side for side in (base, ours)))
            or (old not in own and row.to in claimed)
        )
    }


NONE = Listed({}, ("", ""))
