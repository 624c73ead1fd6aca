from __future__ import annotations

import asyncio

import pytest
from tests.data.rig import GET, LAST, Balancer, answer, read_head

from readylb.core.access_record import AccessRecord
from readylb.core.http1.framing import MOST_OWN_HOPS
from readylb.data.access_log import AccessLog
from readylb.wire.messages import Limits

TOO_MUCH = b"POST / HTTP/1.1\r\nHost: web\r\n"


class Records(AccessLog):
    """An access log that keeps its records."""

    def __init__(self) -> None:
        self.records: list[AccessRecord] = []

    def add(self, record: AccessRecord) -> None:
        self.records.append(record)


def watch(balancer: Balancer) -> list[AccessRecord]:
    log = Records()
    for service in balancer.worker._services.values():
        service.access_log = log
    return log.records


@pytest.mark.parametrize(
    ("limits", "request_bytes", "status", "reason"),
    [
        (
            {"request_line_bytes": 300},
            b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n",
            b"414",
            "RequestLineTooLong",
        ),
        ({"head_bytes": 300}, GET[:-2] + b"X: " + b"a" * 300 + b"\r\n\r\n", b"431", "HeadTooLarge"),
        ({"header_fields": 3}, GET[:-2] + b"X: 1\r\n" * 4 + b"\r\n", b"431", "HeadTooLarge"),
        ({"body_bytes": 4}, TOO_MUCH + b"Content-Length: 5\r\n\r\nhello", b"413", "BodyTooLarge"),
        (
            {"body_bytes": 4},
            TOO_MUCH + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            b"413",
            "BodyTooLarge",
        ),
        (
            {"chunk_line_bytes": 32},
            TOO_MUCH + b"Transfer-Encoding: chunked\r\n\r\n3;a=" + b"b" * 40 + b"\r\n",
            b"400",
            "BadRequest",
        ),
        (
            {"trailer_bytes": 300},
            TOO_MUCH + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"b" * 300,
            b"431",
            "HeadTooLarge",
        ),
    ],
)
async def test_a_request_above_a_limit_is_refused_counted_and_logged(
    balancer: Balancer, limits: dict[str, int], request_bytes: bytes, status: bytes, reason: str
) -> None:
    await balancer.start(limits=Limits(**limits))
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    records = watch(balancer)

    got = await balancer.exchange(request_bytes)

    assert got.startswith(b"HTTP/1.1 %b " % status)
    assert [(record.status, record.reason, record.bytes_out) for record in records] == [
        (int(status), reason, len(got))
    ]
    stats = await balancer.stats()
    assert (stats.terminations, stats.statuses) == ({reason: 1}, {int(status): 1})


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "exclude each other"),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", "more than one Content-Length"),
        (b"Content-Length: 99999999999999999999\r\n", "not one plain number"),
        (b"Content-Length : 3\r\n", "before the colon"),
        (b"X: y\n", "bare LF"),
    ],
)
async def test_the_client_and_the_log_are_told_which_rule_was_broken(
    balancer: Balancer, lines: bytes, why: str
) -> None:
    await balancer.start()
    records = watch(balancer)

    got = await balancer.exchange(b"GET /secret HTTP/1.1\r\nHost: web\r\n" + lines + b"\r\n")

    assert got.startswith(b"HTTP/1.1 400 ")
    assert why in got.decode()
    assert b"secret" not in got
    assert [record.detail for record in records] == [got.partition(b"\r\n\r\n")[2].decode().strip()]


async def test_a_request_that_comes_back_to_us_is_stopped(balancer: Balancer) -> None:
    await balancer.start()
    await balancer.ready(balancer.port)

    got = await balancer.exchange(LAST)

    assert got.startswith(b"HTTP/1.1 508 Loop Detected\r\n")
    stats = await balancer.stats()
    assert stats.connections == MOST_OWN_HOPS + 2
    assert stats.terminations == {"Completed": MOST_OWN_HOPS + 1, "LoopDetected": 1}


async def test_a_request_at_its_limits_passes(balancer: Balancer) -> None:
    await balancer.start(limits=Limits(body_bytes=5))
    await balancer.ready(await balancer.endpoint())

    got = await balancer.exchange(
        TOO_MUCH + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )

    assert got.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "limits", "reason"),
    [
        (b"GET / HT", {"head_seconds": 0.1}, "HeadTimeout"),
        (TOO_MUCH + b"Content-Length: 9\r\n\r\nhel", {"body_stall_seconds": 0.1}, "RequestTimeout"),
    ],
)
async def test_a_slow_request_is_answered_408(
    balancer: Balancer, sent: bytes, limits: dict[str, float], reason: str
) -> None:
    await balancer.start(limits=Limits(**limits))

    async def waiting(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    await balancer.ready(await balancer.endpoint(waiting))
    records = watch(balancer)

    assert (await balancer.exchange(sent)).startswith(b"HTTP/1.1 408 ")
    assert [(record.status, record.reason) for record in records] == [(408, reason)]
    assert (await balancer.stats()).statuses == {408: 1}


async def test_a_response_head_above_its_limit_is_a_502(balancer: Balancer) -> None:
    await balancer.start(limits=Limits(response_head_bytes=300))

    async def verbose(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(answer(b"", b"X: " + b"a" * 300))

    await balancer.ready(await balancer.endpoint(verbose))

    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 502 ")
    assert (await balancer.stats()).terminations == {"InvalidResponse": 1}


async def test_an_endpoint_that_never_comes_to_the_point_is_a_502(balancer: Balancer) -> None:
    await balancer.start(limits=Limits(interim_responses=2))

    async def hesitant(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + answer(b""))

    await balancer.ready(await balancer.endpoint(hesitant))

    assert b"HTTP/1.1 502 " in await balancer.exchange(LAST)
    assert (await balancer.stats()).terminations == {"InvalidResponse": 1}


async def test_requests_beyond_an_endpoints_cap_go_elsewhere_and_then_get_503(balancer: Balancer) -> None:
    await balancer.start(limits=Limits(endpoint_connections=1))
    arrived = asyncio.Queue[int]()
    go = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        arrived.put_nowait(1)
        await go.wait()
        writer.write(answer(b"done"))

    first, second = await balancer.endpoint(slow), await balancer.endpoint(slow)
    await balancer.ready(first, second)
    clients = [await balancer.connect() for _ in range(2)]
    for _, writer in clients:
        writer.write(LAST)
        await asyncio.wait_for(arrived.get(), 5)

    refused = await balancer.exchange(LAST)
    go.set()
    served = [await asyncio.wait_for(reader.read(), 5) for reader, _ in clients]

    assert (first.connections, second.connections) == (1, 1)
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1\r\n" in refused
    assert all(got.endswith(b"done") for got in served)
    for _, writer in clients:
        writer.close()
    assert (await balancer.stats()).terminations == {"EndpointsFull": 1, "Completed": 2}


async def test_clients_beyond_a_services_connections_wait_until_one_has_left(balancer: Balancer) -> None:
    await balancer.start(limits=Limits(connections=1))
    await balancer.ready(await balancer.endpoint())
    reader, writer = await balancer.connect()
    writer.write(GET)
    await asyncio.wait_for(reader.readuntil(b"from"), 5)

    waiting, other = await balancer.connect()  # accepted by the kernel, not by us
    other.write(LAST)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting.read(1), 0.6)
    writer.close()
    got = await asyncio.wait_for(waiting.read(), 5)
    other.close()

    assert got.startswith(b"HTTP/1.1 200 ")
    assert (await balancer.stats()).accept_pauses == {"ConnectionLimit": 1}
