"""A command that a warm interpreter runs does what a cold one does; what it does not recognize runs cold."""

import os
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.warm_python import install

MODULE = """
import os, sys
def main():
    print(sys.argv[1:], sys.executable, os.getcwd(), os.environ["TOLD"], os.umask(0), __name__, sys.stdin.read())
    print("to the error", file=sys.stderr)
    sys.exit(7)
if __name__ == "__main__":
    main()
"""
PARENT = "import os; print(os.getppid())"


@dataclass(frozen=True)
class Warm:
    """A virtual environment with a warm interpreter."""

    folder: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        """Returns a command of its `python`."""
        return [str(self.folder / "venv/bin/python"), *arguments]

    def run(self, *arguments: str, feed: str = "", **options: object) -> subprocess.CompletedProcess[str]:
        """Runs `python` with arguments."""
        more = {"cwd": self.folder, "env": self.environment, "text": True, "capture_output": True, "check": False}
        return subprocess.run(self.command(*arguments), input=feed, timeout=60, **(more | options))  # noqa: S603

    def is_warm(self, *arguments: str, **options: object) -> bool:
        """Tells whether a warm interpreter ran a text that prints its parent's process id."""
        parent = int(self.run(*arguments, "-c", PARENT, **options).stdout)
        return parent != os.getpid()


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """An environment with a package and a script in its folder."""
    folder = tmp_path_factory.mktemp("warm")
    venv.create(folder / "venv", symlinks=True)
    package = folder / "src/module"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(MODULE, encoding="utf-8")
    (folder / "script.py").write_text(MODULE, encoding="utf-8")
    (next(folder.glob("venv/lib/*/site-packages")) / "own.pth").write_text(f"{package.parent}\n", encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment = kept | {"WARM_PYTHON": str(folder / "warm"), "TOLD": "yes"}
    with install.started(folder / "venv", environment, folder / "warm"):
        deadline = time.monotonic() + 30
        while not (folder / "warm").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Warm(folder, environment)


@pytest.mark.parametrize("arguments", [("-m", "module"), ("script.py",)], ids=["module", "script"])
def test_it_is_the_process_that_a_cold_one_would_be(warm: Warm, arguments: tuple[str, ...]) -> None:
    assert warm.is_warm()
    done = [
        warm.run(*arguments, "a", "b", feed="fed", env=warm.environment | told) for told in ({}, {"WARM_PYTHON": ""})
    ]
    assert done[0].stdout == done[1].stdout
    assert done[0].stdout.startswith(f"['a', 'b'] {warm.folder}/venv/bin/python {warm.folder} yes 18 __main__ fed")
    assert [one.stderr for one in done] == ["to the error\n"] * 2
    assert [one.returncode for one in done] == [7, 7]


def test_what_fails_fails_alike(warm: Warm) -> None:
    for arguments in (("-m", "module.nowhere"), ("-c", "1 / 0"), ("-c", "import sys; sys.exit('no')")):
        warmly, coldly = (warm.run(*arguments, env=warm.environment | told) for told in ({}, {"WARM_PYTHON": ""}))
        assert warmly.returncode == coldly.returncode == 1
        assert warmly.stderr.splitlines()[-1] == coldly.stderr.splitlines()[-1].replace(sys.executable, "python")


def test_what_it_does_not_recognize_runs_cold(warm: Warm) -> None:
    assert not warm.is_warm("-X", "utf8")
    assert "usage: python -m json" in warm.run("-m", "json.tool", "--help").stdout.replace(".tool", "")
    (warm.folder / "dvc.py").write_text("import sys; print('mine', len(sys.modules) < 99)", encoding="utf-8")
    assert warm.run("-m", "dvc").stdout.startswith("mine ")
    assert not warm.is_warm(env=warm.environment | {"PYTHONHASHSEED": "1"})
    assert not warm.is_warm(env=warm.environment | {"WARM_PYTHON": str(warm.folder / "nobody")})
    reader, writer = os.pipe()
    assert not warm.is_warm(pass_fds=(writer,))
    os.close(reader)
    os.close(writer)


def test_what_a_command_imported_is_there_for_the_next(warm: Warm) -> None:
    known = "import sys; print('wave' in sys.modules)"
    assert warm.run("-c", f"{known}; import wave").stdout == "False\n"
    deadline = time.monotonic() + 30
    while warm.run("-c", known).stdout != "True\n":
        assert time.monotonic() < deadline
    assert warm.run("-c", "import sys; print('module' in sys.modules)").stdout == "False\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_both(warm: Warm, number: int) -> None:
    text = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    options = {"cwd": warm.folder, "env": warm.environment, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(warm.command("-c", text), **options) as running:  # noqa: S603
        assert running.stdout is not None
        fork = int(running.stdout.readline())
        assert fork != running.pid
        running.send_signal(number)
        assert running.wait(30) == -number
    deadline = time.monotonic() + 30
    while Path(f"/proc/{fork}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_client_that_is_gone_before_it_reads_the_answer_ends_nobody_else(warm: Warm) -> None:
    for wait in range(40):
        with subprocess.Popen(warm.command("-c", "pass"), cwd=warm.folder, env=warm.environment) as running:  # noqa: S603
            time.sleep(wait / 1000)
            running.kill()
    assert warm.is_warm()
