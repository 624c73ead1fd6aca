"""A server that answers every connection with the same bytes, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.simulation import FakeRuntime

from readylb.control.probes.ask import Ask
from readylb.model import Pod
from readylb.model.container import Container, ContainerPort
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodStatus, PortMapping
from readylb.model.probe import Probe


@dataclass
class Served:
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def serve(
    answer: Callable[[int], bytes] | bytes,
    *,
    host: str = "127.0.0.1",
    hang: bool = False,
    reset: bool = False,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Served]:
    """`answer` may depend on the number of the request (from 0). `hang` keeps the connection open."""
    served = Served()
    writers: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        served.connections += 1
        try:
            served.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer if isinstance(answer, bytes) else answer(len(served.requests) - 1))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        if reset:
            writer.transport.abort()
        elif not hang:
            writer.close()

    server = await asyncio.start_server(talk, host, 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


def ask(probe: Probe, port: int = 8080, *, pod_ip: str = "127.0.0.1") -> Ask:
    """Return an ask of a container whose declared port 8080, named http, is bound to `port`."""
    container = Container(name="main", ports=(ContainerPort(container_port=8080, name="http"),))
    mapping = PortMapping(container_port=8080, host_port=port)
    status = PodStatus(pod_ip=pod_ip, port_mappings=(mapping,))
    pod = Pod(metadata=ObjectMeta(name="web", namespace="default"), status=status)
    return Ask(pod, container, probe, FakeRuntime())


def reply(status: str = "200 OK", body: bytes = b"ok", *headers: str) -> bytes:
    """Return a response with a Content-Length."""
    head = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def shout(data: bytes) -> AsyncIterator[int]:
    """Answer the first byte of whatever is said with `data`; yield the port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(data)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
