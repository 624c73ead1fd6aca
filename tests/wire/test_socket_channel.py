from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from readylb.wire.codec import Message, encode
from readylb.wire.listening import listening_socket
from readylb.wire.messages import Address, EndpointEntry, Hello, RemoveService, SetEndpoints, Sockets
from readylb.wire.socket_channel import MAX_FRAME, SocketChannel


class Inbox:
    """Collects messages and wakes who waits for a number of them."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self._more = asyncio.Event()

    def __call__(self, message: Message) -> None:
        self.got.append(message)
        self._more.set()

    async def wait_for(self, count: int) -> list[Message]:
        async with asyncio.timeout(5):
            while len(self.got) < count:
                self._more.clear()
                await self._more.wait()
        return self.got


@pytest.fixture
async def ends() -> AsyncIterator[tuple[SocketChannel, SocketChannel]]:
    left, right = socket.socketpair()
    control, worker = SocketChannel(left), SocketChannel(right)
    yield control, worker
    control.close()
    worker.close()
    await asyncio.sleep(0)


async def test_messages_arrive_in_order(ends: tuple[SocketChannel, SocketChannel]) -> None:
    control, worker = ends
    inbox = Inbox()
    for number in range(100):
        control.send(RemoveService(str(number)))
    worker.listen(inbox)
    assert await inbox.wait_for(100) == [RemoveService(str(number)) for number in range(100)]


async def test_a_message_larger_than_the_socket_buffer_arrives_whole(
    ends: tuple[SocketChannel, SocketChannel],
) -> None:
    control, worker = ends
    entries = tuple(
        EndpointEntry(f"uid-{n}", f"pod-{n}", "127.0.0.1", n, ready=True, serving=True, terminating=False)
        for n in range(20_000)
    )
    inbox = Inbox()
    worker.listen(inbox)
    control.send(SetEndpoints("k", 1, entries))
    assert await inbox.wait_for(1) == [SetEndpoints("k", 1, entries)]


@pytest.mark.parametrize("size", [1, 3, 7])
async def test_frames_may_come_in_pieces(size: int) -> None:
    left, right = socket.socketpair()
    channel, inbox = SocketChannel(left), Inbox()
    channel.listen(inbox)
    frames = b"".join(len(data).to_bytes(4, "big") + data for data in (encode(Hello(0, n)) for n in range(5)))
    with right:
        for start in range(0, len(frames), size):
            right.sendall(frames[start : start + size])
            await asyncio.sleep(0)
        assert await inbox.wait_for(5) == [Hello(0, n) for n in range(5)]
    channel.close()


async def test_sockets_come_with_their_message(ends: tuple[SocketChannel, SocketChannel]) -> None:
    control, worker = ends
    inbox = Inbox()
    worker.listen(inbox)
    address = Address("127.0.0.1", 0)
    with listening_socket(address) as first, listening_socket(address) as second:
        control.send(RemoveService("before"))
        control.send(Sockets("a", (address,)), [first])
        control.send(Sockets("b", (address,)), [second])
        wanted = [first.getsockname(), second.getsockname()]
    await inbox.wait_for(3)
    passed = worker.take_sockets(1) + worker.take_sockets(5)
    assert [item.getsockname() for item in passed] == wanted, "though ours are closed"
    assert not any(item.get_inheritable() for item in passed)
    for item in passed:
        item.close()


async def test_sockets_wait_for_room_like_everything_else(ends: tuple[SocketChannel, SocketChannel]) -> None:
    control, worker = ends
    inbox = Inbox()
    address = Address("127.0.0.1", 0)
    with listening_socket(address) as opened:
        for number in range(600):
            control.send(Sockets(str(number), (address,)), [opened])
    worker.listen(inbox)
    got = await inbox.wait_for(600)
    assert [message.key for message in got if isinstance(message, Sockets)] == [str(n) for n in range(600)]
    passed = worker.take_sockets(600)
    assert len(passed) == 600
    for item in passed:
        item.close()


async def test_the_owner_learns_that_the_other_end_has_gone() -> None:
    left, right = socket.socketpair()
    gone = asyncio.Event()
    control = SocketChannel(left, gone.set)
    right.close()
    await asyncio.wait_for(gone.wait(), 5)
    control.send(Hello(0, 1))
    assert "closed" in repr(control)


async def test_what_was_sent_before_close_arrives(ends: tuple[SocketChannel, SocketChannel]) -> None:
    control, worker = ends
    inbox = Inbox()
    worker.listen(inbox)
    control.send(RemoveService("before"))
    control.close()
    control.send(RemoveService("after"))
    assert await inbox.wait_for(1) == [RemoveService("before")]
    await asyncio.wait_for(control.closed(), 5)
    await asyncio.wait_for(worker.closed(), 5)


async def test_what_waits_for_room_is_written_before_the_end(
    ends: tuple[SocketChannel, SocketChannel],
) -> None:
    control, worker = ends
    long = RemoveService("x" * 2_000_000)
    control.send(long)
    control.close()
    inbox = Inbox()
    worker.listen(inbox)
    assert await inbox.wait_for(1) == [long]
    await asyncio.wait_for(control.closed(), 5)


@pytest.mark.parametrize(
    "garbage", [(MAX_FRAME + 1).to_bytes(4, "big"), b"\x00\x00\x00\x02\xc1\xc1"], ids=["too long", "garbage"]
)
async def test_a_frame_that_cannot_be_read_ends_the_channel(garbage: bytes) -> None:
    left, right = socket.socketpair()
    gone = asyncio.Event()
    control = SocketChannel(left, gone.set)
    with right:
        right.sendall(garbage)
        await asyncio.wait_for(gone.wait(), 5)
    assert "closed" in repr(control)
