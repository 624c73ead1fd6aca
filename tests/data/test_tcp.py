from __future__ import annotations

import asyncio
import errno
import socket
import struct

import pytest
from tests.data.rig import KEY, LARGE_BYTES, MOST_BUFFERED_BYTES, turns

from readylb.core.proxy_protocol import End, parse
from readylb.wire.messages import Address, Drain, EndpointEntry, EndpointsApplied, Limits, SetEndpoints


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.write(b"end")
    writer.write_eof()


async def go_on(writer):
    while True:
        await turns()
        writer.write(b"x")
        await writer.drain()


def abort_with_reset(writer):
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_bytes_pass_as_they_are_and_each_half_closes_by_itself(balancer):
    await balancer.start(protocol="tcp")
    await balancer.ready(await balancer.endpoint(echo))

    assert (
        await balancer.exchange(b"\x00\xff\r\n" * 50_000, half_close=True)
        == b"\x00\xff\r\n" * 50_000 + b"end"
    )
    stats = await balancer.stats()
    assert (stats.bytes_in, stats.bytes_out) == (200_000, 200_003)
    assert [(e.requests, e.in_flight, e.connections) for e in stats.endpoints] == [(1, 0, 0)]
    assert stats.open_connections == 0


async def test_a_server_may_speak_first(balancer):
    async def greet(reader, writer):
        writer.write(b"220 hello\r\n")

    await balancer.start(protocol="tcp")
    await balancer.ready(await balancer.endpoint(greet))
    reader, writer = await balancer.connect()

    assert await asyncio.wait_for(reader.readline(), 2) == b"220 hello\r\n"
    writer.close()


async def test_an_endpoint_that_resets_is_not_taken_for_one_that_has_ended(balancer):
    async def script(reader, writer):
        writer.write(b"the first half")
        await reader.read(1)
        abort_with_reset(writer)

    await balancer.start(protocol="tcp")
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    assert await reader.readexactly(14) == b"the first half"
    writer.write(b"x")
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert (await balancer.stats()).terminations == {"ResponseCut": 1}


async def test_a_client_that_resets_is_gone(balancer):
    endpoint = await balancer.endpoint(echo)
    await balancer.start(protocol="tcp")
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    abort_with_reset(writer)
    await asyncio.wait_for(endpoint.lost.wait(), 5)
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


@pytest.mark.parametrize("reason", ["Drained", "TunnelIdle"])
async def test_a_connection_that_is_cut_at_a_deadline_looks_like_the_end_to_nobody(balancer, reason):
    saw = []

    async def script(reader, writer):
        writer.write(b"the first half")
        try:
            saw.append(await reader.read())
        except ConnectionResetError:
            saw.append("reset")

    endpoint = await balancer.endpoint(script)
    idle = 0.1 if reason == "TunnelIdle" else 60.0
    await balancer.start(protocol="tcp", limits=Limits(tunnel_idle_seconds=idle))
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    assert await reader.readexactly(14) == b"the first half"
    if reason == "Drained":
        balancer.control.send(Drain(grace_seconds=0.1))
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    await asyncio.wait_for(endpoint.lost.wait(), 5)
    assert saw == ["reset"]
    writer.close()
    assert (await balancer.stats()).terminations == {reason: 1}


async def test_an_endpoint_that_has_ended_and_resets_does_not_end_what_its_client_says(balancer):
    async def script(reader, writer):
        writer.write_eof()
        await reader.readexactly(5)
        abort_with_reset(writer)

    await balancer.start(protocol="tcp")
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.write(b"hello")
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(go_on(writer), 5)
    writer.close()
    assert (await balancer.stats()).terminations == {"ResponseCut": 1}


async def test_a_client_that_has_ended_and_resets_is_gone(balancer):
    saw = []

    async def script(reader, writer):
        assert await reader.read() == b"hello"
        writer.write(b"the first half")
        await writer.drain()
        try:
            await asyncio.wait_for(go_on(writer), 5)
        except ConnectionError:
            saw.append("reset")

    endpoint = await balancer.endpoint(script)
    await balancer.start(protocol="tcp")
    await balancer.ready(endpoint)
    reader, writer = await balancer.connect()
    writer.write(b"hello")
    writer.write_eof()
    assert await reader.readexactly(14) == b"the first half"
    abort_with_reset(writer)
    await asyncio.wait_for(endpoint.lost.wait(), 5)
    assert saw == ["reset"]
    assert (await balancer.stats()).terminations == {"ClientGone": 1}


async def test_what_an_endpoint_said_up_to_its_end_arrives_though_it_resets_then(balancer):
    async def script(reader, writer):
        writer.write(b"all of it")
        writer.write_eof()
        await reader.read(1)
        abort_with_reset(writer)

    await balancer.start(protocol="tcp")
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(b"x")
    assert await asyncio.wait_for(reader.read(), 5) == b"all of it"
    writer.close()


async def test_the_last_words_of_an_endpoint_that_resets_arrive_before_the_cut(balancer):
    """Though what its client says at the same moment is written, in vain, before they are read."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        server.setblocking(False)
        client.setblocking(False)
        await balancer.start(protocol="tcp")
        await balancer.ready(server.getsockname()[1])
        await loop.sock_connect(client, ("127.0.0.1", balancer.port))
        await loop.sock_sendall(client, b"hello")
        endpoint, _ = await loop.sock_accept(server)
        assert await loop.sock_recv(endpoint, 5) == b"hello"
        (tunnel,) = balancer.worker._services[KEY].clients
        endpoint.setblocking(True)
        endpoint.sendall(b"last words")
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        endpoint.close()
        tunnel.client.data_received(b"x")
        assert await asyncio.wait_for(loop.sock_recv(client, 100), 5) == b"last words"
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(loop.sock_recv(client, 100), 5)


async def test_connections_are_balanced_one_by_one(balancer):
    await balancer.start(protocol="tcp")
    endpoints = [await balancer.endpoint(echo) for _ in range(2)]
    await balancer.ready(*endpoints)

    for _ in range(4):
        await balancer.exchange(b"x", half_close=True)

    assert [endpoint.connections for endpoint in endpoints] == [2, 2]


async def test_a_refused_connection_goes_to_another_endpoint(balancer, closed_port):
    await balancer.start(protocol="tcp")
    await balancer.ready(closed_port, await balancer.endpoint(echo))

    for _ in range(2):
        assert await balancer.exchange(b"data", half_close=True) == b"dataend"
    assert (await balancer.stats()).retries == 1


async def test_no_ready_endpoint_closes_at_once(balancer):
    await balancer.start(protocol="tcp")
    await balancer.ready()

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(balancer.exchange(b""), 1)
    assert (await balancer.stats()).terminations == {"NoReadyEndpoints": 1}


async def test_an_excluded_endpoint_keeps_its_connections_and_gets_no_new_ones(balancer):
    await balancer.start(protocol="tcp")
    out, stays = await balancer.endpoint(echo), await balancer.endpoint(echo)
    await balancer.ready(out, stays)
    reader, writer = await balancer.connect()
    writer.write(b"one")
    assert await reader.readexactly(3) == b"one"
    await balancer.ready(stays)
    for _ in range(3):
        await balancer.exchange(b"x", half_close=True)
    writer.write(b"two")

    assert await reader.readexactly(3) == b"two"
    writer.close()
    assert (out.connections, stays.connections) == (1, 3)


async def test_an_idle_connection_is_cut_after_its_time(balancer):
    await balancer.start(protocol="tcp", limits=Limits(tunnel_idle_seconds=0.1))
    await balancer.ready(await balancer.endpoint(echo))
    reader, writer = await balancer.connect()

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 3)
    writer.close()


async def test_an_endpoint_that_accepts_in_silence_has_accepted(balancer, monkeypatch):
    def not_connected(_):
        raise OSError(errno.ENOTCONN, "not connected")

    async def silent(reader, writer):
        accepted.set()

    accepted = asyncio.Event()
    limits = Limits(connect_seconds=0.1, tunnel_idle_seconds=0.2)
    await balancer.start(protocol="tcp", limits=limits)
    endpoint = await balancer.endpoint(silent)
    await balancer.ready(endpoint)
    with monkeypatch.context() as network:  # over which no connection stands at once
        network.setattr(socket.socket, "getpeername", not_connected)
        reader, writer = await balancer.connect()
        await asyncio.wait_for(accepted.wait(), 5)

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 3)
    stats = await balancer.stats()
    assert (stats.terminations, stats.retries, endpoint.connections) == ({"TunnelIdle": 1}, 0, 1)
    writer.close()


async def test_a_fast_client_does_not_fill_memory_before_a_slow_endpoint(balancer):
    go = asyncio.Event()

    async def slow(reader, writer):
        await go.wait()
        left = size
        while left:
            left -= len(await reader.read(1 << 20))
        writer.write(b"all")

    size = LARGE_BYTES
    await balancer.start(protocol="tcp")
    await balancer.ready(await balancer.endpoint(slow))
    reader, writer = await balancer.connect()
    sent = 0
    while sent < size:
        writer.write(b"x" * 65536)
        sent += 65536
        try:
            await asyncio.wait_for(writer.drain(), 0.3)
        except TimeoutError:
            break
    assert sent < MOST_BUFFERED_BYTES
    go.set()
    while sent < size:
        await writer.drain()
        writer.write(b"x" * 65536)
        sent += 65536

    assert await asyncio.wait_for(reader.readexactly(3), 20) == b"all"
    writer.close()


@pytest.mark.parametrize("speaks_at_once", [True, False])
async def test_an_endpoint_that_waits_for_the_end_of_all_that_is_said_gets_it(
    balancer, monkeypatch, speaks_at_once
):
    """Connected a moment after it was looked at, the kernel takes all at once, and nobody is told."""

    async def script(reader, writer):
        accepted.set()
        writer.write(b"got " + await reader.read())
        writer.write_eof()

    accepted = asyncio.Event()

    monkeypatch.setattr("readylb.data.tcp._Opening.is_connected", lambda _: False)
    await balancer.start(protocol="tcp", limits=Limits(connect_seconds=30.0))
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    if not speaks_at_once:
        await asyncio.wait_for(accepted.wait(), 5)
    writer.write(b"hello")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b"got hello"
    writer.close()


async def test_an_endpoint_may_be_a_unix_socket(balancer, tmp_path, closed_port):
    """With half-close, and in the place of one that refuses; one that is not there refuses too."""

    async def script(reader, writer):
        await echo(reader, writer)
        writer.close()

    there, missing = tmp_path / "there", tmp_path / "missing"
    server = await asyncio.start_unix_server(script, there)
    await balancer.start(protocol="tcp")
    hosts = (("127.0.0.1", closed_port), (f"unix:{missing}", 0), (f"unix:{there}", 0))
    entries = tuple(
        EndpointEntry(f"uid-{n}", f"web-{n}", host, port, True, True, False)
        for n, (host, port) in enumerate(hosts)
    )
    balancer.control.send(SetEndpoints(key=KEY, generation=1, endpoints=entries))
    await balancer.message(EndpointsApplied)
    assert await balancer.exchange(b"hello", half_close=True) == b"helloend"
    stats = await balancer.stats()
    server.close()
    assert stats.terminations == {"Completed": 1}
    assert [(e.requests, e.failures) for e in stats.endpoints] == [(1, 1), (1, 1), (1, 0)]


@pytest.mark.parametrize("version", [1, 2])
async def test_a_client_of_ipv6_is_told_by_the_proxy_protocol(balancer, version):
    async def tell(reader, writer):
        writer.write(await reader.read(100))
        writer.write_eof()

    address = Address("::1", 0)
    await balancer.start(protocol="tcp", send_proxy=version, listen=(address,))
    await balancer.ready(await balancer.endpoint(tell))
    reader, writer = await asyncio.open_connection("::1", balancer.port)
    host, port, *_ = writer.get_extra_info("sockname")
    header = parse(await asyncio.wait_for(reader.read(), 5))
    writer.close()
    assert header is not None
    assert (header.source, header.destination) == (End(host, port), End("::1", balancer.port))
