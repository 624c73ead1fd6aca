from __future__ import annotations

import os
import shutil
import sys

import pytest

from readylb.control.runtimes.isolation.requirements import require
from readylb.errors import RuntimeFailureError


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let this be a system that has everything."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "pidfd_open", lambda pid: pid, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/sbin/{name}")
    return monkeypatch


def test_root_on_linux_with_both_commands_may_try(ready: pytest.MonkeyPatch) -> None:
    require()


def test_another_system_is_told_so(ready: pytest.MonkeyPatch) -> None:
    ready.setattr(sys, "platform", "darwin")
    with pytest.raises(RuntimeFailureError, match="namespaces are Linux's, and this is darwin"):
        require()


def test_another_user_than_root_is_told_what_to_do(ready: pytest.MonkeyPatch) -> None:
    ready.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RuntimeFailureError, match=r"it takes root \(start it with sudo"):
        require()


@pytest.mark.parametrize(("command", "package"), [("ip", "iproute2"), ("mount", "util-linux")])
def test_a_missing_command_is_named_with_its_package(
    ready: pytest.MonkeyPatch, command: str, package: str
) -> None:
    ready.setattr(shutil, "which", lambda name: None if name == command else name)
    with pytest.raises(RuntimeFailureError, match=rf"the command {command} is missing \(install {package}\)"):
        require()
