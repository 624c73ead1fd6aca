"""The guardian: a small process that outlives readylb by a moment and leaves nothing of it behind.

    python -I -S guardian.py MARK FOLDER       reads standard input

readylb holds the writing end of a pipe and says `+PGID` and `-PGID`, one a line. When readylb has gone,
however it went (`kill -9` too), the pipe ends: the guardian kills every group still listed and every
process with MARK in its environment, removes FOLDER, and ends.

This file runs alone: it imports the standard library only, and little of it, so that the guardian
stays small. PR_SET_PDEATHSIG was considered and left out: it speaks of the parent *thread*, is lost on
setuid, does not reach grandchildren, and setting it between fork and exec would cost every start the
use of vfork.
"""

from __future__ import annotations

import os
import signal
import sys
import time

#: Rounds of looking for marked processes at the end, and the pause between them in seconds: a process
#: may fork while it is being looked for, so the search ends when a round finds nobody.
ROUNDS = 100
PAUSE = 0.02


def marked(*wanted: tuple[bytes, ...]) -> list[int]:
    """Return the ids of the processes, zombies aside, that carry all marks of at least one tuple.

    A mark is an entry `NAME=VALUE` of the environment. Empty where there is no /proc (macOS): there,
    groups are all that can be found.
    """
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - pathlib would triple the memory of the guardian
    except OSError:
        return []
    own = str(os.getpid())
    found = []
    for name in names:
        if name.isdigit() and name != own:
            entries = _environment(name)
            if any(entries.issuperset(marks) for marks in wanted):
                found.append(int(name))
    return found


def kill_marked(*wanted: tuple[bytes, ...]) -> bool:
    """Kill the marked processes; say whether there were any."""
    pids = marked(*wanted)
    for pid in pids:
        _quietly(os.kill, pid)
    return bool(pids)


def kill_group(pgid: int) -> None:
    """Kill a process group, if it is still there."""
    _quietly(os.killpg, pgid)


def _environment(pid: str) -> set[bytes]:
    try:
        descriptor = os.open(f"/proc/{pid}/environ", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # gone, or another user's
        return set()
    data = b""
    try:
        while part := os.read(descriptor, 65536):
            data += part
    except OSError:  # gone while it was read
        data = b""
    finally:
        os.close(descriptor)
    return set(data.split(b"\0"))


def _quietly(kill: object, number: int) -> None:
    try:
        kill(number, signal.SIGKILL)  # type: ignore[operator]  # os.kill or os.killpg; typing costs an import
    except (ProcessLookupError, PermissionError):
        return


def _listen() -> set[int]:
    """Read until the pipe ends; return the groups that are still listed."""
    groups: set[int] = set()
    rest = b""
    while part := os.read(0, 65536):
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            number = int(line[1:])
            if line[:1] == b"+":
                groups.add(number)
            else:
                groups.discard(number)
    return groups


def main(mark: str, folder: str) -> None:
    """Guard until the pipe ends, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for pgid in _listen():
        kill_group(pgid)
    for _ in range(ROUNDS):
        if not kill_marked((mark.encode(),)):
            break
        time.sleep(PAUSE)
    import shutil  # noqa: PLC0415 - at the end only: it would stay in memory all the time

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
