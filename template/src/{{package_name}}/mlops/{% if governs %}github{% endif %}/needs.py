"""What the workflows need of GitHub: environments with secrets, variables, and jobs that may be required checks."""

from dataclasses import dataclass, field

MAIN = "main"  # the branch that the workflows name
PULLS = "refs/pull/*/merge"  # the ref of a job of a pull request, which a rule of branches must admit by name


@dataclass
class Environment:
    """An environment that jobs name.

    Attributes:
        refs: From which its jobs come: `MAIN`, `PULLS` or both.
        secrets: Names of the secrets that its jobs read.
    """

    refs: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)

    @property
    def reviewed(self) -> bool:
        """Whether a person lets its jobs through: a pull request is proposed, and nothing is merged yet."""
        return PULLS in self.refs


@dataclass
class Needs:
    """What all workflows need.

    Attributes:
        environments: By name.
        variables: Each variable, and the jobs that read it, as `deliver.yml: smoke`.
        loose: Secrets that a job without an environment reads, and where.
        checks: Names of the jobs that every pull request starts: what can be required.
        not_checks: Jobs of pull requests that can't be required, each with the reason.
    """

    environments: dict[str, Environment] = field(default_factory=dict)
    variables: dict[str, set[str]] = field(default_factory=dict)
    loose: dict[str, set[str]] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)
    not_checks: list[str] = field(default_factory=list)
