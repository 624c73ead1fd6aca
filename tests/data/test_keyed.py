"""Picking by key and by affinity, through a whole worker."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.data.rig import KEY

from readylb.wire.messages import Address, EndpointEntry, SetEndpoints, SetService


def get(*fields: bytes, target: bytes = b"/") -> bytes:
    lines = b"".join(field + b"\r\n" for field in (b"Host: web", *fields, b"Connection: close"))
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (target, lines)


async def answered(balancer, request: bytes) -> bytes:
    return (await balancer.exchange(request)).rpartition(b"\r\n\r\n")[2]


async def three(balancer, **settings):
    await balancer.start(**settings)
    endpoints = [await balancer.endpoint() for _ in range(3)]
    await balancer.ready(*endpoints)
    return endpoints


async def test_equal_headers_go_to_one_endpoint_and_different_ones_to_all(balancer):
    await three(balancer, policy="ring_hash", hash_on="header:X-User")
    by_user = {
        user: {await answered(balancer, get(b"x-user: %d" % user)) for _ in range(3)} for user in range(20)
    }
    assert {len(found) for found in by_user.values()} == {1}
    assert len(set.union(*by_user.values())) == 3


async def test_a_cookie_or_a_uri_may_be_the_key(balancer):
    await three(balancer, policy="ring_hash", hash_on="cookie:s")
    assert len({await answered(balancer, get(b"Cookie: a=%d; s=1" % n)) for n in range(6)}) == 1
    settings = {
        "key": KEY,
        "name": "default/web",
        "listen": (Address("127.0.0.1", 0),),
        "policy": "ring_hash",
    }
    balancer.control.send(SetService(**settings, hash_on="uri"))
    await asyncio.sleep(0.01)
    assert len({await answered(balancer, get(b"Cookie: s=%d" % n, target=b"/x")) for n in range(6)}) == 1
    assert len({await answered(balancer, get(target=b"/%d" % n)) for n in range(20)}) == 3


async def test_weights_share_the_requests(balancer):
    endpoints = await three(balancer)
    entries = tuple(
        EndpointEntry(f"uid-{e.port}", "web", "127.0.0.1", e.port, True, True, False, weight)
        for e, weight in zip(endpoints, (4, 2, 1), strict=True)
    )
    balancer.control.send(SetEndpoints(key=KEY, generation=9, endpoints=entries))
    await asyncio.sleep(0.01)
    counted = Counter([await answered(balancer, get()) for _ in range(14)])
    assert [counted[b"from %d" % endpoint.port] for endpoint in endpoints] == [8, 4, 2]


async def test_a_client_stays_with_its_endpoint_while_that_is_ready(balancer):
    endpoints = await three(balancer, affinity_seconds=60)
    (first,) = {await answered(balancer, get()) for _ in range(6)}
    left = [endpoint for endpoint in endpoints if first != b"from %d" % endpoint.port]
    await balancer.ready(*left)
    (second,) = {await answered(balancer, get()) for _ in range(6)}
    assert second != first
    await balancer.ready(*endpoints)
    assert {await answered(balancer, get()) for _ in range(3)} == {second}, "it has moved"


async def test_affinity_holds_for_connections_too_and_may_be_switched_off(balancer):
    async def greet(reader, writer):
        writer.write(b"%d" % writer.get_extra_info("sockname")[1])
        writer.close()

    await balancer.start(protocol="tcp", affinity_seconds=60)
    await balancer.ready(*[await balancer.endpoint(greet) for _ in range(3)])
    assert len({await balancer.exchange(b"") for _ in range(6)}) == 1
    settings = {"key": KEY, "name": "default/web", "listen": (Address("127.0.0.1", 0),), "protocol": "tcp"}
    balancer.control.send(SetService(**settings))
    await asyncio.sleep(0.01)
    assert len({await balancer.exchange(b"") for _ in range(6)}) == 3


async def test_who_cannot_be_reached_is_left_for_another(balancer, closed_port):
    await balancer.start(affinity_seconds=60)
    await balancer.ready(closed_port, await balancer.endpoint())
    assert {(await answered(balancer, get()))[:5] for _ in range(4)} == {b"from "}
