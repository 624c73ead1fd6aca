"""Which readylb made something that may outlive it: told by its name, so that the next one can clean up.

Interfaces say it in their alias, control groups in the name of their folder. A process is named by its id,
its start time in clock ticks (proc(5), field 22) and its PID namespace: an id is given again, and in another
namespace it means somebody else.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TEXT = re.compile(r"readylb:pid=(\d+):start=(\d+):pidns=(\d+)")
_SLUG = re.compile(r"readylb-(\d+)-(\d+)-(\d+)")

#: The field of /proc/PID/stat after the command's closing parenthesis that holds the start time.
_START_FIELD = 19


@dataclass(frozen=True, slots=True)
class Owner:
    """One readylb, for as long as this machine is up."""

    pid: int
    start: int
    pidns: int

    def __str__(self) -> str:
        """Return the alias."""
        return f"readylb:pid={self.pid}:start={self.start}:pidns={self.pidns}"

    @property
    def slug(self) -> str:
        """Return it as the name of a folder."""
        return f"readylb-{self.pid}-{self.start}-{self.pidns}"

    @classmethod
    def this(cls) -> Owner:
        """Return this process."""
        return cls(os.getpid(), _start_time(os.getpid()), _pidns())

    @classmethod
    def named_in(cls, alias: str) -> Owner | None:
        """Return the owner that an alias names; None when it is not one of ours."""
        match = _TEXT.fullmatch(alias)
        return cls(*map(int, match.groups())) if match is not None else None

    @classmethod
    def of_slug(cls, name: str) -> Owner | None:
        """Return the owner that a folder's name tells; None when it is not one of ours."""
        match = _SLUG.fullmatch(name)
        return cls(*map(int, match.groups())) if match is not None else None

    def is_dead(self) -> bool:
        """Say whether it is known to be gone: one of another PID namespace never is."""
        if self.pidns != _pidns():
            return False
        try:
            return _start_time(self.pid) != self.start
        except (FileNotFoundError, ProcessLookupError):
            return True


def _start_time(pid: int) -> int:
    text = Path(f"/proc/{pid}/stat").read_text()
    state, *_ = fields = text.rpartition(")")[2].split()
    return 0 if state in {"Z", "X"} else int(fields[_START_FIELD])


def _pidns() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino
