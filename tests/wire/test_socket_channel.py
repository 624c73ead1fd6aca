from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from readylb.wire.codec import Message, encode
from readylb.wire.messages import EndpointEntry, Hello, RemoveService, SetEndpoints
from readylb.wire.socket_channel import MAX_FRAME, SocketChannel, socket_channel


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
    control, worker = await socket_channel(left), await socket_channel(right)
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
    channel, inbox = SocketChannel(), Inbox()
    channel.listen(inbox)
    frames = b"".join(len(data).to_bytes(4, "big") + data for data in (encode(Hello(0, n)) for n in range(5)))
    for start in range(0, len(frames), size):
        channel.data_received(frames[start : start + size])
    assert await inbox.wait_for(5) == [Hello(0, n) for n in range(5)]


async def test_the_owner_learns_that_the_other_end_has_gone() -> None:
    left, right = socket.socketpair()
    gone = asyncio.Event()
    control = await socket_channel(left, gone.set)
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


@pytest.mark.parametrize(
    "garbage", [(MAX_FRAME + 1).to_bytes(4, "big"), b"\x00\x00\x00\x02\xc1\xc1"], ids=["too long", "garbage"]
)
async def test_a_frame_that_cannot_be_read_ends_the_channel(garbage: bytes) -> None:
    left, right = socket.socketpair()
    gone = asyncio.Event()
    control = await socket_channel(left, gone.set)
    with right:
        right.sendall(garbage)
        await asyncio.wait_for(gone.wait(), 5)
    assert "closed" in repr(control)
