"""The update guard in this process: as its command line, without starting an interpreter."""

import contextlib
import io
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from unittest import mock

import copier
from support.template_origin import ENVIRONMENT, Made

assert copier  # compiled and kept, as what follows is not: the template's own folder stays clean
written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
guard_main = import_module("main")
sys.dont_write_bytecode = written


@dataclass(frozen=True)
class Inner(Made):
    """A project whose guard runs in this process. Not where the process is the subject: kills, locks, handing over."""

    def guard(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the guard of this working tree."""
        out, error = io.StringIO(), io.StringIO()
        handler, root = logging.StreamHandler(error), logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        try:
            with (
                mock.patch.dict(os.environ, ENVIRONMENT | environment, clear=True),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(error),
            ):
                code = guard_main.main([*arguments, "--project", str(self.path)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), error.getvalue())
