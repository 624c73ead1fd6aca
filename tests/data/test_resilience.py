"""What becomes of requests whose endpoint hangs, refuses, breaks off, or closes a connection kept idle."""

from __future__ import annotations

import asyncio
import errno
import math
import time
from contextlib import suppress

from tests.data.rig import KEY, LAST, answer, read_head, turns

from readylb.data import pool, waiting
from readylb.data.flow import reset
from readylb.wire.messages import EndpointEntry, EndpointsApplied, Limits, PassiveReport, SetEndpoints

POST = b"POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"


def entry(port: int, number: int = 0, **more: object) -> EndpointEntry:
    conditions = {"ready": True, "serving": True, "terminating": False, **more}
    return EndpointEntry(f"uid-{port}", f"web-{number}", "127.0.0.1", port, **conditions)


async def say(balancer, *entries: EndpointEntry) -> None:
    balancer.generation += 1
    wanted = balancer.generation
    balancer.control.send(SetEndpoints(key=KEY, generation=wanted, endpoints=entries))
    await balancer.message(EndpointsApplied, lambda m: m.generation == wanted)


class Hanging:
    """An endpoint's script: take the request and say nothing until `go`."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, reader, writer):
        await read_head(reader)
        self.arrived.set()
        await self.go.wait()
        writer.write(answer(b"late"))


class Waiting:
    """A request that has not been answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def ask(cls, balancer, request: bytes) -> Waiting:
        reader, writer = await balancer.connect()
        writer.write(request)
        return cls(reader, writer)

    async def is_waiting(self) -> bool:
        try:
            await asyncio.wait_for(self._reader.readexactly(1), 0.1)
        except TimeoutError:
            return True
        return False

    async def leave(self) -> None:
        reset(self._writer.transport)
        await asyncio.sleep(0.05)

    async def answer(self) -> bytes:
        try:
            return await asyncio.wait_for(self._reader.read(), 5)
        finally:
            self._writer.close()


async def hung(balancer, request: bytes, **conditions: object):
    """A request that waits at an endpoint which then becomes something else; the other one answers."""
    await balancer.start()
    script = Hanging()
    slow, good = await balancer.endpoint(script), await balancer.endpoint()
    await say(balancer, entry(slow.port))
    exchange = await Waiting.ask(balancer, request)
    await script.arrived.wait()
    await say(balancer, entry(slow.port, **conditions), entry(good.port, 1))
    return script, good, exchange


NOT_READY = {"ready": False, "serving": False}


async def test_a_get_leaves_an_endpoint_that_is_not_ready_any_more(balancer):
    _, good, exchange = await hung(balancer, LAST, **NOT_READY)
    assert (await exchange.answer()).endswith(b"from %d" % good.port)
    assert (await balancer.stats()).to_unready == 0


async def test_a_post_goes_on_waiting_for_it(balancer):
    script, good, exchange = await hung(balancer, POST, **NOT_READY)
    assert await exchange.is_waiting()
    script.go.set()
    assert (await exchange.answer()).endswith(b"late")
    assert good.connections == 0


async def test_a_get_stays_with_an_endpoint_that_terminates(balancer):
    script, good, exchange = await hung(balancer, LAST, ready=False, serving=False, terminating=True)
    script.go.set()
    assert (await exchange.answer()).endswith(b"late")
    assert good.connections == 0


async def test_a_get_that_nobody_else_could_have_moves_when_somebody_can(balancer):
    await balancer.start()
    script = Hanging()
    slow, good = await balancer.endpoint(script), await balancer.endpoint()
    await say(balancer, entry(slow.port))
    exchange = await Waiting.ask(balancer, LAST)
    await script.arrived.wait()
    await say(balancer, entry(slow.port, **NOT_READY))
    assert await exchange.is_waiting()
    await say(balancer, entry(slow.port, **NOT_READY), entry(good.port, 1))
    assert (await exchange.answer()).endswith(b"from %d" % good.port)


async def test_a_get_over_a_connection_kept_idle_leaves_as_well(balancer):
    script = Hanging()

    async def first_at_once(reader, writer):
        await read_head(reader)
        writer.write(answer(b"first"))
        await script(reader, writer)

    await balancer.start()
    slow, good = await balancer.endpoint(first_at_once), await balancer.endpoint()
    await say(balancer, entry(slow.port))
    assert (await balancer.exchange(LAST)).endswith(b"first")
    exchange = await Waiting.ask(balancer, LAST)
    await script.arrived.wait()
    await say(balancer, entry(slow.port, **NOT_READY), entry(good.port, 1))
    assert (await exchange.answer()).endswith(b"from %d" % good.port)
    assert slow.connections == 1


async def test_a_probed_endpoint_that_refuses_is_excluded_until_its_probe_vouches_for_it(
    balancer, closed_port
):
    await balancer.start()
    good = await balancer.endpoint()
    refusing = entry(closed_port, probed=True)
    await say(balancer, refusing, entry(good.port, 1))

    assert all([b"200 OK" in await balancer.exchange(LAST) for _ in range(4)])
    report = await balancer.message(PassiveReport)
    assert (report.uid, report.reason) == (refusing.uid, "ConnectFailed")
    assert report.refused_at > 0
    assert good.connections == 1

    # A table made before control knew of it lets nothing through.
    await say(balancer, refusing, entry(good.port, 1))
    await balancer.exchange(LAST)
    assert sum(isinstance(m, PassiveReport) for m in balancer.messages) == 1

    vouched = {"suspected_at": report.refused_at, "vouched_at": report.refused_at}
    await say(balancer, entry(closed_port, probed=True, **vouched), entry(good.port, 1))
    await balancer.exchange(LAST)
    await balancer.exchange(LAST)
    assert sum(isinstance(m, PassiveReport) for m in balancer.messages) == 2


async def test_what_another_worker_saw_refused_is_excluded_here_too(balancer):
    await balancer.start()
    first, second = await balancer.endpoint(), await balancer.endpoint()
    await say(balancer, entry(first.port, probed=True, suspected_at=5.0), entry(second.port, 1))
    for _ in range(4):
        await balancer.exchange(LAST)
    assert (len(first.heads), len(second.heads)) == (0, 4)


async def test_nothing_that_has_refused_means_503_and_why(balancer, closed_port):
    await balancer.start()
    await say(balancer, entry(closed_port, probed=True))
    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 502 ")
    got = await balancer.exchange(LAST)
    assert got.startswith(b"HTTP/1.1 503 ")
    assert got.endswith(b"default/web: no Ready endpoint: web-0 refused a connection\n")


async def test_the_last_endpoint_that_no_probe_vouches_for_is_tried_each_time(balancer, closed_port):
    await balancer.start()
    await say(balancer, entry(closed_port))
    for _ in range(3):
        assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 502 ")


async def test_the_turns_of_a_broken_endpoint_are_shared_by_the_others(balancer):
    async def breaks_off(reader, writer):
        await read_head(reader)
        writer.transport.abort()

    await balancer.start(limits=Limits(eject_failures=0))
    broken = await balancer.endpoint(breaks_off)
    others = [await balancer.endpoint() for _ in range(2)]
    await balancer.ready(broken, *others)
    for _ in range(12):
        assert b"200 OK" in await balancer.exchange(LAST)
    assert [len(other.heads) for other in others] == [6, 6]


async def test_retries_stop_at_the_budget(balancer):
    async def breaks_off(reader, writer):
        await read_head(reader)
        writer.transport.abort()

    await balancer.start(limits=Limits(eject_failures=0, retry_percent=0, retries_per_second=0.2))
    await balancer.ready(await balancer.endpoint(breaks_off), await balancer.endpoint())
    got = [await balancer.exchange(LAST) for _ in range(10)]
    assert sum(b"502 Bad Gateway" in one for one in got) == 3
    stats = await balancer.stats()
    assert (stats.retries, stats.retries_denied) == (2, 3)


async def test_failures_in_a_row_eject_an_endpoint_for_a_while(balancer):
    async def breaks_off(reader, writer):
        await read_head(reader)
        writer.transport.abort()

    await balancer.start(limits=Limits(eject_failures=2, eject_seconds=0.3))
    broken, good = await balancer.endpoint(breaks_off), await balancer.endpoint()
    await balancer.ready(broken, good)
    begin = time.time()
    for _ in range(8):
        await balancer.exchange(LAST)
    assert (broken.connections, len(good.heads)) == (2, 8)
    report = await balancer.message(PassiveReport, lambda m: m.reason == "Ejected")
    assert begin + 0.3 <= report.until <= time.time() + 0.3, "it is told until when"
    await asyncio.sleep(0.7)
    await balancer.exchange(LAST)
    await balancer.exchange(LAST)
    assert broken.connections == 3


async def test_5xx_in_a_row_eject_only_where_that_is_asked_for(balancer):
    async def fails(reader, writer):
        while True:
            await read_head(reader)
            counted.append(1)
            writer.write(answer(b"no", status=b"500 Internal Server Error"))

    counted: list[int] = []
    await balancer.start(limits=Limits(eject_5xx=3))
    await balancer.ready(await balancer.endpoint(fails), await balancer.endpoint())
    for _ in range(20):
        await balancer.exchange(LAST)
    assert len(counted) == 3
    failing, good = (await balancer.stats()).endpoints
    assert (failing.answers, good.answers) == ((0, 0, 0, 0, 3), (0, 17, 0, 0, 0))


async def test_half_of_the_endpoints_are_never_ejected(balancer):
    async def fails(reader, writer):
        while True:
            await read_head(reader)
            writer.write(answer(b"no", status=b"500 Internal Server Error"))

    await balancer.start(limits=Limits(eject_5xx=1))
    endpoints = [await balancer.endpoint(fails) for _ in range(3)]
    await balancer.ready(*endpoints)
    for _ in range(10):
        await balancer.exchange(LAST)
    assert sum(isinstance(m, PassiveReport) and m.reason == "Ejected" for m in balancer.messages) == 1


async def test_without_a_file_to_connect_with_nobody_is_blamed(balancer, monkeypatch):
    await balancer.start()
    endpoint = await balancer.endpoint()
    await say(balancer, entry(endpoint.port, probed=True))

    def no_file(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    reader, writer = await balancer.connect()
    with monkeypatch.context() as patched:
        patched.setattr(pool, "PlainSocket", no_file)
        writer.write(LAST)
        got = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert got.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in got
    assert b"200 OK" in await balancer.exchange(LAST)
    stats = await balancer.stats()
    assert stats.terminations["OutOfFiles"] == 1
    assert stats.endpoints[0].failures == 0


async def test_a_post_that_the_kernel_takes_no_byte_of_goes_over_another_connection(balancer):
    """The endpoint resets an idle connection; the news is in the kernel and not with us yet."""
    await balancer.start()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    await balancer.exchange(LAST)
    service = next(iter(balancer.worker._services.values()))
    upstream = service.table.endpoints[0].idle[0]
    upstream.socket.shutdown(1)  # what is sent from now on fails with EPIPE

    assert b"200 OK" in await balancer.exchange(POST)
    assert endpoint.connections == 2
    assert len(endpoint.heads) == 2


async def idle_closing(balancer, seconds: float, *fields: bytes):
    """An endpoint that closes connections which have been idle for so long."""

    async def script(reader, writer):
        with suppress(TimeoutError):
            while True:
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), seconds)
                writer.write(answer(b"ok", *fields))
        writer.close()

    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    return endpoint, next(iter(balancer.worker._services.values())).table.endpoints[0]


async def test_an_endpoint_that_says_how_long_it_keeps_connections_is_believed(balancer):
    await balancer.start(limits=Limits(pool_idle_seconds=60))
    _, state = await idle_closing(balancer, 5, b"Keep-Alive: timeout=5")
    await balancer.exchange(LAST)
    assert state.idle_limit.seconds == 4.0
    assert state.idle[0].deadline - state.idle[0].idle_since == 4.0


async def test_an_endpoint_that_now_and_then_closes_at_once_keeps_its_connections(balancer):
    async def script(reader, writer):
        while b"/close" not in await read_head(reader):
            writer.write(answer(b"ok"))
        writer.write(answer(b"ok"))
        writer.close()

    await balancer.start()
    endpoint = await balancer.endpoint(script)
    await balancer.ready(endpoint)
    state = next(iter(balancer.worker._services.values())).table.endpoints[0]
    sweep = balancer.worker._sweep
    for _ in range(3):
        await balancer.exchange(LAST)
        await balancer.exchange(LAST)
        await balancer.exchange(LAST.replace(b" / ", b" /close "))
        await turns()
        assert state.idle == []
        # A second and more between one close and the next.
        sweep._clock = lambda now=sweep.now: now + 2
        sweep.advance()

    assert endpoint.connections == 3
    assert state.idle_limit.seconds == math.inf


async def test_how_soon_an_endpoint_closes_idle_connections_is_learned(balancer):
    await balancer.start(limits=Limits(pool_idle_seconds=60))
    endpoint, state = await idle_closing(balancer, 1.2)
    for _ in range(2):
        await balancer.exchange(LAST)
        await asyncio.sleep(1.4)
    assert 0.2 <= state.idle_limit.seconds <= 0.7
    # From now on it is the balancer that closes, before the endpoint would.
    await balancer.exchange(LAST)
    await asyncio.sleep(0.95)
    assert state.idle == []
    assert endpoint.connections == 3


async def starting(balancer, *, hopeful: bool = True) -> None:
    balancer.generation += 1
    message = SetEndpoints(key=KEY, generation=balancer.generation, endpoints=(), starting=hopeful)
    balancer.control.send(message)
    wanted = balancer.generation
    await balancer.message(EndpointsApplied, lambda m: m.generation == wanted)


async def test_requests_wait_for_something_that_is_starting(balancer):
    await balancer.start(hold_seconds=5.0)
    await starting(balancer)
    posts = [await Waiting.ask(balancer, POST) for _ in range(3)]
    assert await posts[0].is_waiting()
    await starting(balancer)
    counters = balancer.worker._services[KEY].counters
    assert (counters.held, counters.held_total) == (3, 3), "though they were all tried again in between"
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    for post in posts:
        assert b"200 OK" in await post.answer()
    assert len(endpoint.heads) == 3
    stats = await balancer.stats()
    assert (stats.held, stats.held_total) == (0, 3)


async def test_they_wait_no_longer_than_asked_for(balancer):
    await balancer.start(hold_seconds=0.3)
    await starting(balancer)
    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 503 ")


async def test_they_do_not_wait_for_what_will_not_come(balancer):
    await balancer.start(hold_seconds=60.0)
    await starting(balancer, hopeful=False)
    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 503 ")
    await starting(balancer)
    request = await Waiting.ask(balancer, LAST)
    assert await request.is_waiting()
    await starting(balancer, hopeful=False)
    assert (await request.answer()).startswith(b"HTTP/1.1 503 ")


async def test_the_connection_of_one_that_waited_in_vain_is_read_on(balancer):
    await balancer.start(hold_seconds=0.3)
    await starting(balancer)
    reader, writer = await balancer.connect()
    for _ in range(2):
        writer.write(POST.replace(b"Connection: close\r\n", b""))
        assert (await read_head(reader)).startswith(b"HTTP/1.1 503 ")
        await reader.readline()
    writer.close()


async def test_nobody_waits_where_it_is_not_asked_for(balancer):
    await balancer.start()
    await starting(balancer)
    began = time.monotonic()
    for _ in range(5):
        assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 503 ")
    assert time.monotonic() - began < 0.2
    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 503 ")


async def test_only_so_many_wait(balancer, monkeypatch):
    monkeypatch.setattr(waiting, "WAITING_REQUESTS", 1)
    await balancer.start(hold_seconds=5.0)
    await starting(balancer)
    first = await Waiting.ask(balancer, LAST)
    assert await first.is_waiting()
    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 503 ")
    await balancer.ready(await balancer.endpoint())
    assert b"200 OK" in await first.answer()


async def test_a_client_that_leaves_waits_no_more(balancer):
    await balancer.start(hold_seconds=5.0)
    await starting(balancer)
    gone = await Waiting.ask(balancer, LAST)
    assert await gone.is_waiting()
    await gone.leave()
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    assert b"200 OK" in await balancer.exchange(LAST)
    assert len(endpoint.heads) == 1
    assert (await balancer.stats()).terminations == {"ClientGone": 1, "Completed": 1}


async def test_a_request_refused_by_the_last_endpoint_waits_for_the_next(balancer, closed_port):
    await balancer.start(hold_seconds=5.0)
    balancer.generation += 1
    entries = (entry(closed_port, probed=True),)
    balancer.control.send(
        SetEndpoints(key=KEY, generation=balancer.generation, endpoints=entries, starting=True)
    )
    request = await Waiting.ask(balancer, POST)
    await balancer.message(PassiveReport)
    assert await request.is_waiting()
    await balancer.ready(await balancer.endpoint())
    assert b"200 OK" in await request.answer()
