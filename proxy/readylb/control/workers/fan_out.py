"""One voice to several workers, and theirs as one: what the link says goes to all, what all say goes back.

The link speaks over a channel as to a single worker. Here every message is kept until another one
replaces it, so a worker that joins later is told everything. A Service port listens when all workers
do; a generation of endpoints is in force when all workers follow it.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from typing import Protocol

from readylb.control.workers.shared_port import SharedPort
from readylb.control.workers.shared_removal import SharedRemoval
from readylb.control.workers.shares import share
from readylb.wire.channel import Channel, Message
from readylb.wire.messages import (
    Address,
    EndpointsApplied,
    ListenFailed,
    Listening,
    PassiveReport,
    RemoveService,
    ServiceRemoved,
    SetAccessLog,
    SetEndpoints,
    SetService,
    Sockets,
    Stats,
)

#: Workers close a socket a moment after we did. An address of ours that is still busy is tried again
#: so often, this many seconds apart: 2 s in all, far more than a worker needs.
_TRIES = 40
_TRY_SECONDS = 0.05


class Recipient(Protocol):
    """The way to one worker."""

    def send(self, message: Message, sockets: Sequence[socket.socket] = ()) -> None:
        """Queue a message, with sockets; never blocks."""


class FanOut:
    """Sits between the link's channel and the workers. Owns the listening sockets."""

    def __init__(self, link: Channel, count: int) -> None:
        """Speak for `count` workers, numbered from 0, at their end of the link's channel."""
        self._link = link
        self._count = count
        self._workers: dict[int, Recipient] = {}
        self._ports: dict[str, SharedPort] = {}
        self._released: set[tuple[str, int]] = set()
        self._closed = False
        self._access_log: SetAccessLog | None = None
        self._removals: dict[int, SharedRemoval] = {}

    def __repr__(self) -> str:
        """Show the state."""
        return f"<fan out workers={sorted(self._workers)} ports={sorted(self._ports)}>"

    def join(self, number: int, worker: Recipient) -> None:
        """Tell a new worker everything, endpoints first: it must not serve before it knows them."""
        self._workers[number] = worker
        if self._access_log is not None:
            worker.send(self._access_log)
        for port in self._ports.values():
            port.join(number)
            if port.endpoints is not None:
                worker.send(port.endpoints)
            if port.settings is not None:
                self._pass(number, port, list(port.sockets))
                worker.send(share(port.settings, number, self._count))

    def leave(self, number: int) -> None:
        """Wait for nothing from a worker that has ended."""
        if self._workers.pop(number, None) is None:
            return
        for removal in list(self._removals.values()):
            removal.leave(number)
            self._tell_removal(removal)
        for port in self._ports.values():
            followed = port.leave(number)
            if followed is not None:
                self._link.send(followed)
            if self._workers:
                for listening in port.all_listening(self._workers):
                    self._link.send(listening)

    def tell(self, message: Message) -> None:
        """Take a message for the workers from the link."""
        if isinstance(message, SetService):
            self._set_service(message)
        elif isinstance(message, SetEndpoints):
            self._port(message.key).endpoints = message
            self._to_all(message)
        elif isinstance(message, RemoveService):
            port = self._ports.pop(message.key, None)
            if port is not None:
                self._close(port)
            removal = self._removals[message.removal] = SharedRemoval(message, self._workers)
            self._to_all(message)
            self._tell_removal(removal)
        else:
            if isinstance(message, SetAccessLog):
                self._access_log = message
            self._to_all(message)

    def hear(self, number: int, message: Message) -> None:
        """Take a message from a worker."""
        if isinstance(message, Listening):
            port = self._ports.get(message.key)
            if port is not None and port.listening(number, message, self._workers):
                self._link.send(message)
        elif isinstance(message, EndpointsApplied):
            port = self._ports.get(message.key)
            followed = port.follow(number, message) if port is not None else None
            if followed is not None:
                self._link.send(followed)
        elif isinstance(message, ServiceRemoved):
            removal = self._removals.get(message.removal)
            if removal is not None:
                removal.hear(number, message)
                self._tell_removal(removal)
        elif isinstance(message, Stats | PassiveReport | ListenFailed):
            self._link.send(message)

    def close(self) -> None:
        """Close every listening socket, for good: with the workers' own, the ports are free."""
        self._closed = True
        for port in self._ports.values():
            port.wanted = None
            port.close()

    def _tell_removal(self, removal: SharedRemoval) -> None:
        message = removal.news()
        if message is not None:
            self._link.send(message)
            if not message.busy:
                self._removals.pop(message.removal, None)

    def _set_service(self, message: SetService) -> None:
        if self._closed:
            return  # a change during the drain: nobody listens any more
        port = self._port(message.key)
        port.wanted = message
        self._close(port, message.listen)
        self._open(port, message)

    def _open(self, port: SharedPort, message: SetService, tries: int = _TRIES) -> None:
        """Open what is not open yet, and tell all; unless something else was wanted meanwhile."""
        if port.wanted is not message or self._ports.get(port.key) is not port:
            return
        opened, failures = port.open(self._count)
        later = [failure for failure in failures if tries and self._is_leaving(failure)]
        for failure in failures:
            if failure not in later:
                self._link.send(failure)
        for address in opened:
            self._released.discard((address.host, address.port))
        settings = port.settings
        if settings is not None:
            for number, worker in self._workers.items():
                self._pass(number, port, opened)
                worker.send(share(settings, number, self._count))
        if later:
            asyncio.get_running_loop().call_later(_TRY_SECONDS, self._open, port, message, tries - 1)

    def _is_leaving(self, failure: ListenFailed) -> bool:
        """Say whether it is we who were there a moment ago."""
        address = failure.address
        return failure.errno == errno.EADDRINUSE and (address.host, address.port) in self._released

    def _close(self, port: SharedPort, kept: Sequence[Address] = ()) -> None:
        self._released.update((address.host, address.port) for address in port.close(kept))

    def _port(self, key: str) -> SharedPort:
        port = self._ports.get(key)
        if port is None:
            port = self._ports[key] = SharedPort(key)
            for number in self._workers:
                port.join(number)
        return port

    def _pass(self, number: int, port: SharedPort, addresses: list[Address]) -> None:
        if addresses:
            passed = port.sockets_of(number, addresses)
            self._workers[number].send(Sockets(port.key, tuple(addresses)), passed)

    def _to_all(self, message: Message) -> None:
        for worker in self._workers.values():
            worker.send(message)
