"""What a fork of a warm interpreter does: becomes the process that its client would have been, and runs the command."""

import atexit
import importlib
import json
import os
import random
import runpy
import signal
import site
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

STANDARD = Path(os.__file__).parent
PACKAGES = Path(sysconfig.get_path("purelib"))


def _tell(known: frozenset[str], writer: int) -> None:
    """Writes the names of the modules that the command imported, without those of the project."""
    modules = ((name, getattr(module, "__spec__", None)) for name, module in tuple(sys.modules.items()))
    names = [name for name, spec in modules if name not in known and spec and _is_foreign(spec.origin)]
    os.write(writer, f"{json.dumps(names)}\n".encode())


def _is_foreign(origin: str | None) -> bool:
    return any(Path(origin or "").is_relative_to(folder) for folder in (STANDARD, PACKAGES))


def become(client: tuple, files: list[int], writer: int) -> None:
    """Takes over folder, mask, environment and files of a client.

    Args:
        client: Folder, mask, environment, program and arguments.
        files: Its standard input, output and error.
        writer: Where to tell at the end what was imported.
    """
    folder, umask, environment, program, _ = client
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for target, source in enumerate(files):
        os.dup2(source, target)
        os.close(source)
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    sys.executable = program
    # The project of the client, which is installed as a path, may be another one than at the start.
    sys.path[:] = [entry for entry in sys.path if Path(entry).is_relative_to(STANDARD) or entry == str(PACKAGES)]
    site.addsitedir(str(PACKAGES))
    importlib.invalidate_caches()
    atexit.register(_tell, frozenset(sys.modules), writer)


def run(arguments: list[str]) -> None:
    """Runs a command as `python ARGUMENTS` does."""
    first, *rest = arguments
    scope = sys.modules["__main__"].__dict__
    for name in [name for name in scope if not name.startswith("__")]:
        del scope[name]
    if first == "-m":
        sys.argv = ["-m", *rest[1:]]
        sys.path.insert(0, str(Path.cwd()))
        runpy._run_module_as_main(rest[0])
        return
    if first == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        code = compile(rest[0], "<string>", "exec")
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(first).resolve().parent))
        scope["__file__"] = first
        code = compile(Path(first).read_bytes(), first, "exec")
    exec(code, scope)  # noqa: S102
