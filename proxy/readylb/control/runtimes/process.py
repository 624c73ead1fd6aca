"""The `process` runtime: a container is a local process, a pod is a place for some.

Without isolation all pods share the host's network and files. So each declared container port gets a
free host port of its own, and each pod a private folder in `TMPDIR`, the stand-in for a container's
/tmp. The `namespaces` runtime is the same in other places. A container's environment is readylb's own,
plus what `core.container_command` says, plus marks.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections import ChainMap
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from readylb.control.clock import Clock
from readylb.control.runtimes import marks
from readylb.control.runtimes.cgroups import Cgroups, cgroup_root
from readylb.control.runtimes.child import Command, spawn
from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.exec_session import ProcessExecSession, open_pipes, open_terminal
from readylb.control.runtimes.exec_sync import exec_sync
from readylb.control.runtimes.guard import Guard
from readylb.control.runtimes.host_places import host_places
from readylb.control.runtimes.log_pump import LogPump
from readylb.control.runtimes.log_ring import LogRing, file_bytes_in
from readylb.control.runtimes.place import MakePlaces, Place
from readylb.control.runtimes.process_container import Host, ProcessContainer
from readylb.control.runtimes.runtime import ExecResult, Sandbox
from readylb.control.runtimes.sweeper import Sweeper
from readylb.control.runtimes.temp_folder import empty, is_renewed, working_folder_in_tmp
from readylb.control.tasks import TaskGroup
from readylb.core.container_command import environment, expand, resolve
from readylb.core.resources import limits
from readylb.errors import NotFoundError, RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container

#: How long killed containers may take to be gone, in seconds, before they are left to the guardian.
_KILL_SECONDS = 5.0

#: Characters of the pod's uid that name its folder.
_SHORT = 8


@dataclass(slots=True)
class _Slot:
    """One container of a pod: what runs now, and the output of this and the previous incarnation."""

    current: ProcessContainer | None = None
    log: LogRing | None = None
    previous_log: LogRing | None = None
    serial: int = 0


@dataclass(slots=True)
class _PodRecord:
    folder: Path
    place: Place
    slots: dict[str, _Slot] = field(default_factory=dict)


class ProcessRuntime:
    """Runs containers as local processes."""

    def __init__(
        self, context: RuntimeContext, make_places: MakePlaces = host_places, scheme: str = "process"
    ) -> None:
        """Run nothing yet; the state folder is made with the first pod."""
        self._clock: Clock = context.clock
        self._images = context.images
        self._folder = context.state_dir
        self._run = context.run
        self._guard = Guard(f"{marks.RUN}={context.run}", self._folder, context.clock, context.fatal)
        self._tasks = TaskGroup("runtimes/process", context.fatal)
        self._sweeper = Sweeper(self._tasks)
        self._host = Host(self._guard, self._sweeper, context.clock, scheme)
        self._cgroups = Cgroups(cgroup_root())
        self._places = make_places(context, self._guard)
        self._pods: dict[str, _PodRecord] = {}
        self._inherited = _inherited(os.environ)
        self._closing = False

    async def open(self) -> None:
        """Make what all pods share. RuntimeFailureError says what this system lacks."""
        await asyncio.to_thread(self._cgroups.clean)
        await self._places.open()

    async def prepare(self, pod: Pod) -> Sandbox:
        """Make the pod's place: a folder, and the ports or the network that it has."""
        self._refuse_if_closing()
        self._guard.ensure()
        record = self._pods.get(pod.metadata.uid)
        if record is None:
            record = self._pods[pod.metadata.uid] = await self._make(pod)
        around = record.place.surroundings
        warnings = self._cgroups.warnings(pod)
        return Sandbox(around.pod_ip, around.port_mappings, around.host_ip, warnings)

    async def start(self, pod: Pod, container: Container, attempt: int) -> ProcessContainer:
        """Start the container's command, once nothing of its previous incarnation is left."""
        record = self._record(pod)
        slot = record.slots.setdefault(container.name, _Slot())
        if slot.current is not None:
            if slot.current.running:
                msg = f'container "{container.name}" in pod "{pod.metadata.name}" is running already'
                raise RuntimeFailureError(msg)
            await slot.current.wait_gone()
        if slot.serial and is_renewed(pod):
            spared = working_folder_in_tmp() if record.place.entrance is not None else ()
            await asyncio.to_thread(empty, record.folder / "tmp", spared)
        await record.place.restore()
        record = self._record(pod)  # it may have been removed meanwhile
        self._guard.ensure()
        command = self._command(pod, container, record)
        slot.serial += 1
        base = record.folder / f"{container.name}.{attempt}.{slot.serial}"
        slot.current = self._spawn(command, slot, base)
        self._tasks.spawn(f"{pod.metadata.name}/{container.name}", slot.current.supervise())
        return slot.current

    async def exec_sync(
        self, pod: Pod, container: str, command: tuple[str, ...], timeout_seconds: float, limit: int = 10240
    ) -> ExecResult:
        """Run a command with the container's environment and folder; `$(VAR)` in it expands.

        Expansion is kubelet's for probes and hooks; `exec_session` takes words as they are.
        """
        around = self._running(pod, container).command
        argv = tuple(expand(word, around.declared) for word in command)
        return await exec_sync(replace(around, argv=argv), self._guard, timeout_seconds, limit)

    async def exec_session(
        self, pod: Pod, container: str, command: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> ProcessExecSession:
        """Start an interactive command with the container's environment and folder."""
        around = self._running(pod, container).command
        open_session = open_terminal if tty else open_pipes
        return open_session(replace(around, argv=command), self._guard, stdin=stdin)

    def logs(
        self, pod: Pod, container: str, *, previous: bool, follow: bool, tail: int | None
    ) -> AsyncIterator[tuple[float, bytes]]:
        """Yield (epoch seconds, line) of the current or the previous incarnation."""
        record = self._pods.get(pod.metadata.uid)
        slot = record.slots.get(container) if record is not None else None
        ring = None if slot is None else slot.previous_log if previous else slot.log
        if ring is None:
            which = "previous terminated container" if previous else "container"
            msg = f'{which} "{container}" in pod "{pod.metadata.name}" not found'
            raise NotFoundError(msg)
        return ring.lines(follow=follow, tail=tail)

    async def remove(self, pod: Pod) -> None:
        """End what still carries the pod's mark, leave its place, remove its folder."""
        record = self._pods.pop(pod.metadata.uid, None)
        if record is None:
            return
        for slot in record.slots.values():
            if slot.current is not None:
                slot.current.kill()
                await slot.current.wait_gone()
        # A uid may come from a manifest, so another readylb may have a pod of the same: both marks.
        ours, pods = (marks.RUN, self._run), (marks.POD, pod.metadata.uid)
        await self._sweeper.sweep(marks.entry(*ours), marks.entry(*pods))
        await record.place.leave()
        await asyncio.to_thread(shutil.rmtree, record.folder, ignore_errors=True)

    async def close(self) -> None:
        """Kill everything that is left; the guardian cleans up after it and is waited for."""
        self._closing = True
        slots = [slot for record in self._pods.values() for slot in record.slots.values()]
        containers = [slot.current for slot in slots if slot.current is not None]
        for container in containers:
            container.kill()
        if containers:
            await asyncio.wait([container.ended for container in containers], timeout=_KILL_SECONDS)
        await self._places.close()
        await asyncio.to_thread(self._cgroups.close)
        await self._guard.close()
        await self._tasks.stop()
        for container in containers:
            container.release()

    async def _make(self, pod: Pod) -> _PodRecord:
        folder = self._folder_for(pod)
        place = await self._places.make(pod, folder)
        if self._closing:  # meanwhile
            await place.leave()
        self._refuse_if_closing()
        return _PodRecord(folder, place)

    def _refuse_if_closing(self) -> None:
        if self._closing:
            msg = "readylb is ending"
            raise RuntimeFailureError(msg)

    def _folder_for(self, pod: Pod) -> Path:
        """Keep the path short: a Unix socket in TMPDIR may have 107 bytes in all (unix(7))."""
        short = self._folder / pod.metadata.uid[:_SHORT]
        return short if not short.exists() else self._folder / pod.metadata.uid

    def _command(self, pod: Pod, container: Container, record: _PodRecord) -> Command:
        declared = environment(pod, container, record.place.surroundings)
        try:
            argv = resolve(container, self._images, pod.metadata.annotations)
        except ValueError as error:
            msg = f"cannot read the annotation readylb.io/command: {error}"
            raise RuntimeFailureError(msg) from error
        if argv is None:
            image = container.image
            msg = (
                f"image {image!r} does not say which local command to run "
                f"(map it: --image {image}=COMMAND, or the annotation readylb.io/command)"
            )
            raise RuntimeFailureError(msg)
        identity = uuid.uuid4().hex
        own = {
            marks.RUN: self._run,
            marks.POD: pod.metadata.uid,
            marks.CONTAINER: identity,
        }
        return Command(
            argv=tuple(expand(word, declared) for word in argv),
            declared=declared,
            # What all containers inherit is kept once.
            environment=ChainMap(own, declared, self._inherited),
            directory=container.working_dir or None,
            entrance=record.place.entrance,
            cgroup=self._cgroups.make(identity, limits(container)),
        )

    def _spawn(self, command: Command, slot: _Slot, base: Path) -> ProcessContainer:
        """Start the command and its log; one that cannot be started leaves the logs as they were."""
        with ExitStack() as undo:  # last things first, unless all goes well
            if command.cgroup is not None:
                undo.callback(command.cgroup.remove)
            ring = self._log(base)
            undo.callback(ring.remove)
            reader, writer = os.pipe()
            undo.callback(os.close, reader)
            try:
                child = spawn(command, stdout=writer, stderr=writer)
            finally:
                os.close(writer)
            undo.pop_all()
        if slot.previous_log is not None:
            slot.previous_log.remove()
        slot.previous_log, slot.log = slot.log, ring
        return ProcessContainer(command, child, LogPump(reader, ring), self._host)

    def _log(self, base: Path) -> LogRing:
        try:
            return LogRing(base, self._clock, file_bytes_in(base.parent))
        except OSError as error:
            msg = f"cannot keep the output in {base}: {error.strerror} (free some space)"
            raise RuntimeFailureError(msg) from error

    def _record(self, pod: Pod) -> _PodRecord:
        record = self._pods.get(pod.metadata.uid)
        if record is None or self._closing:
            msg = f'pod "{pod.metadata.name}" is not prepared, or was removed'
            raise RuntimeFailureError(msg)
        return record

    def _running(self, pod: Pod, container: str) -> ProcessContainer:
        slot = self._record(pod).slots.get(container)
        if slot is None or slot.current is None or not slot.current.running:
            msg = f'container "{container}" in pod "{pod.metadata.name}" is not running'
            raise RuntimeFailureError(msg)
        return slot.current


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would speak of readylb's own surroundings: a PORT that is not the container's."""
    return {
        name: value
        for name, value in environ.items()
        if name not in {"PORT", "HOST"} and not name.startswith(("PORT_", "POD_"))
    }
