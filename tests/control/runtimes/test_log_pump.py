from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from tests.conftest import FakeClock
from tests.control.runtimes.conftest import until

from readylb.control.runtimes import log_pump
from readylb.control.runtimes.log_pump import LogPump
from readylb.control.runtimes.log_ring import LogRing


async def lines(ring: LogRing) -> list[bytes]:
    return [line async for _, line in ring.lines(follow=False, tail=None)]


async def test_the_ring_closes_with_the_pipe(tmp_path: Path, clock: FakeClock) -> None:
    reader, writer = os.pipe()
    ring = LogRing(tmp_path / "x", clock)
    LogPump(reader, ring)
    os.write(writer, b"one\ntwo")
    os.close(writer)
    await until(lambda: "closed" in repr(ring))
    assert await lines(ring) == [b"one", b"two"]


async def test_finishing_takes_what_is_left_though_somebody_holds_the_pipe(
    tmp_path: Path, clock: FakeClock
) -> None:
    reader, writer = os.pipe()
    ring = LogRing(tmp_path / "x", clock)
    pump = LogPump(reader, ring)
    os.write(writer, b"last words\n")
    pump.finish()
    assert await lines(ring) == [b"last words"]
    os.close(writer)


async def test_a_flood_is_slowed_down(tmp_path: Path, clock: FakeClock) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    ring = LogRing(tmp_path / "x", clock)
    pump = LogPump(reader, ring)
    loop = asyncio.get_running_loop()
    begin, written = loop.time(), 0
    block = (b"x" * 1023 + b"\n") * 32
    while loop.time() - begin < 0.25:
        with contextlib.suppress(BlockingIOError):
            written += os.write(writer, block)
        await asyncio.sleep(0)
    windows = (loop.time() - begin) / log_pump.WINDOW_SECONDS + 1
    assert written <= windows * (log_pump.WINDOW_BYTES + 2 * 65536)
    pump.finish()
    os.close(writer)
