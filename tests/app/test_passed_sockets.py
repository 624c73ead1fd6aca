from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from readylb.app.passed_sockets import PassedSockets
from readylb.wire.codec import Message
from readylb.wire.listening import listening_socket
from readylb.wire.messages import Address, RemoveService, Sockets
from readylb.wire.socket_channel import SocketChannel

ANY = Address("127.0.0.1", 0)


class Ends:
    """Both ends, and what the worker was told."""

    def __init__(self) -> None:
        left, right = socket.socketpair()
        self.control, self.worker = SocketChannel(left), SocketChannel(right)
        self.passed = PassedSockets(self.worker)
        self.told: list[Message] = []
        self._synced = asyncio.Event()
        self.passed.listen(self._hear)

    async def sync(self) -> None:
        """Return when all that was sent has been received."""
        self.control.send(RemoveService("sync"))
        await asyncio.wait_for(self._synced.wait(), 5)

    def _hear(self, message: Message) -> None:
        if message == RemoveService("sync"):
            self._synced.set()
        else:
            self.told.append(message)


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    ends = Ends()
    yield ends
    ends.control.close()
    ends.passed.close()


async def test_a_socket_is_found_by_its_service_port_and_address(ends: Ends) -> None:
    with listening_socket(ANY) as one, listening_socket(ANY) as two:
        ends.control.send(Sockets("one", (ANY,)), [one])
        ends.control.send(Sockets("two", (ANY,)), [two])
        await ends.sync()
        with ends.passed.open("two", ANY) as found:
            assert found.getsockname() == two.getsockname()
        with ends.passed.open("one", ANY) as found:
            assert found.getsockname() == one.getsockname()
    assert ends.told == [], "the worker is not told of sockets"


async def test_a_socket_is_given_once(ends: Ends) -> None:
    with listening_socket(ANY) as one:
        ends.control.send(Sockets("one", (ANY,)), [one])
        await ends.sync()
    ends.passed.open("one", ANY).close()
    with pytest.raises(OSError, match="non-socket"):
        ends.passed.open("one", ANY)


async def test_sockets_that_nobody_took_are_closed_with_their_service(ends: Ends) -> None:
    with listening_socket(ANY) as one:
        address = Address("127.0.0.1", one.getsockname()[1])
        ends.control.send(Sockets("one", (ANY,)), [one])
    ends.control.send(RemoveService("one"))
    await ends.sync()
    assert ends.told == [RemoveService("one")]
    listening_socket(address).close()
