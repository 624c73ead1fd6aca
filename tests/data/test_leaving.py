"""A Service port that is served no more says who is still busy, and when nobody is."""

from __future__ import annotations

import asyncio

from tests.data.rig import GET, KEY, Balancer, answer, read_head

from readylb.wire.messages import RemoveService, ServiceRemoved


async def removed(balancer: Balancer, *busy: str) -> None:
    wanted = tuple(sorted(busy))
    await balancer.message(ServiceRemoved, lambda message: message.busy == wanted)


async def test_only_endpoints_with_something_in_flight_are_busy_and_in_the_end_nobody(
    balancer: Balancer,
) -> None:
    go, asked = asyncio.Event(), asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        asked.set()
        await go.wait()
        writer.write(answer(b"finished"))

    slow, other = await balancer.endpoint(script), await balancer.endpoint(script)
    await balancer.start()
    await balancer.ready(slow)
    reader, writer = await balancer.connect()
    writer.write(GET)
    await asked.wait()
    await balancer.ready(slow, other)
    balancer.control.send(RemoveService(KEY, 7))
    await removed(balancer, f"uid-{slow.port}")
    go.set()
    assert (await reader.read()).endswith(b"finished")
    writer.close()
    await removed(balancer)
    assert {message.removal for message in balancer.messages if isinstance(message, ServiceRemoved)} == {7}


async def test_a_client_that_has_begun_its_request_may_still_get_any_endpoint(balancer: Balancer) -> None:
    endpoints = [await balancer.endpoint(), await balancer.endpoint()]
    await balancer.start()
    await balancer.ready(*endpoints)
    reader, writer = await balancer.connect()
    writer.write(GET + GET[:10])
    await reader.readuntil(b"\r\n\r\n")
    balancer.control.send(RemoveService(KEY, 1))
    await removed(balancer, *(f"uid-{endpoint.port}" for endpoint in endpoints))
    writer.write(GET[10:])
    assert b"200 OK" in await reader.read()
    writer.close()
    await removed(balancer)


async def test_a_port_that_was_never_served_is_removed_at_once(balancer: Balancer) -> None:
    await balancer.start()
    balancer.control.send(RemoveService("default/other:80", 3))
    await balancer.message(ServiceRemoved, lambda message: message == ServiceRemoved("default/other:80", 3))
