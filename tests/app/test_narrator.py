"""What a person at the terminal is told."""

from __future__ import annotations

import asyncio
import logging

import pytest

from readylb.app.narrator import Narrator
from readylb.control.store import Store
from readylb.model import EndpointSlice, Event
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint, EndpointConditions
from readylb.model.meta import ObjectMeta, ObjectReference


def a_slice(**ready: bool) -> EndpointSlice:
    endpoints = tuple(
        Endpoint(
            addresses=("127.0.0.1",),
            conditions=EndpointConditions(ready=value, serving=value),
            target_ref=ObjectReference(kind="Pod", name=name),
        )
        for name, value in ready.items()
    )
    meta = ObjectMeta(name="web-x", labels={SERVICE_NAME_LABEL: "web"})
    return EndpointSlice(metadata=meta, endpoints=endpoints)


@pytest.fixture
async def told(clock, caplog):
    """A store whose changes are told, and the lines told so far."""
    caplog.set_level(logging.INFO, logger="readylb")
    store = Store(clock)
    task = asyncio.get_running_loop().create_task(Narrator(store).run())
    await asyncio.sleep(0)

    async def lines() -> list[str]:
        for _ in range(3):
            await asyncio.sleep(0)
        found = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return found

    yield store, lines
    store.close()
    await task


async def test_an_endpoint_that_becomes_ready_is_told_once(told):
    store, lines = told
    store.create(a_slice(a=False, b=False))
    assert await lines() == []
    store.update(EndpointSlice, "default", "web-x", lambda old: _with(old, a_slice(a=True, b=False)))
    assert await lines() == ["Endpoints service/web: 1 of 2 Ready: +a"]
    store.update(EndpointSlice, "default", "web-x", lambda old: _with(old, a_slice(a=False, b=True)))
    assert await lines() == ["Endpoints service/web: 1 of 2 Ready: +b -a"]


async def test_a_slice_that_goes_takes_its_endpoints_away(told):
    store, lines = told
    store.create(a_slice(a=True))
    await lines()
    store.remove(EndpointSlice, "default", "web-x")
    assert await lines() == ["Endpoints service/web: 0 of 0 Ready: -a"]


async def test_an_event_is_told_with_its_count(told):
    store, lines = told
    pod = ObjectReference(kind="Pod", name="a")
    event = Event(
        metadata=ObjectMeta(name="a.1"),
        involved_object=pod,
        type="Warning",
        reason="Unhealthy",
        message="Readiness probe failed: no",
        count=3,
    )
    store.create(event)
    assert await lines() == ["Unhealthy pod/a: Readiness probe failed: no (x3)"]


def _with(old: EndpointSlice, new: EndpointSlice) -> EndpointSlice:
    return EndpointSlice(metadata=old.metadata, endpoints=new.endpoints, ports=new.ports)
