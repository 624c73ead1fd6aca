"""An endpoint as this worker sees it: its connections, idle ones last in first out, and its counts."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from readylb.core.idle_learning import IdleLimit
from readylb.core.latency import LATENCY_BUCKETS_SECONDS
from readylb.core.outlier import Outlier
from readylb.core.unix_address import unix_path
from readylb.data.answer import overdue
from readylb.data.drive import drive
from readylb.data.flow import has_unread
from readylb.data.plain_socket import PlainSocket
from readylb.data.sweep import NEVER, TICK_SECONDS, Sweep
from readylb.wire.messages import EndpointEntry, EndpointStats

if TYPE_CHECKING:
    from readylb.data.tunnel import Tunnel
    from readylb.data.upstream import Upstream

# More idle connections than this to one endpoint are closed. HAProxy's pool-max-conn is unlimited; a
# thousand clients that ask at once should find a thousand connections again, which halves what they cost.
IDLE_CONNECTIONS: Final = 1024
_UNDER_WAY: Final = (0, errno.EINPROGRESS)
# Reused connections of which the kernel is asked first whether they are silent, until an endpoint is known
# to say nothing unasked: one that answers twice does so always, or for one kind of request.
_PROBATION: Final = 32
# An idle connection's bytes later than this are no second answer but tell of its close: a 408.
_UNASKED_SECONDS: Final = 1.0


class EndpointState:
    """One endpoint over all the tables that name it."""

    __slots__ = (
        "_sweep",
        "address",
        "answers",
        "authority",
        "buckets",
        "connections",
        "deadline",
        "deserted",
        "eligible",
        "failing",
        "failures",
        "family",
        "full_weight",
        "host",
        "host_field",
        "idle",
        "idle_limit",
        "in_flight",
        "latency_sum",
        "left",
        "loop",
        "name",
        "opened",
        "outlier",
        "port",
        "probation",
        "probed",
        "ready_since",
        "reported_at",
        "requests",
        "reuses",
        "terminating",
        "tunnels",
        "uid",
        "upstreams",
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
        # What policies go by, which is less than the whole during a slow start.
        self.weight = self.full_weight = float(entry.weight)
        self.ready_since = 0.0
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
        # Connections that had a request, and how many requests more there were when one closed while idle.
        self.opened = self.reuses = 0
        self.failures = 0
        self.connections = 0
        # By class of status; nothing is below 100.
        self.answers = [0] * 6
        self.latency_sum = 0.0
        self.buckets = [0] * (len(LATENCY_BUCKETS_SECONDS) + 1)
        self.reported_at = 0.0
        self.idle: list[Upstream] = []
        self.idle_limit = IdleLimit()
        self.probation = _PROBATION
        # Every connection that belongs to the pool, idle or not.
        self.upstreams: set[Upstream] = set()
        # Connections that it has for good: WebSockets, TCP.
        self.tunnels: set[Tunnel] = set()
        self.terminating = entry.terminating
        # When what still runs here is cut.
        self.deadline = NEVER
        self.probed = entry.probed
        self.outlier = Outlier()
        # Something is held against it that a good answer would refute.
        self.failing = False
        # Its probe says no while it is meant to go on: what it has not answered may go elsewhere.
        self.deserted = False

    def __repr__(self) -> str:
        """Show name, address, eligibility and load."""
        word = "eligible" if self.eligible else "excluded"
        return f"<EndpointState {self.name} {self.authority.decode()} {word} in_flight={self.in_flight}>"

    def follow(self, entry: EndpointEntry) -> None:
        """Take what a newer table says of it."""
        self.weight = self.full_weight = float(entry.weight)
        self.ready_since = entry.ready_since
        self.probed = entry.probed
        self.terminating = entry.terminating
        if entry.cut_at:
            # A tick early: its process is killed at that moment, which would look like its own doing.
            self.deadline = entry.cut_at - TICK_SECONDS
            self._sweep.watched.add(self)
        self.deserted = not (entry.ready or entry.serving or entry.terminating)
        outlier = self.outlier
        if entry.suspected_at > max(outlier.refused_at, entry.vouched_at):
            outlier.refused_at = entry.suspected_at
        outlier.vouch(entry.vouched_at)

    def take(self, *, proven: bool) -> Upstream | None:
        """Return an idle connection, the one used last, or None.

        `proven` asks the kernel whether the endpoint has closed it meanwhile: a request that must
        not be repeated is worth one system call. So is any request over a connection that was idle for
        longer than a tick: what its endpoint said in the meantime, a 408 perhaps, and the loop has not
        read yet, would answer it. One that is in use all the time is spared that, once its endpoint has
        shown that it says nothing unasked.
        """
        now = self._sweep.now
        while self.idle:
            upstream = self.idle.pop()
            if upstream.idle_since == now and not proven and not self.probation:
                return upstream
            if upstream.is_open():
                if self.probation:
                    self.probation -= 1
                return upstream
            if has_unread(upstream.transport):
                self.distrust(upstream.idle_since)
            upstream.discard()
        return None

    def distrust(self, since: float) -> None:
        """Keep no connection for a while: it said something unasked, having been silent from `since` on."""
        now = self._sweep.now
        if now - since <= _UNASKED_SECONDS:
            self.idle_limit.unasked(now)
            self.probation = _PROBATION
            idle, self.idle = self.idle, []
            for upstream in idle:
                upstream.discard()

    def give_back(self, upstream: Upstream, idle_seconds: float) -> None:
        """Keep a connection for the next request, or close it where it may not have one."""
        idle_seconds = min(idle_seconds, self.idle_limit.seconds)
        if not self.eligible or len(self.idle) >= IDLE_CONNECTIONS or idle_seconds <= 0:
            self.idle_limit.trust(self._sweep.now)
            upstream.discard()
            return
        upstream.idle_since = now = self._sweep.now
        upstream.deadline = now + idle_seconds
        self.idle.append(upstream)

    def closed_idle(self, upstream: Upstream) -> None:
        """Learn from the endpoint's closing a connection that nobody was using."""
        # Both moments are as coarse as a tick. Taken for younger than it was, it errs on the safe side.
        now = self._sweep.now
        reuses = self.requests - self.opened
        age = max(0.0, now - upstream.idle_since - TICK_SECONDS)
        self.idle_limit.closed(age, now, reused=reuses > self.reuses)
        self.reuses = reuses

    def open(self, protocol: asyncio.BaseProtocol) -> socket.socket:
        """Begin to connect `protocol`; its `connection_made` may come before the endpoint has accepted.

        What is written meanwhile waits in the transport; a refusal arrives as `connection_lost` with
        ConnectionRefusedError. Raises OSError where it fails at once.
        """
        connection = PlainSocket(self.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        code = connection.connect_ex(self.address)
        if code not in _UNDER_WAY:
            connection.close()
            raise OSError(code, errno.errorcode.get(code, "unknown"))
        unix = self.family == socket.AF_UNIX
        create = self.loop.create_unix_connection if unix else self.loop.create_connection
        drive(self.loop, create(lambda: protocol, sock=connection), lambda _: None)
        return connection

    def withdraw(self) -> None:
        """Give it nothing more: idle connections close, requests not sent yet go elsewhere.

        So do, where it is deserted, those that were sent and can safely be sent again.
        """
        self.eligible = False
        # Who comes back may be another program.
        self.idle_limit = IdleLimit()
        self.probation = _PROBATION
        idle, self.idle = self.idle, []
        for upstream in idle:
            upstream.discard()
        for upstream in list(self.upstreams):
            upstream.withdraw(deserted=self.deserted)
        if self.terminating:
            for tunnel in list(self.tunnels):
                tunnel.drain()

    def expired(self, now: float) -> None:  # noqa: ARG002 - the same for everything that is watched
        """Cut what it was given time to end, and has not; what can safely go elsewhere does."""
        self.deadline = NEVER
        self._sweep.watched.discard(self)
        for upstream in list(self.upstreams):
            exchange = upstream.exchange
            upstream.withdraw(deserted=True)
            if exchange is not None and upstream.exchange is exchange:
                overdue(exchange)
        for tunnel in list(self.tunnels):
            tunnel.cut()

    def retire(self) -> None:
        """Take note that it is gone. What it was given time to end, and has not, is cut when that is over."""
        if self.terminating and self.deadline == NEVER:
            for tunnel in list(self.tunnels):
                tunnel.cut()

    def release(self) -> None:
        """Note that an exchange or a tunnel with it has ended."""
        self.in_flight -= 1
        if not self.eligible:
            self.left(self)

    def snapshot(self) -> EndpointStats:
        """Return the counts as they are now."""
        return EndpointStats(
            self.uid,
            self.name,
            self.requests,
            self.failures,
            self.in_flight,
            self.connections,
            tuple(accumulate(self.buckets)),
            self.latency_sum,
            tuple(self.answers[1:]),
            self.weight if self.eligible else 0.0,
        )
