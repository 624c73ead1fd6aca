from __future__ import annotations

import asyncio
import errno
import os
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.data.rig import GET, LARGE_BYTES, LAST, answer, read_head, turns

from readylb.data import splice
from readylb.data.flow import reset
from readylb.wire.messages import Drain, Limits, Stats

LONG = os.urandom(65536) * (2 * splice.LONG_BYTES // 65536)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(LONG)


@contextmanager
def counted():
    """How often the kernel was asked to move something, and what it said."""
    said: list[int] = []
    real = os.splice

    def counting(*arguments, **options):
        said.append(moved := real(*arguments, **options))
        return moved

    with patch.object(os, "splice", counting):
        yield said


def saying(*pieces: bytes, then_close: bool = False, again: bool = False):
    async def script(reader, writer):
        await read_head(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if again:
            await read_head(reader)
            writer.write(answer(b"again"))
        if then_close:
            writer.close()

    return script


async def started(balancer, script, **more):
    await balancer.start(**more)
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    return endpoint


def held() -> int:
    """How many ends of pipes, and second files of sockets, are open."""
    links = []
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            links.append(str(file.readlink()))
    sockets = [link for link in links if link.startswith("socket:")]
    return sum(link.startswith("pipe:") for link in links) + len(sockets) - len(set(sockets))


async def test_a_long_body_is_moved_by_the_kernel_to_the_last_byte(balancer):
    endpoint = await started(balancer, saying(HEAD + LONG, again=True))
    with counted() as moved:
        reader, writer = await balancer.connect()
        writer.write(GET)
        await read_head(reader)
        body = await reader.readexactly(len(LONG))
        assert sha256(body).digest() == sha256(LONG).digest()
        assert sum(moved) > len(LONG)  # into the pipe and out of it

        writer.write(GET)  # over the same two connections
        await read_head(reader)
        assert await reader.readexactly(5) == b"again"
    writer.close()

    assert endpoint.connections == 1
    stats = await balancer.stats()
    assert stats.bytes_out > len(LONG)


async def test_a_body_that_is_not_long_is_not(balancer):
    await started(balancer, saying(answer(b"x" * splice.LONG_BYTES)))
    with counted() as moved:
        got = await balancer.exchange(LAST)

    assert got.endswith(b"x" * splice.LONG_BYTES)
    assert not moved


async def test_pieces_of_any_size_arrive_in_order(balancer):
    sizes = (1, 100_000, 7, 1_500_000, 65536, 3, 262_144)
    pieces, at = [HEAD + LONG[:1000]], 1000
    while at < len(LONG):
        for size in sizes:
            pieces.append(LONG[at : at + size])
            at += size
    await started(balancer, saying(*pieces))
    with counted() as moved:
        got = await balancer.exchange(LAST)

    assert got.partition(b"\r\n\r\n")[2] == LONG
    assert sum(moved) > len(LONG)


async def test_a_client_that_reads_slowly_gets_it_all(balancer):
    body = bytes(LARGE_BYTES)
    await started(balancer, saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body))
    with counted() as moved:
        reader, writer = await balancer.connect()
        writer.write(LAST)
        await read_head(reader)
        # Nobody reads until everything is full, all the way back.
        before = -1
        while before != len(moved):
            before = len(moved)
            await turns(200)
        assert sum(moved) < 2 * len(body)
        left = len(body)
        while left:
            left -= len(await reader.read(65536))
    writer.close()

    assert (await balancer.stats()).bytes_out > len(body)


@pytest.mark.parametrize("how", ["close", "abort", "reset"])
async def test_a_body_that_breaks_off_reaches_the_client_as_a_cut(balancer, how):
    async def script(reader, writer):
        await read_head(reader)
        writer.write(HEAD + LONG[: len(LONG) // 2])
        await writer.drain()
        if how == "close":
            writer.close()
        elif how == "abort":
            writer.transport.abort()
        else:
            while writer.transport.get_write_buffer_size():
                await turns()
            reset(writer.transport)

    before = held()
    await started(balancer, script)
    with counted() as moved:
        reader, writer = await balancer.connect()
        writer.write(LAST)
        await read_head(reader)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)) as ended:
            await reader.readexactly(len(LONG))
    writer.close()

    assert ended.type is ConnectionResetError
    assert moved
    stats = await balancer.stats()
    assert stats.terminations == {"ResponseCut": 1}
    assert held() == before


async def test_bytes_behind_a_long_body_reach_nobody(balancer):
    endpoint = await started(balancer, saying(HEAD + LONG + answer(b"evil"), again=False))
    reader, writer = await balancer.connect()
    for _ in range(2):
        writer.write(GET)
        await read_head(reader)
        assert await reader.readexactly(len(LONG)) == LONG
    writer.close()

    assert endpoint.connections == 2


async def test_an_endpoint_hears_that_the_client_of_a_long_body_is_gone(balancer):
    before = held()
    endpoint = await started(balancer, saying(HEAD, *[LONG] * 30))
    with counted() as moved:
        reader, writer = await balancer.connect()
        writer.write(LAST)
        await read_head(reader)
        while not moved:
            await turns()
        writer.transport.abort()
        await asyncio.wait_for(endpoint.lost.wait(), 10)

    assert held() == before
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


async def test_a_client_that_resets_behind_its_half_close_is_gone(balancer):
    """Its own transport reads no more, so nothing else tells."""
    body = bytes(LARGE_BYTES)
    endpoint = await started(
        balancer, saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    )
    with counted() as moved:
        reader, writer = await balancer.connect()
        writer.write(GET)
        writer.write_eof()
        await read_head(reader)
        while not moved:
            await turns()
        reset(writer.transport)
        await asyncio.wait_for(endpoint.lost.wait(), 10)
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


async def test_a_client_that_does_not_read_a_long_body_is_sent_away_in_time(balancer):
    body = bytes(LARGE_BYTES)
    script = saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    await started(balancer, script, limits=Limits(response_stall_seconds=3))
    with counted() as moved:
        _, writer = await balancer.connect()
        writer.write(LAST)
        counted_by = await balancer.message(Stats, lambda m: bool(m.services[0].terminations))
    writer.close()

    assert moved
    assert counted_by.services[0].terminations == {"ClientStalled": 1}


async def test_a_long_body_is_cut_when_the_grace_of_a_drain_is_over(balancer):
    await started(balancer, saying(HEAD, LONG[: len(LONG) // 2]))
    with counted() as moved:
        reader, writer = await balancer.connect()
        writer.write(LAST)
        await read_head(reader)
        while not moved:
            await turns()
        balancer.control.send(Drain(grace_seconds=0.2))
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.readexactly(len(LONG)), 10)
    writer.close()


async def test_where_no_file_is_left_a_long_body_goes_the_ordinary_way(balancer):
    await started(balancer, saying(HEAD + LONG))
    splice.is_allowed()
    before = held()
    with counted() as moved, patch.object(os, "pipe2", side_effect=OSError(errno.EMFILE, "too many")):
        got = await balancer.exchange(LAST)

    assert got.partition(b"\r\n\r\n")[2] == LONG
    assert not moved
    assert held() == before


async def test_where_the_system_call_is_forbidden_a_long_body_goes_the_ordinary_way(balancer):
    await started(balancer, saying(HEAD + LONG))
    splice.is_allowed.cache_clear()
    before = held()
    try:
        with patch.object(os, "splice", side_effect=PermissionError(errno.EPERM, "not permitted")):
            got = await balancer.exchange(LAST)
    finally:
        splice.is_allowed.cache_clear()

    assert got.partition(b"\r\n\r\n")[2] == LONG
    assert held() == before
    assert splice.is_allowed()
