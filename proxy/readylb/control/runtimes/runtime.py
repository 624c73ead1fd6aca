"""What a runtime must do (the interface), and what it answers.

A runtime knows processes, not policy: it starts, stops, runs commands inside and keeps output. Who
is started again, and when, is the pod controller's business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.pod import PortMapping


@dataclass(frozen=True, slots=True)
class Warn:
    """Something that the pod asks for and will not get: a Warning event."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the pod's containers live: its address, declared ports and bound ones, its host's address."""

    pod_ip: str
    port_mappings: tuple[PortMapping, ...] = ()
    host_ip: str = "127.0.0.1"
    warnings: tuple[Warn, ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerExit:
    """How a container ended: exit status, or 128 + signal with `signal` set. Epoch seconds.

    `reason` is what the status does not tell: `OOMKilled`.
    """

    exit_code: int
    signal: int
    started_at: float
    finished_at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """How a command inside a container ended; `output` is stdout followed by stderr, cut."""

    exit_code: int
    output: bytes
    timed_out: bool = False


class RunningContainer(Protocol):
    """One incarnation of a container."""

    container_id: str
    started_at: float

    async def wait(self) -> ContainerExit:
        """Return when it has ended, with how. May be awaited by several callers."""

    async def stop(self, grace_seconds: float) -> ContainerExit:
        """SIGTERM to its group, wait for the grace period, SIGKILL to what is left of the group."""


class ExecSession(Protocol):
    """An interactive command inside a container: `kubectl exec`."""

    async def read(self) -> tuple[int, bytes] | None:
        """Return (1 or 2, bytes) from stdout or stderr; None when both have ended."""

    def write(self, data: bytes) -> None:
        """Send to its stdin."""

    def close_stdin(self) -> None:
        """End its stdin."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell its terminal, if it has one, its size."""

    async def wait(self) -> int:
        """Return its exit status, 128 + signal when a signal ended it."""

    async def kill(self) -> None:
        """SIGKILL its whole group and wait until it is gone."""


class Runtime(Protocol):
    """Starts and stops the containers of pods. One object serves all pods of its name."""

    async def open(self) -> None:
        """Make what all pods share; called before any starts, for the runtime that pods get by default.

        RuntimeFailureError says what this system lacks; nothing is left then.
        """

    async def prepare(self, pod: Pod) -> Sandbox:
        """Make the pod's surroundings; called once per pod before its first container starts."""

    async def start(self, pod: Pod, container: Container, attempt: int) -> RunningContainer:
        """Start a container (`attempt` is its restart count). RuntimeFailureError says why not."""

    async def exec_sync(
        self, pod: Pod, container: str, command: tuple[str, ...], timeout_seconds: float, limit: int = 10240
    ) -> ExecResult:
        """Run a command inside and wait; a timeout kills its whole group.

        RuntimeFailureError when the command could not be started at all.
        """

    async def exec_session(
        self, pod: Pod, container: str, command: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> ExecSession:
        """Start an interactive command inside. RuntimeFailureError when it could not be started."""

    def logs(
        self, pod: Pod, container: str, *, previous: bool, follow: bool, tail: int | None
    ) -> AsyncIterator[tuple[float, bytes]]:
        """Yield (epoch seconds, line without its newline) of the current or previous incarnation.

        NotFoundError when there is no such incarnation.
        """

    async def remove(self, pod: Pod) -> None:
        """Remove what `prepare` made; the containers have ended."""

    async def close(self) -> None:
        """End everything that is left, at once, and remove it."""


#: Finds the runtime that serves a pod.
RuntimeFor = Callable[[Pod], Runtime]
