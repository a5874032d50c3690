"""What the adoption will be: files to commit, and a row for each decision, which the modules beside this one add."""

from dataclasses import dataclass, field

from adopt.sides.repository import AdoptError, Repository

BESIDE = ".template"  # folder for what the template has under a path that is taken


@dataclass(frozen=True)
class Row:
    """What happens to a path, or what a reader should know.

    Attributes:
        verdict: `new`, `same`, `yours` (stays, the template's is not added), `both` (yours stays or is extended, the
            template's is there too), `changed`, `legacy` (left out of a check), `command`, `secret`, `note`.
        path: The path; of a command, its name.
        reason: Why, and what to do.
        person: Whether the project does not work before somebody looks at it.
    """

    verdict: str
    path: str
    reason: str = ""
    person: bool = False


@dataclass
class Draft:
    """The adoption, as far as it is decided.

    Attributes:
        repository: The repository.
        package: Name of the new package.
        files: Files to commit; at first all that the template renders.
        rows: What was decided.
        keep: Paths at which the template's file is not wanted.
        elsewhere: Where a file of the template lies whose own path is taken, by that path.
    """

    repository: Repository
    package: str
    files: dict[str, bytes]
    rows: list[Row] = field(default_factory=list)
    keep: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)

    def say(self, verdict: str, path: str, reason: str = "", *, person: bool = False) -> None:
        """Adds a row."""
        self.rows.append(Row(verdict, path, reason, person))

    def text(self, path: str) -> str:
        """Returns a file to commit, as text."""
        return self.files[path].decode("utf-8")

    def put(self, path: str, text: str) -> None:
        """Sets a file to commit."""
        self.files[path] = text.encode("utf-8")

    def swap(self, path: str, old: str, new: str) -> None:
        """Replaces a text in one of the template's files.

        Raises:
            AdoptError: It is not there: the template is of another release than this command.
        """
        text = self.text(path)
        if old not in text:
            message = (
                f"the template's {path} has no {old.strip()!r}: take the command from a checkout of the same release"
            )
            raise AdoptError(message)
        self.put(path, text.replace(old, new))

    def place(self, path: str) -> str:
        """Returns where a file of the template lies in this repository."""
        return self.elsewhere.get(path, path)
