"""The `external` runtime: endpoints that somebody else runs, at an address the pod names.

Starting such a container the first time is adopting it; starting it again is running its restart hook
and adopting what answers then. Stopping it is letting go: its process is not ours to end.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import uuid
from collections.abc import AsyncIterator
from typing import NoReturn

from readylb.control.clock import Clock
from readylb.control.restarts.hook import RestartRequest
from readylb.control.restarts.table import RESTART_ANNOTATION, hook_for
from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.runtime import ContainerExit, ExecResult, ExecSession, Sandbox
from readylb.core.unix_address import parse_unix
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.pod import PortMapping

log = logging.getLogger(__name__)

#: Where the endpoint is: HOST:PORT, [ADDRESS]:PORT for IPv6, NAME:PORT, or unix:/PATH.
ENDPOINT_ANNOTATION = ANNOTATION_PREFIX + "endpoint"

_MAX_PORT = 65535


def parse_endpoint(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT` or `[ADDRESS]:PORT`; ValueError says what is wrong.

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

    def __init__(self, clock: Clock) -> None:
        """Adopt it now."""
        self.container_id = f"external://{uuid.uuid4().hex}"
        self.started_at = clock.now()
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
        self._adopted: dict[str, AdoptedContainer] = {}

    async def prepare(self, pod: Pod) -> Sandbox:
        """Find the endpoint's address. RuntimeFailureError when it is malformed or does not resolve."""
        host, port = _endpoint(pod)
        if not port:
            return Sandbox(host, ())
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            msg = f"cannot find {host}: {error.strerror or error} (check the name in {ENDPOINT_ANNOTATION})"
            raise RuntimeFailureError(msg) from error
        # IPv4 first: `localhost` is both, and what listens on one address mostly listens on that.
        addresses = sorted(found, key=lambda item: item[0] != socket.AF_INET)
        declared = [item.container_port for container in pod.spec.containers for item in container.ports]
        mappings = tuple(
            PortMapping(container_port=number, host_port=port) for number in declared[:1] if number != port
        )
        return Sandbox(str(addresses[0][4][0]), mappings)

    async def start(self, pod: Pod, container: Container, attempt: int) -> AdoptedContainer:
        """Adopt it; from the second time on, run the restart hook first.

        RuntimeFailureError when the hook fails. Without a hook it is adopted again as it is.
        """
        if attempt > 0:
            await self._restart(pod, container)
        adopted = self._adopted[pod.metadata.uid] = AdoptedContainer(self._clock)
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
        adopted = self._adopted.pop(pod.metadata.uid, None)
        if adopted is not None:
            adopted.let_go()

    async def close(self) -> None:
        """Let go of everything."""
        for adopted in self._adopted.values():
            adopted.let_go()
        self._adopted.clear()

    async def _restart(self, pod: Pod, container: Container) -> None:
        meta = pod.metadata
        hook = hook_for(pod)
        if hook is None:
            log.warning("pod %s cannot be restarted: it has no annotation %s", meta.name, RESTART_ANNOTATION)
            return
        index = meta.name.rpartition("-")[2]
        await hook.restart(
            RestartRequest(
                pod_name=meta.name,
                namespace=meta.namespace,
                endpoint=meta.annotations.get(ENDPOINT_ANNOTATION, ""),
                index=index if index.isdigit() else "",
                reason=_reason(pod, container),
            )
        )


def _endpoint(pod: Pod) -> tuple[str, int]:
    try:
        return parse_endpoint(pod.metadata.annotations.get(ENDPOINT_ANNOTATION, ""))
    except ValueError as error:
        msg = f'cannot adopt pod "{pod.metadata.name}": annotation {ENDPOINT_ANNOTATION}: {error}'
        raise RuntimeFailureError(msg) from error


def _reason(pod: Pod, container: Container) -> str:
    """Say how the previous incarnation ended, as far as the pod's status tells."""
    status = pod.container_status(container.name)
    ended = status and (status.state.terminated or status.last_state.terminated)
    return (ended.message or ended.reason) if ended else "Unhealthy"


def _refuse(pod: Pod, what: str) -> NoReturn:
    name = pod.metadata.name
    msg = f'cannot {what} pod "{name}": it was not started by readylb (ask whoever runs its endpoint)'
    raise RuntimeFailureError(msg)
