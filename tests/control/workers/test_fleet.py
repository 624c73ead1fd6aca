"""The fleet with workers that are scripts, on a loop whose time is simulated."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Sequence
from itertools import pairwise
from typing import Any

import pytest
from tests.simulation import LoopClock, SimulatedLoop

from readylb.control.workers.fleet import LONGEST_DELAY_SECONDS, SILENT_SECONDS, Fleet
from readylb.errors import ReadylbError, RuntimeFailureError
from readylb.telemetry.metrics import Metrics
from readylb.wire.channel import Receiver, memory_channel
from readylb.wire.codec import Message
from readylb.wire.messages import Drain, Drained, Hello, ServiceStats, SetEndpoints, Stats

KEY = "default/web:80"


class FakeWorker:
    """Says hello, reports each second, ends when drained; or as a test says."""

    def __init__(self, world: World, number: int, receiver: Receiver) -> None:
        self.number = number
        self.pid = 1000 + len(world.all)
        self.got: list[Message] = []
        self.quiet = False
        self.obeys = True
        self.killed = False
        self._world = world
        self._receiver = receiver
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(self.say, Hello(number, self.pid))
        asyncio.get_running_loop().call_later(1, self._report)

    def __repr__(self) -> str:
        return f"<fake {self.number} {self.pid}>"

    def send(self, message: Message, sockets: Sequence[socket.socket] = ()) -> None:
        self.got.append(message)
        if isinstance(message, Drain) and self.obeys:
            self.say(Drained(self.number, 0))
            self.die("exit code 0")

    def kill(self) -> None:
        self.killed = True
        self.die("killed by SIGKILL")

    def die(self, how: str) -> None:
        if not self._end.done():
            self._end.set_result(how)

    async def ended(self) -> str:
        return await self._end

    def say(self, message: Message) -> None:
        if not self._end.done():
            self._receiver(message)

    def _report(self) -> None:
        if not self.quiet and not self._end.done():
            self.say(Stats(self.number, (ServiceStats(KEY, statuses={200: 5}, open_connections=3),)))
            asyncio.get_running_loop().call_later(1, self._report)


class World:
    def __init__(self) -> None:
        self.all: list[FakeWorker] = []
        self.shape: Callable[[FakeWorker], None] = lambda _: None
        self.faults: list[BaseException] = []
        self.metrics = Metrics()
        self.control, other = memory_channel()
        self.control.listen(self._hear)
        clock = LoopClock()
        self.fleet = Fleet(other, 2, self._start, clock, self.metrics, self.faults.append)

    def _start(self, number: int, receiver: Receiver) -> FakeWorker:
        worker = FakeWorker(self, number, receiver)
        self.all.append(worker)
        self.shape(worker)
        return worker

    def _hear(self, message: Message) -> None:
        if isinstance(message, Stats):
            self.metrics.worker_stats(message)

    async def begin(self) -> None:
        self.fleet.start()
        await self.fleet.started()

    async def end(self) -> float:
        """Drain without grace; return how long that took."""
        before = asyncio.get_running_loop().time()
        self.control.send(Drain(0))
        await self.fleet.stopped()
        assert self.faults == []
        return asyncio.get_running_loop().time() - before

    def metric(self, line: str) -> str:
        (found,) = [item for item in self.metrics.expose().decode().splitlines() if item.startswith(line)]
        return found.removeprefix(line).strip()


def simulate(story: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await story(World())

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(run())


def test_it_starts_as_many_as_asked_and_ends_them_by_a_drain() -> None:
    async def story(world: World) -> None:
        await world.begin()
        assert [worker.number for worker in world.all] == [0, 1]
        assert world.fleet.pids == {0: 1000, 1: 1001}
        assert await world.end() == 0.0
        assert world.fleet.pids == {}
        assert len(world.all) == 2

    simulate(story)


def test_a_dead_worker_is_replaced_at_once_and_told_everything(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        await world.begin()
        endpoints = SetEndpoints(KEY, 1, ())
        world.control.send(endpoints)
        await asyncio.sleep(1.5)
        world.all[0].die("killed by SIGSEGV")
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        assert [worker.number for worker in world.all] == [0, 1, 0]
        assert world.all[2].got == [endpoints]
        assert world.metric("readylb_worker_restarts_total") == "1.0"
        await world.end()

    with caplog.at_level(logging.WARNING, "readylb"):
        simulate(story)
    assert "Worker 0 ended (process 1000, killed by SIGSEGV)" in caplog.text


def test_what_a_dead_worker_counted_stays_and_what_it_had_open_does_not() -> None:
    async def story(world: World) -> None:
        await world.begin()
        await asyncio.sleep(1.5)
        requests = 'readylb_requests_total{code_class="2xx",namespace="default",port="80",service="web"}'
        open_now = 'readylb_connections{namespace="default",port="80",service="web"}'
        assert (world.metric(requests), world.metric(open_now)) == ("10.0", "6.0")
        world.all[0].die("exit code 1")
        await asyncio.sleep(0.001)
        assert (world.metric(requests), world.metric(open_now)) == ("10.0", "3.0")
        await asyncio.sleep(1.5)
        assert (world.metric(requests), world.metric(open_now)) == ("15.0", "6.0")
        await world.end()

    simulate(story)


def test_a_worker_that_dies_again_and_again_waits_longer_each_time() -> None:
    async def story(world: World) -> None:
        await world.begin()
        starts: list[float] = []

        def dies(worker: FakeWorker) -> None:
            starts.append(asyncio.get_running_loop().time())
            worker.die("exit code 1")

        world.shape = dies
        world.all[0].die("exit code 1")
        await asyncio.sleep(60)
        gaps = [round(after - before, 2) for before, after in pairwise(starts)]
        assert gaps[:7] == [0.25, 0.5, 1.0, 2.0, 4.0, LONGEST_DELAY_SECONDS, LONGEST_DELAY_SECONDS]
        before = asyncio.get_running_loop().time()
        await world.end()
        assert asyncio.get_running_loop().time() == before, "a drain does not wait for the next start"

    simulate(story)


def test_a_worker_that_says_nothing_hangs_and_is_replaced() -> None:
    async def story(world: World) -> None:
        await world.begin()
        world.all[1].quiet = True
        await asyncio.sleep(SILENT_SECONDS + 1.5)
        assert [worker.killed for worker in world.all] == [False, True, False]
        await asyncio.sleep(60)
        assert len(world.all) == 3
        await world.end()

    simulate(story)


def test_a_worker_that_cannot_start_is_the_whole_programs_failure() -> None:
    async def story(world: World) -> None:
        world.shape = lambda worker: worker.die("exit code 1") if worker.number else None
        world.fleet.start()
        with pytest.raises(ReadylbError, match=r"cannot start worker 1: .* process 1001, exit code 1"):
            await world.fleet.started()
        await world.end()

    simulate(story)


def test_a_process_that_cannot_be_made_is_reported_and_tried_again_later() -> None:
    async def story(world: World) -> None:
        await world.begin()
        refusals = [RuntimeFailureError("no memory")]

        def refuse(worker: FakeWorker) -> None:
            if refusals:
                raise refusals.pop()

        world.shape = refuse
        world.all[0].die("killed by SIGKILL")
        await asyncio.sleep(1)
        assert world.fleet.pids == {0: 1003, 1: 1001}
        await world.end()

    simulate(story)


def test_a_worker_that_does_not_end_in_time_is_killed() -> None:
    async def story(world: World) -> None:
        await world.begin()
        world.all[0].obeys = False
        world.control.send(Drain(30))
        await asyncio.sleep(20)
        assert world.fleet.pids == {0: 1000}
        took = await world.end()
        assert world.all[0].killed
        assert took == pytest.approx(2.0), "a second drain, without grace, is not made to wait for the first"

    simulate(story)


def test_nothing_started_is_stopped_at_once() -> None:
    async def story(world: World) -> None:
        await world.fleet.stopped()
        assert world.all == []

    simulate(story)
