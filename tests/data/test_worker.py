from __future__ import annotations

import asyncio
import errno
import os
import socket

from tests.data.rig import GET, KEY, LAST, answer, read_head, turns

from readylb.wire.messages import (
    Address,
    Drain,
    Drained,
    EndpointsApplied,
    Hello,
    Limits,
    ListenFailed,
    Listening,
    RemoveService,
    SetService,
    Stats,
)


async def test_a_worker_says_hello_and_where_it_listens(balancer):
    await balancer.start()

    assert (await balancer.message(Hello)).pid == os.getpid()
    assert (await balancer.message(Listening)).address == Address("127.0.0.1", balancer.port)


async def test_an_address_in_use_is_reported_with_its_number(balancer):
    await balancer.start()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        balancer.control.send(SetService(key="default/other:80", name="default/other", listen=(address,)))
        failure = await balancer.message(ListenFailed)

    assert (failure.key, failure.address, failure.errno) == ("default/other:80", address, errno.EADDRINUSE)


async def test_ipv6_is_listened_on(balancer):
    await balancer.start()
    balancer.control.send(SetService(key="six", name="six", listen=(Address("::1", 0),)))
    said = await balancer.message(Listening, lambda m: m.key == "six")

    _, writer = await asyncio.open_connection("::1", said.address.port)
    writer.close()
    assert said.address.host == "::1"


async def test_new_settings_keep_the_connections(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint())
    reader, writer = await balancer.connect()
    writer.write(GET)
    await read_head(reader)
    await reader.readexactly(len(b"from 12345"))
    balancer.control.send(
        SetService(
            key=KEY, name="default/web", listen=(Address("127.0.0.1", 0),), limits=Limits(header_fields=1)
        )
    )
    await turns()
    writer.write(GET)
    assert b"200 OK" in await read_head(reader)
    await reader.readexactly(len(b"from 12345"))
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nA: b\r\n\r\n"))

    assert b" 431 " in await read_head(reader)
    writer.close()


async def test_endpoints_that_come_before_their_service_are_kept(balancer):
    endpoint = await balancer.endpoint()
    balancer.control.listen(balancer._receive)
    balancer.worker.start()
    await balancer.ready(endpoint)
    balancer.control.send(SetService(key=KEY, name="default/web", listen=(Address("127.0.0.1", 0),)))
    balancer.port = (await balancer.message(Listening)).address.port

    assert b"200 OK" in await balancer.exchange(LAST)
    assert (await balancer.message(EndpointsApplied)).generation == 1


async def test_a_removed_service_finishes_what_runs_and_refuses_the_rest(balancer):
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(reader, writer):
        await read_head(reader)
        asked.set()
        await go.wait()
        writer.write(answer(b"finished"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    reader, writer = await balancer.connect()
    writer.write(GET)
    await asked.wait()
    balancer.control.send(RemoveService(key=KEY))
    await turns()
    go.set()
    got = await reader.read()
    writer.close()

    assert b"\r\nConnection: close\r\n" in got
    assert got.endswith(b"finished")
    try:
        await balancer.connect()
        refused = False
    except ConnectionRefusedError:
        refused = True
    assert refused


async def test_a_drain_waits_for_what_runs_and_ends_what_is_idle(balancer):
    go = asyncio.Event()
    go.set()

    async def script(reader, writer):
        while True:
            await read_head(reader)
            await go.wait()
            writer.write(answer(b"finished"))

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    idle_reader, idle = await balancer.connect()
    idle.write(GET)
    assert await idle_reader.readuntil(b"finished")
    go.clear()
    reader, writer = await balancer.connect()
    writer.write(GET)
    await turns()
    balancer.control.send(Drain(grace_seconds=5))

    assert await asyncio.wait_for(idle_reader.read(), 2) == b""
    go.set()
    assert (await reader.read()).endswith(b"finished")
    assert (await balancer.message(Drained)).cut == 0
    assert (await balancer.message(Stats)).services[0].requests == 2
    writer.close()
    idle.close()


async def test_a_drain_serves_those_who_have_connected_and_are_not_accepted_yet(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint())
    with socket.socket() as client, socket.socket() as silent:
        for item in (client, silent):
            item.connect(("127.0.0.1", balancer.port))  # blocks the loop: nobody can accept meanwhile
        client.sendall(GET)
        balancer.control.send(Drain(grace_seconds=5))
        loop = asyncio.get_running_loop()
        for item in (client, silent):
            item.setblocking(False)
        got = await asyncio.wait_for(loop.sock_recv(client, 65536), 2)
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in got
        assert await asyncio.wait_for(loop.sock_recv(silent, 1), 4) == b"", "who says nothing is let go"
    assert (await balancer.message(Drained)).cut == 0


async def test_a_service_that_changes_during_a_drain_does_not_listen_again(balancer):
    await balancer.start()
    await balancer.message(Listening)
    balancer.control.send(Drain(grace_seconds=0))
    address = Address("127.0.0.1", balancer.port)
    balancer.control.send(SetService(key=KEY, name="default/web", listen=(address,)))
    await balancer.message(Drained)

    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", balancer.port)) != 0


async def test_a_drain_answers_a_request_that_has_arrived_unread_on_an_idle_connection(balancer):
    await balancer.start()
    await balancer.ready(await balancer.endpoint())
    reader, writer = await balancer.connect()
    writer.write(GET)
    assert b"200 OK" in await read_head(reader)
    await turns()
    # Past the transport, so that the request is in the kernel before the worker hears of the drain.
    os.write(writer.get_extra_info("socket").fileno(), GET)
    balancer.control.send(Drain(grace_seconds=5))

    assert b"\r\nConnection: close\r\n" in await reader.read()
    writer.close()


async def test_a_drain_cuts_what_does_not_finish(balancer):
    async def script(reader, writer):
        await read_head(reader)

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    _, writer = await balancer.connect()
    writer.write(GET)
    await turns()
    balancer.control.send(Drain(grace_seconds=0.1))

    assert (await balancer.message(Drained)).cut == 1
    writer.close()


async def test_a_second_drain_cuts_the_first_one_short(balancer):
    async def script(reader, writer):
        await read_head(reader)

    await balancer.start()
    await balancer.ready(await balancer.endpoint(script))
    _, writer = await balancer.connect()
    writer.write(GET)
    await turns()
    balancer.control.send(Drain(grace_seconds=60))
    balancer.control.send(Drain(grace_seconds=0))

    assert (await asyncio.wait_for(balancer.message(Drained), 2)).cut == 1
    writer.close()


async def test_counts_are_sent_by_themselves(balancer):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    for _ in range(3):
        await balancer.exchange(LAST)
    stats = (await balancer.message(Stats)).services[0]

    assert (stats.requests, stats.statuses, stats.to_unready) == (3, {200: 3}, 0)
    assert stats.latency_buckets[-1] == 3
    assert stats.endpoints[0].requests == 3
    assert stats.connections == 3
