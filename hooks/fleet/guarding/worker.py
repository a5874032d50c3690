"""A process that runs the guard for one project after another: it imports Copier once.

It writes a line when it is ready. Then it reads requests, a line of JSON each, and answers each with a line: the exit
code, and what the guard said. It runs with the guard's packages, in an environment without tokens.
"""

import importlib
import json
import os
import sys
import tempfile
import traceback
from typing import BinaryIO

FAILED = 1


def _run(guard: object, arguments: list[str]) -> int:
    sys.argv = ["template", *arguments]
    try:
        return int(guard.main())  # type: ignore[attr-defined]
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except Exception:
        traceback.print_exc()
        return FAILED


def serve(guard: object, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers requests until there are no more."""
    answers.write(b"ready\n")
    answers.flush()
    for line in requests:
        with tempfile.TemporaryFile() as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            code = _run(guard, json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            said.seek(0)
            text = said.read().decode(errors="replace")
        answers.write(f"{json.dumps({'code': code, 'said': text})}\n".encode())
        answers.flush()


def main() -> None:
    """Takes the channels, so that nothing that the guard starts writes to them, and imports the guard."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    importlib.import_module("warm").warm()
    sys.path[0] = sys.argv[1]  # in place of this folder
    serve(importlib.import_module("main"), requests, answers)


if __name__ == "__main__":
    main()
