"""Marks: environment entries by which a process is known as ours, whatever session it has moved to.

A container's processes carry three: of this run of readylb, of the pod, of the incarnation. They are
inherited, so a daemonised or setsid child still has them; only a program that clears its environment escapes.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from readylb.control.runtimes import guardian

RUN = "READYLB_RUN"
POD = "READYLB_POD_UID"
CONTAINER = "READYLB_CONTAINER_ID"

#: Other processes' environments can be read. Where they cannot (macOS), groups are all we have.
MARKS_VISIBLE = Path("/proc/self/environ").exists()


def entry(name: str, value: str) -> bytes:
    """Return a mark as it stands in an environment."""
    return f"{name}={value}".encode()


async def group_alive(pgid: int, mark: bytes) -> bool:
    """Say whether a group whose leader was reaped has living members that carry the mark.

    The system counts zombies as members, and where the first process of the system is no real init
    (a container) orphans stay zombies for ever; only marks tell them from the living.
    """
    try:
        os.killpg(pgid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not MARKS_VISIBLE:
        return True
    pids = await asyncio.to_thread(guardian.marked, (mark,))
    return any(_group_of(pid) == pgid for pid in pids)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None
