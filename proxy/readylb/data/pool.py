"""An endpoint as this worker sees it: its connections, idle ones last in first out, and its counts."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from readylb.core.unix_address import unix_path
from readylb.data.drive import drive
from readylb.data.sweep import Sweep
from readylb.wire.messages import EndpointEntry, EndpointStats

if TYPE_CHECKING:
    from readylb.data.upstream import Upstream

# More idle connections than this to one endpoint are closed. nginx asks for `keepalive 32` per
# worker as a common setting, HAProxy's pool-max-conn is unlimited.
IDLE_CONNECTIONS = 256
_UNDER_WAY = (0, errno.EINPROGRESS)


class EndpointState:
    """One endpoint over all the tables that name it."""

    __slots__ = (
        "_sweep",
        "address",
        "authority",
        "connections",
        "eligible",
        "failures",
        "family",
        "host",
        "host_field",
        "idle",
        "in_flight",
        "left",
        "loop",
        "name",
        "port",
        "reported_at",
        "requests",
        "uid",
        "unproven",
        "weight",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sweep: Sweep,
        entry: EndpointEntry,
        left: Callable[[EndpointState], None] = lambda _: None,
    ) -> None:
        """Have no connection yet. `left` hears of each end of an exchange while excluded."""
        self.left = left
        self.loop = loop
        self._sweep = sweep
        host, port = entry.host, entry.port
        self.uid = entry.uid
        self.name = entry.name
        self.host = host
        self.port = port
        self.weight = entry.weight
        self.address: tuple[str, int] | str
        path = unix_path(host)
        if path is not None:
            self.family, self.address = socket.AF_UNIX, path
            self.authority, self.host_field = host.encode(), b"localhost"
        else:
            self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self.address = (host, port)
            self.authority = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}").encode()
            self.host_field = self.authority
        self.eligible = False
        self.in_flight = 0
        self.requests = 0
        self.failures = 0
        self.connections = 0
        self.reported_at = 0.0
        self.idle: list[Upstream] = []
        # Connections on which nothing has come back yet: their request may still be unsent.
        self.unproven: set[Upstream] = set()

    def __repr__(self) -> str:
        """Show name, address, eligibility and load."""
        word = "eligible" if self.eligible else "excluded"
        return f"<EndpointState {self.name} {self.authority.decode()} {word} in_flight={self.in_flight}>"

    def take(self, *, proven: bool) -> Upstream | None:
        """Return an idle connection, the one used last, or None.

        `proven` asks the kernel whether the endpoint has closed it meanwhile: a request that must
        not be repeated is worth one system call.
        """
        while self.idle:
            upstream = self.idle.pop()
            if not proven or upstream.is_open():
                return upstream
            upstream.discard()
        return None

    def give_back(self, upstream: Upstream, idle_seconds: float) -> None:
        """Keep a connection for the next request, or close it where it may not have one."""
        if not self.eligible or len(self.idle) >= IDLE_CONNECTIONS or idle_seconds <= 0:
            upstream.discard()
            return
        upstream.deadline = self._sweep.now + idle_seconds
        self.idle.append(upstream)

    def open(self, protocol: asyncio.BaseProtocol) -> socket.socket:
        """Begin to connect `protocol`; its `connection_made` may come before the endpoint has accepted.

        What is written meanwhile waits in the transport; a refusal arrives as `connection_lost` with
        ConnectionRefusedError. Raises OSError where it fails at once.
        """
        connection = socket.socket(self.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        code = connection.connect_ex(self.address)
        if code not in _UNDER_WAY:
            connection.close()
            raise OSError(code, errno.errorcode.get(code, "unknown"))
        unix = self.family == socket.AF_UNIX
        create = self.loop.create_unix_connection if unix else self.loop.create_connection
        drive(self.loop, create(lambda: protocol, sock=connection), lambda _, __: None)
        return connection

    def withdraw(self) -> None:
        """Give it nothing more: idle connections close, requests not sent yet go elsewhere."""
        self.eligible = False
        idle, self.idle = self.idle, []
        for upstream in idle:
            upstream.discard()
        for upstream in list(self.unproven):
            upstream.withdraw()

    def release(self) -> None:
        """Note that an exchange or a tunnel with it has ended."""
        self.in_flight -= 1
        if not self.eligible:
            self.left(self)

    def snapshot(self) -> EndpointStats:
        """Return the counts as they are now."""
        return EndpointStats(
            self.uid, self.name, self.requests, self.failures, self.in_flight, self.connections
        )
