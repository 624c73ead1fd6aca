from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time

from tests.admin.live import Live

COMMAND = (sys.executable, "-m", "readylb", "exec", "-it", "readiness-rc-5v64f", "--", "cat")


def _read_until(descriptor: int, wanted: bytes) -> bytes:
    seen = b""
    deadline = time.monotonic() + 10
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([descriptor], [], [], 0.1)[0]:
            seen += os.read(descriptor, 4096)
    return seen


def test_a_terminal_is_raw_while_the_command_runs_and_restored_after(live: Live) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (33, 99))
    before = termios.tcgetattr(theirs)
    environment = {name: value for name, value in os.environ.items() if name not in {"LINES", "COLUMNS"}}
    try:
        with subprocess.Popen(
            COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        ) as process:
            while not live.call(lambda: bool(live.world.runtime.sessions)):
                assert process.poll() is None
            session = live.world.runtime.sessions[0]
            while not live.call(lambda: session.size is not None):
                assert process.poll() is None
            os.write(ours, b"\x03typed")
            assert b"\x03typed" in _read_until(ours, b"typed")
            assert not termios.tcgetattr(theirs)[3] & termios.ECHO
            live.call(session.close_stdin)
            assert process.wait(10) == 0
        assert session.size == (33, 99)
        assert termios.tcgetattr(theirs)[3] == before[3]
    finally:
        os.close(ours)
        os.close(theirs)
