from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from pathlib import Path

from tests.data.rig import LAST, Balancer, Endpoint

from readylb.core.access_record import AccessRecord
from readylb.data.access_log import BATCH, AccessLog
from readylb.wire.messages import Limits, SetAccessLog

RECORD = AccessRecord(
    5.0, "127.0.0.1", LAST, 200, 1, 2, "default/web", "web-0", 1, -1.0, 0.1, 0.2, "Completed"
)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def a_log(path: Path, **more) -> AccessLog:
    return AccessLog(asyncio.get_running_loop(), str(path), "json", offset=lambda: 100.0, **more)


async def test_records_become_lines_at_the_next_tick(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log")
    log.add(RECORD)
    log.tick()
    log.close()

    (line,) = lines(tmp_path / "log")
    assert (line["time"], line["pod"], log.lost) == ("1970-01-01T00:01:45.000Z", "web-0", 0)


async def test_a_batch_is_rendered_without_a_tick_and_none_is_lost(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log")
    for _ in range(5 * BATCH):
        log.add(RECORD)
        await asyncio.sleep(0)
    log.close()

    assert len(lines(tmp_path / "log")) == 5 * BATCH


async def test_a_burst_beyond_what_may_wait_is_lost_and_counted(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log")
    for _ in range(3000):
        log.add(RECORD)
    log.close()

    assert log.lost > 0
    assert len(lines(tmp_path / "log")) + log.lost == 3000


async def test_a_pipe_that_nobody_reads_costs_lines_and_not_time(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = a_log(pipe, backlog=100_000)
    began = asyncio.get_running_loop().time()
    for _ in range(100):
        for _ in range(BATCH):
            log.add(RECORD)
        log.tick()
    taken = asyncio.get_running_loop().time() - began
    log.close()
    got = b""
    while data := os.read(reader, 65536):
        got += data
    os.close(reader)

    assert taken < 2
    assert log.lost > 0
    assert got.endswith(b"\n")
    assert got.count(b"\n") + log.lost == 100 * BATCH


async def test_a_reader_that_went_away_is_counted(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = a_log(pipe)
    os.close(reader)
    log.add(RECORD)
    log.close()

    assert log.lost == 1


async def test_it_goes_on_in_a_new_file_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = a_log(path)
    log.add(RECORD)
    path.rename(tmp_path / "old")
    log.reopen(str(path), "combined")
    log.add(RECORD)
    log.close()

    assert [line["status"] for line in lines(tmp_path / "old")] == [200]
    assert path.read_text().startswith("127.0.0.1 - - [")


async def served(balancer: Balancer, path: Path, **more: object) -> Endpoint:
    await balancer.start(**more)
    balancer.control.send(SetAccessLog(str(path), "json"))
    await asyncio.sleep(0)
    endpoint = await balancer.endpoint()
    await balancer.ready(endpoint)
    return endpoint


async def test_a_worker_logs_each_exchange_with_its_times_and_bytes(
    balancer: Balancer, tmp_path: Path
) -> None:
    endpoint = await served(balancer, tmp_path / "log")
    got = await balancer.exchange(LAST)
    await balancer.stats()

    (line,) = lines(tmp_path / "log")
    assert line["bytes_in"] == len(LAST)
    assert line["bytes_out"] == len(got)
    assert (line["status"], line["pod"], line["tries"], line["reason"]) == (200, "web-0", 1, "Completed")
    assert 0 <= line["connect_seconds"] <= line["first_byte_seconds"] <= line["total_seconds"] < 5
    assert endpoint.connections == 1


async def unanswered(balancer: Balancer) -> asyncio.StreamWriter:
    """Ask an endpoint that never answers; return the client's side once the request is there."""
    arrived = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()

    await balancer.ready(await balancer.endpoint(silent))
    _, writer = await balancer.connect()
    writer.write(LAST)
    await asyncio.wait_for(arrived.wait(), 5)
    return writer


async def test_a_client_that_leaves_is_logged_as_499(balancer: Balancer, tmp_path: Path) -> None:
    path = tmp_path / "log"
    await balancer.start()
    balancer.control.send(SetAccessLog(str(path), "json"))
    writer = await unanswered(balancer)
    linger = struct.pack("ii", 1, 0)  # close as a process does that dies with bytes unread: by reset
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    await balancer.stats()

    (line,) = lines(path)
    assert (line["status"], line["reason"], line["first_byte_seconds"]) == (499, "ClientGone", None)


async def test_a_tcp_connection_is_logged_when_it_ends(balancer: Balancer, tmp_path: Path) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))

    path = tmp_path / "log"
    await balancer.start(protocol="tcp")
    balancer.control.send(SetAccessLog(str(path), "json"))
    await balancer.ready(await balancer.endpoint(echo))
    reader, writer = await balancer.connect()
    writer.write(b"hello")
    assert await asyncio.wait_for(reader.readexactly(5), 5) == b"hello"
    writer.close()
    await asyncio.sleep(0.05)
    await balancer.stats()

    (line,) = lines(path)
    assert (line["method"], line["status"], line["bytes_in"], line["bytes_out"]) == (None, None, 5, 5)
    assert (line["pod"], line["reason"]) == ("web-0", "Completed")


async def test_what_a_drain_cuts_is_logged_and_counted(balancer: Balancer, tmp_path: Path) -> None:
    path = tmp_path / "log"
    await balancer.start(limits=Limits(response_head_seconds=60))
    balancer.control.send(SetAccessLog(str(path), "json"))
    writer = await unanswered(balancer)
    counts = await balancer.stats()
    writer.close()

    assert counts.terminations == {"Drained": 1}
    assert [line["reason"] for line in lines(path)] == ["Drained"]


async def test_a_log_that_cannot_be_opened_is_none(balancer: Balancer, tmp_path: Path) -> None:
    await served(balancer, tmp_path / "no" / "log")
    assert (await balancer.exchange(LAST)).startswith(b"HTTP/1.1 200")
    assert not (tmp_path / "no").exists()
