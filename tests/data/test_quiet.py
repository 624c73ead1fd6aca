from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.data.rig import KEY

from readylb.data.quiet import Quiet


class Silent:
    def __init__(self, quiet: Quiet, told: list[str], name: str) -> None:
        self._quiet = quiet
        self._told = told
        self._name = name

    def quiet(self) -> None:
        self._told.append(self._name)


class Timer:
    """A loop of which only the clock and its timers are known."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, act: Callable[[], None]) -> object:
        self.due.append((self.now + seconds, act))
        return object()

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        now = [act for at, act in self.due if at <= self.now]
        self.due = [(at, act) for at, act in self.due if at > self.now]
        for act in now:
            act()


def test_each_is_told_once_in_the_order_they_came() -> None:
    timer = Timer()
    quiet, told = Quiet(timer), []
    clients = [Silent(quiet, told, name) for name in "abc"]
    for client in clients:
        quiet.watch(client, 0.5)
    quiet.forget(clients[1])
    timer.pass_time(0.5)
    assert told == ["a", "c"]
    assert repr(quiet) == "<Quiet 0>"

    quiet.watch(clients[1], 0.5)
    timer.pass_time(0.5)
    assert told == ["a", "c", "b"]


def test_those_who_came_later_are_told_later_with_one_timer_for_all() -> None:
    timer = Timer()
    quiet, told = Quiet(timer), []
    for name in "abcd":
        quiet.watch(Silent(quiet, told, name), 1.0)
        timer.pass_time(0.125)
    assert len(timer.due) == 1
    timer.pass_time(0.5)
    assert told == ["a"]
    timer.pass_time(0.125)
    assert told == ["a", "b"]
    timer.pass_time(1.0)
    assert told == ["a", "b", "c", "d"]
    assert timer.due == []


async def test_a_silent_client_is_not_left_to_the_sweep(balancer) -> None:
    async def greet(reader, writer):
        writer.write(b"220 hello\r\n")

    await balancer.start(protocol="auto", detect_seconds=1.0)
    await balancer.ready(await balancer.endpoint(greet))
    service = balancer.worker._services[KEY]
    reader, writer = await balancer.connect()
    await asyncio.sleep(0.05)
    assert repr(service.quiet) == "<Quiet 1>"
    assert not service.sweep.watched
    assert await asyncio.wait_for(reader.readline(), 5) == b"220 hello\r\n"
    assert repr(service.quiet) == "<Quiet 0>"
    writer.close()
