"""What people type after `NAME=` is data: neither make nor a shell reads it, whatever it holds."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.template_origin import ENVIRONMENT

# Says what it was called with.
UV = """#!/bin/sh
for argument; do printf '%s\\0' "$argument"; done > called
"""
HOSTILE = (
    "found `touch pwned` drift",
    "$(touch pwned)",
    "$(shell touch pwned)",
    "${shell touch pwned}",
    '"; touch pwned; echo "',
    "'; touch pwned; '",
    "a & touch pwned | b > c < d # e",
    '$HOME $$ \\ \\" 100 % * ?',
    "two\nlines",
)
CALLS = {
    "promote": ("WHY", "MODEL"),
    "rollback": ("WHY",),
    "retrain": ("WHY", "SOURCE"),
    "audit": ("AGAINST",),
    "audit-reanchor": ("WHY",),
    "audit-report": ("SINCE", "UNTIL", "OUT"),
    "access": ("PERSON",),
    "deliver": ("ENV", "IMAGE", "WHY"),
    "delivered": ("LABELS",),
    "smoke": ("ENV", "URL"),
    "score": ("FROM", "TO"),
    "scale-ingest": ("FROM", "TO"),
}


@pytest.fixture(scope="module")
def project(files_of: Callable[..., Path]) -> Path:
    """The files of a project, and a `uv` that only remembers."""
    made = files_of(maturity="advanced", scale="ray")
    (made / "bin").mkdir()
    (made / "bin/uv").write_text(UV)
    (made / "bin/uv").chmod(0o755)
    return made


def called(project: Path, *arguments: str, **variables: str) -> list[str]:
    """Runs make, and returns what uv was called with."""
    environment = {**ENVIRONMENT, **variables, "PATH": f"{project / 'bin'}{os.pathsep}{ENVIRONMENT['PATH']}"}
    done = subprocess.run(  # noqa: S603
        ["make", *arguments],  # noqa: S607
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (project / "pwned").exists(), arguments
    return (project / "called").read_text().split("\0")


@pytest.mark.capability("audit log")
@pytest.mark.parametrize("verb", CALLS)
def test_text_arrives_as_it_was_typed(verb: str, project: Path) -> None:
    for text in HOSTILE:
        names = dict.fromkeys(CALLS[verb], text)
        for arguments in (
            called(project, verb, *(f"{name}={typed}" for name, typed in names.items())),
            called(project, verb, **names),
        ):
            assert arguments.count(text) == len(names), (arguments, text)


def test_what_is_not_typed_has_its_default(project: Path) -> None:
    assert called(project, "delivered")[-3:-1] == ["verify", "staging"]
    assert called(project, "access", "PERSON=ada")[-4:-1] == ["ada", "--role", "viewer"]
    assert called(project, "smoke", "URL=http://x", "SECONDS=5")[-5:-1] == ["staging", "http://x", "--seconds", "5"]
    assert called(project, "export", "ARGS=--version 2")[-3:-1] == ["--version", "2"]
