from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from tests.data.rig import KEY, LAST

from readylb.data.pool import EndpointState
from readylb.data.sweep import Sweep
from readylb.data.warming import warm
from readylb.wire.messages import EndpointEntry, EndpointsApplied, SetEndpoints


def entry(port: int, number: int = 0, **more: object) -> EndpointEntry:
    return EndpointEntry(f"uid-{port}", f"web-{number}", "127.0.0.1", port, True, True, False, **more)


async def test_weights_grow_with_the_age_of_an_endpoint() -> None:
    loop = asyncio.get_running_loop()
    sweep = Sweep(loop)
    old = EndpointState(loop, sweep, entry(1, weight=4))
    new = EndpointState(loop, sweep, entry(2, weight=4))
    new.follow(entry(2, weight=4, ready_since=100.0))

    weights = {}
    growing = {}
    for now in (100.0, 105.0, 109.9, 110.0):
        growing[now] = warm([old, new], 10.0, now)
        weights[now] = (old.weight, round(new.weight, 2))
    assert weights == {100.0: (4, 0.4), 105.0: (4, 2), 109.9: (4, 3.96), 110.0: (4, 4)}
    assert growing == {100.0: True, 105.0: True, 109.9: True, 110.0: False}


async def say(balancer, *entries: EndpointEntry) -> None:
    balancer.generation += 1
    wanted = balancer.generation
    balancer.control.send(SetEndpoints(key=KEY, generation=wanted, endpoints=entries))
    await balancer.message(EndpointsApplied, lambda m: m.generation == wanted)


@pytest.mark.parametrize("policy", ["round_robin", "least_request", "random_two"])
async def test_who_has_just_become_ready_gets_little_at_first_and_then_its_share(balancer, policy):
    await balancer.start(policy=policy, slow_start_seconds=600.0)
    first, second = await balancer.endpoint(), await balancer.endpoint()
    await say(balancer, entry(first.port), entry(second.port, 1, ready_since=monotonic()))
    service = balancer.worker._services[KEY]
    assert service in service.sweep.watched, "to be looked at again"
    for _ in range(20):
        await balancer.exchange(LAST)
    assert len(second.heads) <= 4
    assert second.heads or policy == "random_two", "nor nothing"
    assert len(first.heads) >= 16

    await say(balancer, entry(first.port), entry(second.port, 1, ready_since=monotonic() - 700))
    assert service not in service.sweep.watched
    before = len(second.heads)
    for _ in range(40):
        await balancer.exchange(LAST)
    assert 5 <= len(second.heads) - before <= 35
    assert [endpoint.weight for endpoint in (await balancer.stats()).endpoints] == [1, 1]


async def test_weights_move_by_themselves(balancer):
    await balancer.start(slow_start_seconds=1.0)
    endpoint = await balancer.endpoint()
    await say(balancer, entry(endpoint.port, ready_since=monotonic()))
    service = balancer.worker._services[KEY]
    for _ in range(200):
        if [state.weight for state in service.table.eligible] == [1]:
            break
        await asyncio.sleep(0.05)
    assert [state.weight for state in service.table.eligible] == [1]
    assert service not in service.sweep.watched


async def test_keys_know_no_slow_start(balancer):
    await balancer.start(policy="ring_hash", slow_start_seconds=60.0)
    endpoint = await balancer.endpoint()
    entries = (entry(endpoint.port, weight=3, ready_since=monotonic()),)
    balancer.control.send(SetEndpoints(key=KEY, generation=1, endpoints=entries))
    await balancer.message(EndpointsApplied)
    assert b"200 OK" in await balancer.exchange(LAST)
    assert [state.weight for state in balancer.worker._services[KEY].table.eligible] == [3]
