from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

import pytest

from readylb.control.workers.fan_out import FanOut
from readylb.wire.channel import memory_channel
from readylb.wire.codec import Message
from readylb.wire.listening import listening_socket
from readylb.wire.messages import (
    Address,
    Drained,
    EndpointsApplied,
    Limits,
    ListenFailed,
    Listening,
    PassiveReport,
    RemoveService,
    ServiceRemoved,
    SetAccessLog,
    SetEndpoints,
    SetService,
    Sockets,
    Stats,
)

KEY = "default/web:80"
ANY = Address("127.0.0.1", 0)
M = TypeVar("M", bound=Message)


def told(address: Address) -> SetService:
    """What each of two workers is told of a Service without limits of its own."""
    return SetService(KEY, "default/web", (address,), limits=Limits(retries_per_second=5.0))


class Recorder:
    """A worker that only remembers; `ports` are those of the sockets it was passed."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.ports: list[int] = []
        self.sockets: list[socket.socket] = []
        self.passed = asyncio.Event()

    def send(self, message: Message, sockets: Sequence[socket.socket] = ()) -> None:
        self.got.append(message)
        self.sockets += sockets
        self.ports += [item.getsockname()[1] for item in sockets]
        if sockets:
            self.passed.set()


class World:
    """A fan-out with two workers, and what the link hears."""

    def __init__(self) -> None:
        control, other = memory_channel()
        self.heard: list[Message] = []
        control.listen(self.heard.append)
        self.fan_out = FanOut(other, 2)
        self.workers = [Recorder(), Recorder()]
        for number, worker in enumerate(self.workers):
            self.fan_out.join(number, worker)

    async def serve(self, *addresses: Address) -> list[Address]:
        """Set the Service; return the real addresses that workers were passed by it."""
        before = len(self.workers[0].ports)
        self.fan_out.tell(SetService(KEY, "default/web", addresses))
        await settle()
        return [Address("127.0.0.1", port) for port in self.workers[0].ports[before:]]

    def take(self, kind: type[M]) -> list[M]:
        """Return what the link heard of a kind, and forget all."""
        found = [message for message in self.heard if isinstance(message, kind)]
        self.heard.clear()
        return found


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    world.fan_out.close()


async def test_each_worker_gets_an_open_socket_before_its_service(world: World) -> None:
    (real,) = await world.serve(ANY)
    for worker in world.workers:
        assert worker.got == [Sockets(KEY, (ANY,)), told(ANY)]
        assert worker.ports == [real.port]
    with socket.create_connection(("127.0.0.1", real.port), timeout=5):
        pass


async def test_a_port_listens_when_all_workers_do(world: World) -> None:
    (real,) = await world.serve(ANY)
    world.fan_out.hear(0, Listening(KEY, real))
    await settle()
    assert world.take(Listening) == []
    world.fan_out.hear(1, Listening(KEY, real))
    await settle()
    assert world.take(Listening) == [Listening(KEY, real)]


async def test_a_worker_that_ends_before_it_listens_is_not_waited_for(world: World) -> None:
    (real,) = await world.serve(ANY)
    world.fan_out.hear(0, Listening(KEY, real))
    world.fan_out.leave(1)
    await settle()
    assert world.take(Listening) == [Listening(KEY, real)]


async def test_a_generation_is_in_force_when_all_workers_follow_it(world: World) -> None:
    await world.serve(ANY)
    for worker, generation in ((0, 2), (1, 1), (1, 2), (0, 3)):
        world.fan_out.hear(worker, EndpointsApplied(KEY, generation))
    await settle()
    assert [message.generation for message in world.take(EndpointsApplied)] == [1, 2]


async def test_a_dead_worker_sends_no_requests_so_nobody_waits_for_it(world: World) -> None:
    await world.serve(ANY)
    world.fan_out.hear(0, EndpointsApplied(KEY, 4))
    world.fan_out.leave(1)
    await settle()
    assert [message.generation for message in world.take(EndpointsApplied)] == [4]


async def test_an_endpoint_is_busy_as_long_as_any_worker_is(world: World) -> None:
    await world.serve(ANY)
    world.fan_out.hear(0, EndpointsApplied(KEY, 2, ("a", "b")))
    world.fan_out.hear(1, EndpointsApplied(KEY, 2, ("b",)))
    world.fan_out.hear(0, EndpointsApplied(KEY, 2, ("b",)))
    world.fan_out.hear(0, EndpointsApplied(KEY, 2))
    world.fan_out.leave(1)
    await settle()
    assert [message.busy for message in world.take(EndpointsApplied)] == [("a", "b"), ("b",), ()]


async def test_each_worker_has_its_part_of_what_all_may_have(world: World) -> None:
    world.fan_out.tell(SetService(KEY, "default/web", (ANY,), limits=Limits(connections=5)))
    fresh = Recorder()
    world.fan_out.join(1, fresh)
    said = [worker.got[-1] for worker in (*world.workers, fresh)]
    assert [message.limits.connections for message in said if isinstance(message, SetService)] == [3, 2, 2]


async def test_a_new_worker_is_told_everything_and_endpoints_first(world: World) -> None:
    (real,) = await world.serve(ANY)
    endpoints = SetEndpoints(KEY, 7, ())
    world.fan_out.tell(SetEndpoints(KEY, 6, ()))
    world.fan_out.tell(endpoints)
    world.fan_out.leave(1)
    fresh = Recorder()
    world.fan_out.join(1, fresh)
    assert fresh.got == [endpoints, Sockets(KEY, (ANY,)), told(ANY)]
    assert fresh.sockets == world.workers[1].sockets, "the same one: what waits in its queue is not lost"
    assert fresh.sockets != world.workers[0].sockets
    assert fresh.ports == [real.port]
    world.fan_out.hear(0, EndpointsApplied(KEY, 7))
    await settle()
    assert world.take(EndpointsApplied) == [], "the new worker has not said so yet"


async def test_an_address_in_use_is_reported_and_workers_never_hear_of_it(world: World) -> None:
    with listening_socket(ANY) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        await world.serve(address, ANY)
    words = os.strerror(errno.EADDRINUSE)
    assert world.take(ListenFailed) == [ListenFailed(KEY, address, errno.EADDRINUSE, words)]
    assert world.workers[0].got[-1] == told(ANY)


async def test_new_settings_keep_the_open_socket(world: World) -> None:
    await world.serve(ANY)
    assert await world.serve(ANY) == []
    assert sum(isinstance(message, Sockets) for message in world.workers[1].got) == 1


async def test_a_removed_service_frees_its_port(world: World) -> None:
    (real,) = await world.serve(ANY)
    world.fan_out.tell(RemoveService(KEY))
    assert world.workers[1].got[-1] == RemoveService(KEY)
    listening_socket(real).close()


async def test_a_removal_is_done_when_all_workers_are(world: World) -> None:
    await world.serve(ANY)
    world.fan_out.tell(RemoveService(KEY, 5))
    world.fan_out.hear(0, ServiceRemoved(KEY, 5))
    world.fan_out.hear(1, ServiceRemoved(KEY, 5, ("a",)))
    world.fan_out.leave(1)
    await settle()
    removed = [message for message in world.heard if isinstance(message, ServiceRemoved)]
    assert removed == [ServiceRemoved(KEY, 5, ("a",)), ServiceRemoved(KEY, 5)]
    world.fan_out.hear(0, ServiceRemoved(KEY, 5, ("late",)))
    await settle()
    assert len([message for message in world.heard if isinstance(message, ServiceRemoved)]) == 2


async def test_an_address_that_a_worker_is_about_to_close_is_tried_again(world: World) -> None:
    with listening_socket(ANY) as held_by_a_worker:
        address = Address("127.0.0.1", held_by_a_worker.getsockname()[1])
        world.fan_out._released.add(("127.0.0.1", address.port))
        await world.serve(address)
        assert world.take(ListenFailed) == []
    await asyncio.wait_for(world.workers[0].passed.wait(), 5)
    assert world.workers[0].got[-1] == told(address)


async def test_nothing_is_opened_again_once_all_is_closed(world: World) -> None:
    (address,) = await world.serve(ANY)
    world.fan_out.close()
    world.take(Listening)

    with listening_socket(address):  # somebody else is quick to take the free port
        assert await world.serve(address) == []
    assert world.take(ListenFailed) == []


async def test_what_workers_count_and_see_goes_to_the_link_and_their_end_does_not(world: World) -> None:
    said = [Stats(1, ()), PassiveReport(KEY, "uid", "ConnectFailed")]
    for message in (*said, Drained(1, 0), Listening("default/gone:80", ANY), EndpointsApplied("gone", 1)):
        world.fan_out.hear(1, message)
    await settle()
    assert world.heard == said


async def test_a_worker_that_joins_later_is_told_where_the_access_log_goes_first(world: World) -> None:
    await world.serve(ANY)
    for path in ("old.log", "new.log"):
        world.fan_out.tell(SetAccessLog(path, "json"))
    late = Recorder()
    world.fan_out.join(2, late)

    assert late.got[0] == SetAccessLog("new.log", "json")
    assert world.workers[0].got[-2:] == [SetAccessLog("old.log", "json"), SetAccessLog("new.log", "json")]
