from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from readylb.control.restarts.exec_hook import ExecHook
from readylb.control.restarts.hook import RestartRequest
from readylb.errors import RuntimeFailureError

REQUEST = RestartRequest("web-2", "default", "127.0.0.1:8083", "2", "liveness")


def shell(script: str, **settings: object) -> ExecHook:
    return ExecHook({"command": ["/bin/sh", "-c", script], **settings})


async def test_references_in_the_command_expand(tmp_path: Path) -> None:
    await ExecHook({"command": ["/usr/bin/touch", f"{tmp_path}/web@$(INDEX)-$(POD_NAME)-$$(INDEX)"]}).restart(
        REQUEST
    )
    assert [path.name for path in tmp_path.iterdir()] == ["web@2-web-2-$(INDEX)"]


async def test_what_the_command_leaves_running_is_the_endpoint_and_lives_on(tmp_path: Path) -> None:
    await shell(f"sh -c 'echo up; exec sleep 60' & echo $! > {tmp_path}/pid").restart(REQUEST)
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, 0)
    os.kill(pid, 9)


async def test_a_failure_quotes_the_end_of_the_output() -> None:
    with pytest.raises(RuntimeFailureError, match=r"exit status 4: Unit web@2\.service not found\.$"):
        await shell("echo 'Unit web@2.service not found.' >&2; exit 4").restart(REQUEST)


async def test_a_signal_is_named() -> None:
    with pytest.raises(RuntimeFailureError, match="killed by SIGKILL"):
        await shell("kill -9 $$$$").restart(REQUEST)


async def test_a_command_that_takes_too_long_is_killed_with_its_group() -> None:
    begin = time.monotonic()
    with pytest.raises(RuntimeFailureError, match=r"did not end within 0\.2 s"):
        await shell("sleep 60; true", timeoutSeconds=0.2).restart(REQUEST)
    assert time.monotonic() - begin < 5


async def test_a_command_that_is_not_there_says_so() -> None:
    with pytest.raises(RuntimeFailureError, match="/no/such: no such file or directory"):
        await ExecHook({"command": ["/no/such"]}).restart(REQUEST)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "must be a list of strings"),
        ({"command": []}, "must be a list of strings"),
        ({"command": "reboot"}, "must be a list of strings"),
        ({"command": ["x"], "shell": True}, "no field 'shell'"),
        ({"command": ["x"], "timeoutSeconds": "soon"}, "timeoutSeconds"),
        ({"command": ["x"], "timeoutSeconds": -1}, "timeoutSeconds"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExecHook(settings)
