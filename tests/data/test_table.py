from __future__ import annotations

from asyncio import get_running_loop

import pytest

from readylb.data.sweep import Sweep
from readylb.data.table import ServiceState
from readylb.errors import ConfigError
from readylb.wire.messages import EndpointEntry, EndpointsApplied, SetEndpoints, SetService


def service(**settings) -> ServiceState:
    loop = get_running_loop()
    return ServiceState(loop, Sweep(loop), SetService(key="k", name="web", listen=(), **settings), print)


def entry(uid: str, *, ready=True, serving=True, terminating=False, port=8080) -> EndpointEntry:
    return EndpointEntry(uid, uid, "127.0.0.1", port, ready, serving, terminating)


def apply(state: ServiceState, *entries: EndpointEntry) -> list[str]:
    state.apply(SetEndpoints(key="k", generation=state.table.generation + 1, endpoints=entries))
    return [endpoint.uid for endpoint in state.table.eligible]


async def test_a_table_admits_what_selection_chooses():
    state = service()
    assert apply(state, entry("a"), entry("b", ready=False, serving=False)) == ["a"]
    assert apply(state, entry("a", ready=False), entry("b", ready=False, terminating=True)) == ["b"]
    assert apply(state) == []


async def test_an_endpoint_lives_on_from_table_to_table():
    state = service()
    apply(state, entry("a"), entry("b"))
    before = state.table.endpoints[0]
    apply(state, entry("c"), entry("a"))
    assert state.table.endpoints[1] is before
    assert repr(before) == "<EndpointState a 127.0.0.1:8080 eligible in_flight=0>"


async def test_an_endpoint_at_another_address_is_another_one():
    state = service()
    apply(state, entry("a"))
    before = state.table.endpoints[0]
    apply(state, entry("a", port=9090))
    assert state.table.endpoints[0] is not before
    assert not before.eligible
    assert state.table.endpoints[0].eligible


async def test_an_excluded_endpoint_knows_it_at_once():
    state = service()
    apply(state, entry("a"))
    endpoint = state.table.endpoints[0]
    apply(state, entry("a", ready=False, serving=False))
    assert state.table.endpoints[0] is endpoint
    assert not endpoint.eligible


async def test_only_the_networks_named_are_trusted():
    state = service(trusted_proxies=("10.0.0.0/8", "::1"))
    trusted = [
        address for address in ("10.1.2.3", "11.0.0.1", "::1", "fe80::1%eth0", "") if state.trusts(address)
    ]
    assert trusted == ["10.1.2.3", "::1"]


async def test_an_unknown_policy_changes_nothing():
    state = service()
    with pytest.raises(ConfigError, match="no such policy"):
        state.set(SetService(key="k", name="web", listen=(), policy="nothing"))
    assert state.settings.policy == "round_robin"


async def test_an_excluded_endpoint_is_busy_until_its_last_exchange_has_ended():
    told = []
    state = service()
    state.report = told.append
    apply(state, entry("a"), entry("b"))
    endpoint = state.table.endpoints[0]
    endpoint.in_flight = 2
    apply(state, entry("a", ready=False, serving=False), entry("b"))
    assert state.applied() == EndpointsApplied("k", 2, ("a",))
    endpoint.release()
    assert told == []
    endpoint.release()
    assert told == [EndpointsApplied("k", 2, ())]


async def test_an_endpoint_that_left_the_table_is_busy_too():
    state = service()
    apply(state, entry("a"))
    endpoint = state.table.endpoints[0]
    endpoint.in_flight = 1
    apply(state, entry("b"))
    apply(state)
    assert state.applied().busy == ("a",)
    endpoint.in_flight = 0
    assert state.applied().busy == ()
