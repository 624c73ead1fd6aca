"""One Service port as several workers share it: what was said last, the open sockets, who has answered."""

from __future__ import annotations

import socket
from collections.abc import Collection
from dataclasses import dataclass, field

from msgspec.structs import replace as altered

from readylb.wire.listening import listening_sockets
from readylb.wire.messages import Address, EndpointsApplied, ListenFailed, Listening, SetEndpoints, SetService


@dataclass(slots=True)
class SharedPort:
    """`wanted` is what the link said; what workers hear names only addresses that could be opened."""

    key: str
    wanted: SetService | None = None
    endpoints: SetEndpoints | None = None
    #: One socket for each worker, or one for all.
    sockets: dict[Address, tuple[socket.socket, ...]] = field(default_factory=dict)
    #: Address (with its real port) → the workers that listen there.
    heard: dict[Address, set[int]] = field(default_factory=dict)
    #: Worker → the endpoints that it follows, and which of them it is not done with.
    applied: dict[int, EndpointsApplied] = field(default_factory=dict)
    #: What was said to the link last: the generation that all follow, and what is still in flight.
    confirmed: int = 0
    busy: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show the state."""
        return f"<shared port {self.key} open={list(self.sockets)} applied={self.applied}>"

    @property
    def settings(self) -> SetService | None:
        """What workers are told: the wanted addresses that are open."""
        if self.wanted is None:
            return None
        return altered(self.wanted, listen=tuple(item for item in self.wanted.listen if item in self.sockets))

    def open(self, workers: int) -> tuple[list[Address], list[ListenFailed]]:
        """Open for `workers` what is wanted and not open; return what was opened and what could not be."""
        opened, failures = [], []
        for address in self.wanted.listen if self.wanted else ():
            if address in self.sockets:
                continue
            try:
                self.sockets[address] = listening_sockets(address, workers)
            except OSError as error:
                words = error.strerror or str(error)
                failures.append(ListenFailed(self.key, address, error.errno or 0, words))
            else:
                opened.append(address)
        return opened, failures

    def close(self, kept: Collection[Address] = ()) -> list[Address]:
        """Close all but `kept`; return the addresses that are free as soon as the workers follow."""
        gone = [address for address in self.sockets if address not in kept]
        for address in gone:
            opened = self.sockets.pop(address)
            self.heard.pop(Address(address.host, opened[0].getsockname()[1]), None)
            for item in opened:
                item.close()
        return gone

    def sockets_of(self, worker: int, addresses: list[Address]) -> list[socket.socket]:
        """Return the worker's sockets for addresses that are open."""
        return [opened[worker % len(opened)] for opened in (self.sockets[item] for item in addresses)]

    def listening(self, worker: int, message: Listening, workers: Collection[int]) -> bool:
        """Take a worker's word; say whether all of `workers` listen there now."""
        heard = self.heard.setdefault(message.address, set())
        heard.add(worker)
        return heard.issuperset(workers)

    def follow(self, worker: int, message: EndpointsApplied) -> EndpointsApplied | None:
        """Take a worker's word; return what is true of all workers, when that is news."""
        if worker in self.applied:
            self.applied[worker] = message
        return self._confirm()

    def join(self, worker: int) -> None:
        """Count on a worker that follows nothing yet."""
        self.applied[worker] = EndpointsApplied(self.key, 0)

    def leave(self, worker: int) -> EndpointsApplied | None:
        """Do not wait for a worker that has ended: it sends no request to anybody."""
        self.applied.pop(worker, None)
        return self._confirm()

    def all_listening(self, workers: Collection[int]) -> list[Listening]:
        """Return where all of `workers` listen."""
        return [
            Listening(self.key, address) for address, heard in self.heard.items() if heard.issuperset(workers)
        ]

    def _confirm(self) -> EndpointsApplied | None:
        """Return the generation that all follow, and what any of them is still busy with.

        A worker that is ahead does not list an endpoint that only its newer table excludes; nobody
        takes that for an end, because the newer generation is not confirmed yet.
        """
        followed = min((item.generation for item in self.applied.values()), default=self.confirmed)
        busy = tuple(sorted({uid for item in self.applied.values() for uid in item.busy}))
        if followed < max(1, self.confirmed) or (followed, busy) == (self.confirmed, self.busy):
            return None  # less than before: a worker has just joined, and is told before it serves
        self.confirmed, self.busy = followed, busy
        return EndpointsApplied(self.key, followed, busy)
