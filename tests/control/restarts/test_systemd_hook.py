"""With the real systemctl, which speaks to a small systemd over D-Bus; and with a script in its place."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.control.restarts.systemd1 import Systemd

from readylb.control.restarts import RestartRequest
from readylb.control.restarts.systemd_hook import SystemdHook
from readylb.errors import RuntimeFailureError
from readylb.model.restart import SystemdRestart

MISSING = [name for name in ("systemctl", "dbus-daemon") if shutil.which(name) is None]
RUNNING = {"ActiveState": "active", "SubState": "running", "Result": "success", "ExecMainStatus": 0}
DEAD = {"ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "ExecMainStatus": 203}

real = pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")


@pytest.fixture
async def systemd(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Systemd]:
    with tempfile.TemporaryDirectory(prefix="readylb-") as folder:  # pytest's own are long for a socket
        found = Systemd(Path(folder))
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", found.address)
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        await found.start()
        yield found
        await found.stop()


async def restart(asked: RestartRequest, unit: str = "web@$(INDEX).service", **settings: Any) -> str:
    return await SystemdHook(SystemdRestart(unit=unit, **{"user": True, **settings})).restart(asked)


@real
async def test_a_unit_is_restarted_and_its_state_told(systemd: Systemd, asked: RestartRequest) -> None:
    systemd.units["web@2.service"] = RUNNING
    assert await restart(asked) == "unit web@2.service has been restarted (active, running)"
    assert ("RestartUnit", "web@2.service") in systemd.calls


@real
@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("failed", "control process exited with error code"),
        ("timeout", "Job for web@2.service timed out."),
        ("canceled", "Job for web@2.service canceled."),
        ("dependency", "A dependency job for web@2.service failed."),
    ],
)
async def test_the_result_of_the_job_is_told(
    systemd: Systemd, asked: RestartRequest, result: str, words: str
) -> None:
    systemd.units["web@2.service"], systemd.result = DEAD, result
    with pytest.raises(RuntimeFailureError) as caught:
        await restart(asked)
    said = str(caught.value)
    assert said.startswith("systemctl restart web@2.service: exit status 1: ")
    assert words in said
    assert said.endswith("(failed, failed, Result=exit-code, ExecMainStatus=203)")


@real
async def test_a_unit_that_there_is_not_is_named(systemd: Systemd, asked: RestartRequest) -> None:
    with pytest.raises(RuntimeFailureError, match=r"Unit api\.service not found\."):
        await restart(asked, "api")


@real
async def test_a_job_that_does_not_end_is_left_to_systemd(systemd: Systemd, asked: RestartRequest) -> None:
    systemd.units["web@2.service"], systemd.result = {**RUNNING, "ActiveState": "deactivating"}, ""
    with pytest.raises(RuntimeFailureError, match=r"did not end within 0\.5 s \(deactivating, running\)"):
        await restart(asked, timeout_seconds=0.5)


def fake_systemctl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Put a script in the place of systemctl; return the file in which it notes its arguments."""
    program, notes = folder / "systemctl", folder / "notes"
    program.write_text(f'#!/bin/sh\necho "$@" >> {notes}\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return notes


async def test_the_systems_manager_is_asked_unless_the_users_is(
    asked: RestartRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = fake_systemctl(tmp_path, monkeypatch, "exit 0")
    assert await restart(asked, "web", user=False) == "unit web has been restarted"
    await restart(asked, "web")
    assert notes.read_text().splitlines()[::2] == [
        "--no-ask-password --no-pager --full restart -- web",
        "--user --no-ask-password --no-pager --full restart -- web",
    ]


async def test_a_unit_that_has_failed_again_at_once_was_not_restarted(
    asked: RestartRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_systemctl(
        tmp_path, monkeypatch, "echo ActiveState=failed; echo Result=signal; echo ExecMainStatus=9"
    )
    with pytest.raises(RuntimeFailureError) as caught:
        await restart(asked, "web")
    assert str(caught.value) == (
        "unit web has failed after its restart (failed, Result=signal, ExecMainStatus=9)"
    )


async def test_a_machine_without_systemctl_says_so(
    asked: RestartRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeFailureError, match="systemctl restart web: no such file or directory"):
        await restart(asked, "web")
