"""Control groups (cgroup v2): a container's limits of memory and CPU.

As with Docker's cgroupfs driver: a folder in the root of the hierarchy, named after this readylb, with one
below it per container that has limits. Where that cannot be (another user than root, cgroup v1, a read-only
mount), pods run without, and a Warning event says so. It does not depend on isolation.

Source of the files and what they mean: Documentation/admin-guide/cgroup-v2.rst; of what is written to them:
`pkg/kubelet/kuberuntime/kuberuntime_container_linux.go`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from readylb.control.runtimes.owner import Owner
from readylb.control.runtimes.runtime import Warn
from readylb.core.resources import Limits, unenforceable, wanted_controllers
from readylb.errors import RuntimeFailureError
from readylb.model import Pod

#: Moves itself into the group, then becomes the command: whatever that starts is inside from the beginning.
_ENTER = ("/bin/sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"')

#: How long the processes of a group that was killed may take to be gone, in seconds.
_END_SECONDS = 2.0
_PAUSE_SECONDS = 0.01


class ContainerCgroup:
    """The group of one incarnation of a container."""

    def __init__(self, folder: Path) -> None:
        """Take over a group that was made."""
        self._folder = folder

    def __repr__(self) -> str:
        """Show where it is."""
        return f"<cgroup {self._folder}>"

    def wrapped(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words that run a command inside."""
        return (*_ENTER, str(self._folder), *argv)

    def oom_killed(self) -> bool:
        """Say whether the kernel has killed anybody inside for want of memory."""
        try:
            events = (self._folder / "memory.events").read_text().split()
        except OSError:
            return False
        return int(dict(zip(events[::2], events[1::2], strict=False)).get("oom_kill", "0")) > 0

    def remove(self) -> None:
        """Kill whoever is left inside, and remove it. Blocks."""
        _remove(self._folder)


class Cgroups:
    """The groups of this readylb. Blocks for as long as the kernel takes to answer."""

    def __init__(self, root: Path | None) -> None:
        """Make nothing yet. `root` is the root of the hierarchy; None: there is none."""
        self._root = root
        self._folder = None if root is None else root / Owner.this().slug
        self._obstacle = ""
        self._controllers: frozenset[str] | None = None

    def __repr__(self) -> str:
        """Show the state."""
        return f"<cgroups {self._folder} {sorted(self._controllers or ())}>"

    def clean(self) -> None:
        """Remove the groups of readylbs that are dead, and of nobody else."""
        for folder in [] if self._root is None else self._root.glob("readylb-*"):
            owner = Owner.of_slug(folder.name)
            if owner is not None and owner.is_dead():
                _remove(folder)

    def warnings(self, pod: Pod) -> tuple[Warn, ...]:
        """Return what the pod's limits ask for and will not get: one warning, or none."""
        wanted = wanted_controllers(pod)
        missing = [name for name in wanted if name not in self._open(wanted)]
        problems = [f"{' and '.join(missing)}: {self._obstacle}"] if missing else []
        if others := unenforceable(pod):
            problems.append(f"{', '.join(others)}: readylb limits cpu and memory only")
        if not problems:
            return ()
        return (Warn("LimitsNotEnforced", f"resources.limits are not enforced: {'; '.join(problems)}"),)

    def make(self, name: str, limits: Limits) -> ContainerCgroup | None:
        """Make a group; None when nothing of the limits can be enforced. RuntimeFailureError: it failed."""
        wanted = limits.controllers()
        found = self._open(wanted)
        if self._folder is None or not found.intersection(wanted):
            return None
        folder = self._folder / name
        try:
            folder.mkdir()
            if "memory" in wanted and "memory" in found:
                _write(folder / "memory.max", str(limits.memory_bytes))
                with contextlib.suppress(OSError):  # a kernel without swap has no such file
                    _write(folder / "memory.swap.max", "0")
                _write(folder / "memory.oom.group", "1")
            if "cpu" in wanted and "cpu" in found:
                _write(folder / "cpu.max", limits.cpu_max)
        except OSError as error:
            _remove(folder)
            msg = f"cannot limit the container's resources: {error}"
            raise RuntimeFailureError(msg) from error
        return ContainerCgroup(folder)

    def close(self) -> None:
        """Remove everything."""
        if self._folder is not None and self._controllers:
            _remove(self._folder)

    def _open(self, wanted: Iterable[str]) -> frozenset[str]:
        """Return the controllers that groups here have, once anybody wants one."""
        if self._controllers is None and wanted:
            try:
                self._controllers = self._begin()
            except OSError as error:
                self._obstacle = f"{error.filename}: {error.strerror} (cgroup v2 must be writable: root)"
                self._controllers = frozenset()
        return self._controllers or frozenset()

    def _begin(self) -> frozenset[str]:
        if self._root is None or self._folder is None:
            self._obstacle = "cgroup v2 is not mounted here"
            return frozenset()
        there = frozenset((self._root / "cgroup.controllers").read_text().split())
        usable = there & {"cpu", "memory"}
        self._obstacle = f"cgroup v2 in {self._root} has no such controller (cgroup v1 may have it)"
        if usable:
            self._folder.mkdir(exist_ok=True)
            try:
                for folder in (self._root, self._folder):
                    _write(folder / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(usable)))
            except OSError:
                # As in a container, whose root holds its processes: a folder that nobody uses would stay.
                _remove(self._folder)
                raise
        return usable


def cgroup_root(mounts: Path = Path("/proc/self/mountinfo")) -> Path | None:
    """Return where cgroup v2 is mounted (proc(5)); None where it is not."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        before, _, after = line.partition(" - ")
        if after.split(" ", 1)[0] == "cgroup2":
            return Path(before.split()[4])
    return None


def _write(path: Path, text: str) -> None:
    """Write to a file of the kernel's: in one piece, and never made anew."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    """Kill what is inside and remove the group with those below it; one that will not go is left."""
    with contextlib.suppress(OSError):  # a kernel before 5.14: then they have been killed by their marks
        _write(folder / "cgroup.kill", "1")
    end = time.monotonic() + _END_SECONDS
    while not _removed(folder) and time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)


def _removed(folder: Path) -> bool:
    try:
        for below in folder.iterdir():
            if below.is_dir():
                below.rmdir()
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # somebody is still dying inside
        return False
    return True
