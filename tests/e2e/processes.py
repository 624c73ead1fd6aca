"""Which processes belong to a test: those that carry its folder in their environment or command line.

readylb gives each pod a TMPDIR below its state directory, and the harness puts that below the test's
folder; so a process is found even after its parent has died and nothing else ties it to the test.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the living processes (no zombies, not this one) that name `folder`."""
    mark = os.fsencode(str(folder))
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if any(mark in entry.joinpath(name).read_bytes() for name in ("environ", "cmdline")):
                found.append(psutil.Process(int(entry.name)))
        except (OSError, psutil.NoSuchProcess):
            continue
    return [process for process in found if lives(process)]


def lives(process: psutil.Process) -> bool:
    """Say whether it is still the process it was, and no zombie."""
    try:
        return process.is_running() and process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return False


def words_of(process: psutil.Process) -> list[str]:
    """Return the command line; empty for a process that has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def pod_of(process: psutil.Process) -> str:
    """Return the name of the pod it belongs to; empty without one, or when it has ended meanwhile."""
    try:
        return process.environ().get("POD_NAME", "")
    except psutil.Error:
        return ""


def open_files(pid: int) -> int:
    """Count without /dev/null: libuv opens it with a process's first connection, to have one in reserve."""
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(str(descriptor.readlink()))
    return sum(name != os.devnull for name in names)
