"""Stands where a virtual environment has its `python`: hands a command to a warm interpreter, or becomes a cold one.

`install` writes it there and fills in REAL. It runs isolated and without `site`, so it starts in milliseconds. It hands
over only what it recognizes; everything else runs as if it were not there.
"""

import os
import sys

REAL = "{real}"
HERE = os.path.dirname(sys.argv[0])  # noqa: PTH120
# A warm interpreter must have been started with the same values of these, which are read at the start.
READ_AT_START = ("PYTHON", "OMP_", "OPENBLAS_", "MKL_", "LD_", "MPL", "ARROW_", "MALLOC_")
PROGRAMS = ("dvc", "pytest")  # besides the project's own: not servers, which read their settings as they are imported
CHILD_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


def cold():
    """Becomes the real interpreter."""
    os.execv(REAL, sys.argv)  # noqa: S606


def recognized(arguments):
    """Tells whether these arguments run a module of the project in this folder, a text, a script, DVC or pytest."""
    if not arguments:
        return False
    first, *rest = arguments
    if first == "-m":
        top = rest[0].partition(".")[0] if rest else ""
        hidden = os.path.exists(top) or os.path.exists(f"{top}.py")  # noqa: PTH110 - by what this folder has
        return not hidden and (top in PROGRAMS or os.path.isdir(f"src/{top}"))  # noqa: PTH112
    if first == "-c":
        return bool(rest)
    folder, name = os.path.split(first)
    return not first.startswith("-") and (name.endswith(".py") or (name in PROGRAMS and folder == HERE))


def alone():
    """Tells whether no files but the standard three were inherited: only those can be handed over."""
    return all(int(name) < 3 or not os.path.exists(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd"))  # noqa: PTH110, PTH208


def hand_over(arguments):
    """Returns the connection to a warm interpreter that runs the command, or None where there is none that fits."""
    import _socket
    import marshal

    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(os.environ["WARM_PYTHON"])
    except OSError:
        return None
    umask = os.umask(0)
    os.umask(umask)
    settings = sorted((key, value) for key, value in os.environ.items() if key.startswith(READ_AT_START))
    with open("/proc/self/limits") as limits:  # noqa: PTH123
        asked = (settings, limits.read(), os.getcwd(), umask, dict(os.environ), sys.argv[0], arguments)  # noqa: PTH109
    data = marshal.dumps(asked)
    files = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    connection.sendmsg([len(data).to_bytes(8, "little")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    rest = memoryview(data)
    while rest:
        rest = rest[connection.send(rest) :]
    return connection if connection.recv(1) == b"y" else None


def follow(connection):
    """Passes signals on, and ends as the process of the command ends."""
    import _signal

    for name in CHILD_SIGNALS:
        _signal.signal(getattr(_signal, name), lambda number, _: connection.send(bytes([number])))
    said = b""
    while len(said) < 4:
        part = connection.recv(4)
        if not part:
            sys.stderr.write("the warm interpreter is gone\n")
            os._exit(255)
        said += part
    status = int.from_bytes(said, "little")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != _signal.SIGKILL:
            _signal.signal(number, _signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def main():
    """Runs the command."""
    arguments = sys.argv[1:]
    fits = os.environ.get("WARM_PYTHON") and recognized(arguments) and alone()
    connection = hand_over(arguments) if fits else None
    if connection is None:
        cold()
    follow(connection)


main()
