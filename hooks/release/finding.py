"""What a rule found: one sentence that says where, what, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Something that would hurt the projects that update to this release."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Returns the sentence."""
        return f"{self.where}: {self.what}; {self.remedy}."
