"""What a measurement starts ends with it."""

import importlib
import os
import secrets
import time
from pathlib import Path

import pytest
from support.rendered_project import ROOT
from support.surviving_processes import VARIABLE, marked

MARK = secrets.token_hex(16)
# A server whose workers have sessions of their own, one of them with a child.
COMMAND = ("sh", "-c", "setsid sleep 64 & setsid sh -c 'sleep 64 & sleep 64' & sleep 64")


def test_a_server_ends_with_its_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "bench")
    serving = importlib.import_module("serving")
    monkeypatch.setenv(VARIABLE, MARK)
    server = serving.Server("ours", COMMAND, folder=tmp_path)
    with serving.running(server, 0, tmp_path / "log") as process:
        deadline = time.monotonic() + 30
        while len(groups := {os.getpgid(number) for number in marked(MARK)}) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(groups) == 3
        assert process.pid in groups
    while marked(MARK) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not marked(MARK)
