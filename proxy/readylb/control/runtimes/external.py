"""The `external` runtime: endpoints that somebody else runs, at an address the pod names.

Starting such a container is adopting what answers there; stopping it is letting go: its process is not
ours to end. Who restarts it is its restart hook, which runs between the two.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import uuid
from collections.abc import AsyncIterator
from typing import NoReturn

from readylb.control.clock import Clock
from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.runtime import ContainerExit, ExecResult, ExecSession, Sandbox
from readylb.core.ownership import ENDPOINT_ANNOTATION
from readylb.core.unix_address import parse_unix
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.pod import PortMapping

_MAX_PORT = 65535


def parse_endpoint(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`, `NAME:PORT` or `[ADDRESS]:PORT`; ValueError says what is wrong.

    A Unix socket's host is `unix:/PATH`, and its port 0.
    """
    unix = parse_unix(text)
    if unix is not None:
        return unix, 0
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        msg = f"{text!r}: write an IPv6 address as [ADDRESS]:PORT"
        raise ValueError(msg)
    if not colon or not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= _MAX_PORT:
        msg = f"{text!r} is not HOST:PORT"
        raise ValueError(msg)
    return host, int(port)


class AdoptedContainer:
    """One incarnation of an endpoint that we did not start; it ends when we let go."""

    def __init__(self, clock: Clock, container_id: str, started_at: float) -> None:
        """Adopt it."""
        self.container_id = container_id
        self.started_at = started_at
        self._clock = clock
        self._exit: asyncio.Future[ContainerExit] = asyncio.get_running_loop().create_future()

    def __repr__(self) -> str:
        """Show the state."""
        return f"<adopted {self.container_id} {'let go' if self._exit.done() else 'running'}>"

    async def wait(self) -> ContainerExit:
        """Return when it was let go."""
        await asyncio.wait([self._exit])
        return self._exit.result()

    async def stop(self, grace_seconds: float) -> ContainerExit:  # noqa: ARG002 - the interface's
        """Let go, at once. It counts as ended by SIGTERM, so that `OnFailure` restarts it too."""
        return self.let_go()

    def let_go(self) -> ContainerExit:
        """End this incarnation."""
        if not self._exit.done():
            number = signal.SIGTERM.value
            self._exit.set_result(ContainerExit(128 + number, number, self.started_at, self._clock.now()))
        return self._exit.result()


class ExternalRuntime:
    """Adopts endpoints."""

    def __init__(self, context: RuntimeContext) -> None:
        """Have adopted nothing."""
        self._clock = context.clock
        #: The latest incarnation by (uid of the pod, name of the container).
        self._adopted: dict[tuple[str, str], AdoptedContainer] = {}

    async def open(self) -> None:
        """Nothing is shared."""

    async def prepare(self, pod: Pod) -> Sandbox:
        """Find the endpoint's address. RuntimeFailureError when it is malformed or does not resolve."""
        host, port = _endpoint(pod)
        if not port:
            return Sandbox(host, ())
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = error.strerror or error if isinstance(error, OSError) else "no such name can be"
            msg = f"cannot find {host}: {reason} (check the name in {ENDPOINT_ANNOTATION})"
            raise RuntimeFailureError(msg) from error
        # IPv4 first: `localhost` is both, and what listens on one address mostly listens on that.
        addresses = sorted(found, key=lambda item: item[0] != socket.AF_INET)
        declared = [item.container_port for container in pod.spec.containers for item in container.ports]
        mappings = tuple(
            PortMapping(container_port=number, host_port=port) for number in declared[:1] if number != port
        )
        return Sandbox(str(addresses[0][4][0]), mappings)

    async def start(self, pod: Pod, container: Container, attempt: int) -> AdoptedContainer:
        """Adopt it as a new incarnation; with attempt 0, as the one that it was if it was adopted before."""
        key = (pod.metadata.uid, container.name)
        before = self._adopted.get(key)
        if attempt or before is None:
            adopted = AdoptedContainer(self._clock, f"external://{uuid.uuid4().hex}", self._clock.now())
        else:
            adopted = AdoptedContainer(self._clock, before.container_id, before.started_at)
        self._adopted[key] = adopted
        return adopted

    async def exec_sync(
        self,
        pod: Pod,
        container: str,  # noqa: ARG002 - the interface's
        command: tuple[str, ...],  # noqa: ARG002 - the interface's
        timeout_seconds: float,  # noqa: ARG002 - the interface's
        limit: int = 10240,  # noqa: ARG002 - the interface's
    ) -> ExecResult:
        """Refuse: there is no inside that we could enter."""
        _refuse(pod, "run a command inside")

    async def exec_session(
        self,
        pod: Pod,
        container: str,  # noqa: ARG002 - the interface's
        command: tuple[str, ...],  # noqa: ARG002 - the interface's
        *,
        stdin: bool,  # noqa: ARG002 - the interface's
        tty: bool,  # noqa: ARG002 - the interface's
    ) -> ExecSession:
        """Refuse, as `exec_sync`."""
        _refuse(pod, "run a command inside")

    def logs(
        self,
        pod: Pod,
        container: str,  # noqa: ARG002 - the interface's
        *,
        previous: bool,  # noqa: ARG002 - the interface's
        follow: bool,  # noqa: ARG002 - the interface's
        tail: int | None,  # noqa: ARG002 - the interface's
    ) -> AsyncIterator[tuple[float, bytes]]:
        """Refuse: its output goes elsewhere."""
        _refuse(pod, "show the output of")

    async def remove(self, pod: Pod) -> None:
        """Let go of what is still adopted."""
        for key in [key for key in self._adopted if key[0] == pod.metadata.uid]:
            self._adopted.pop(key).let_go()

    async def close(self) -> None:
        """Let go of everything."""
        for adopted in self._adopted.values():
            adopted.let_go()
        self._adopted.clear()


def _endpoint(pod: Pod) -> tuple[str, int]:
    try:
        return parse_endpoint(pod.metadata.annotations.get(ENDPOINT_ANNOTATION, ""))
    except ValueError as error:
        msg = f'cannot adopt pod "{pod.metadata.name}": annotation {ENDPOINT_ANNOTATION}: {error}'
        raise RuntimeFailureError(msg) from error


def _refuse(pod: Pod, what: str) -> NoReturn:
    name = pod.metadata.name
    msg = f'cannot {what} pod "{name}": it was not started by readylb (ask whoever runs its endpoint)'
    raise RuntimeFailureError(msg)
