from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator, Iterator
from io import FileIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.conftest import FakeClock

from readylb.control.runtimes.log_ring import FILE_BYTES, FILES, LINE_BYTES, LogRing, file_bytes_in


@pytest.fixture
def ring(tmp_path: Path, clock: FakeClock) -> Iterator[LogRing]:
    found = LogRing(tmp_path / "main.0", clock, file_bytes=1000)
    yield found
    found.close()


async def texts(lines: AsyncIterator[tuple[float, bytes]]) -> list[bytes]:
    return [line async for _, line in lines]


async def kept(ring: LogRing, tail: int | None = None) -> list[bytes]:
    return await texts(ring.lines(follow=False, tail=tail))


async def test_lines_carry_the_time_at_which_they_came(ring: LogRing, clock: FakeClock) -> None:
    ring.write(b"one\n")
    clock.advance(1.5)
    ring.write(b"two\n")
    found = [item async for item in ring.lines(follow=False, tail=None)]
    assert found == [(1_700_000_000.0, b"one"), (1_700_000_001.5, b"two")]


async def test_lines_may_come_in_pieces_and_the_last_may_be_unfinished(ring: LogRing) -> None:
    for piece in (b"o", b"ne\n\ntw", b"o"):
        ring.write(piece)
    assert await kept(ring) == [b"one", b""]
    ring.close()
    assert await kept(ring) == [b"one", b"", b"two"]


async def test_a_long_line_becomes_several(tmp_path: Path, clock: FakeClock) -> None:
    ring = LogRing(tmp_path / "long", clock)
    ring.write(b"x" * (2 * LINE_BYTES + 5))
    ring.write(b"y\n")
    assert [len(line) for line in await kept(ring)] == [LINE_BYTES, LINE_BYTES, 6]
    ring.close()


async def test_the_oldest_lines_are_dropped_and_five_files_stay(ring: LogRing, tmp_path: Path) -> None:
    for number in range(500):
        ring.write(b"line %d\n" % number)
    found = await kept(ring)
    assert found[-1] == b"line 499"
    assert found == [b"line %d" % number for number in range(500 - len(found), 500)]
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == FILES == 5
    assert all(size <= 1000 for size in sizes)
    assert FILE_BYTES == 10 * 1024 * 1024
    ring.close()


async def test_the_last_lines_of_a_long_file_are_found_without_reading_all_of_it_at_once(
    tmp_path: Path, clock: FakeClock
) -> None:
    ring = LogRing(tmp_path / "long", clock)
    lines = [b"%d " % number + b"x" * (number * 7919 % 5000) for number in range(200)]
    ring.write(b"\n".join(lines) + b"\n")
    for tail in (0, 1, 30, 60, 199, 200, 300):
        assert await kept(ring, tail) == (lines[-tail:] if tail else [])
    ring.close()


@pytest.mark.parametrize("tail", [0, 1, 3, 20, 40, 100, 1000])
async def test_the_last_lines_are_found_across_files(ring: LogRing, tail: int) -> None:
    for number in range(500):
        ring.write(b"line %d\n" % number)
    everything = await kept(ring)
    assert await kept(ring, tail) == (everything[-tail:] if tail else [])
    ring.close()


async def test_following_goes_on_through_new_files_until_the_end(ring: LogRing) -> None:
    ring.write(b"first\n")
    lines = ring.lines(follow=True, tail=None)
    found = [(await anext(lines))[1]]
    for number in range(300):
        ring.write(b"line %d\n" % number)
        if number % 10 == 0:
            found.append((await anext(lines))[1])
    ring.close()
    found += await texts(lines)
    assert found[:2] == [b"first", b"line 0"]
    assert found[-1] == b"line 299"


async def test_without_following_what_comes_meanwhile_is_left_out(ring: LogRing) -> None:
    for number in range(10):
        ring.write(b"line %d\n" % number)
    found = []
    async for _, line in ring.lines(follow=False, tail=5):
        found.append(line)
        for _ in range(20):
            ring.write(b"another\n")
    assert found == [b"line %d" % number for number in range(5, 10)]


async def test_followers_wake_when_a_line_comes(ring: LogRing) -> None:
    lines = ring.lines(follow=True, tail=0)
    waiting = asyncio.gather(anext(lines))
    await asyncio.sleep(0)
    ring.write(b"now\n")
    async with asyncio.timeout(5):
        assert (await waiting)[0][1] == b"now"
    ring.close()


async def test_a_removed_ring_ends_its_followers(ring: LogRing, tmp_path: Path) -> None:
    lines = ring.lines(follow=True, tail=None)
    ring.write(b"one\n")
    assert (await anext(lines))[1] == b"one"
    ring.remove()
    assert await texts(lines) == []
    assert list(tmp_path.iterdir()) == []
    assert await kept(ring) == []


class FullDisk(FileIO):
    """A file that takes `room` more bytes in all, in pieces of at most seven."""

    room = 0

    def write(self, data: Any) -> int:
        piece = bytes(data)[: min(FullDisk.room, 7)]
        if not piece:
            raise OSError(errno.ENOSPC, "No space left on device")
        FullDisk.room -= len(piece)
        return super().write(piece)


@pytest.fixture
def narrow(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogRing]:
    monkeypatch.setattr(Path, "open", lambda path, mode, **_: FullDisk(path, mode.rstrip("b")))
    found = LogRing(tmp_path / "main.0", clock)
    yield found
    found.close()


async def test_a_full_disk_loses_whole_lines_and_says_so_once(
    narrow: LogRing, caplog: pytest.LogCaptureFixture
) -> None:
    FullDisk.room = 25
    narrow.write(b"one\n")
    for _ in range(3):
        narrow.write(b"two\n")
    FullDisk.room = 1000
    narrow.write(b"three\n")
    assert await kept(narrow) == [b"three"]
    assert [record.message for record in caplog.records] == [
        "cannot keep the output of main.0: [Errno 28] No space left on device (free some space)"
    ]


async def test_on_a_full_disk_the_newest_lines_take_the_place_of_older_ones(
    tmp_path: Path, narrow: LogRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk.room = 1000
    unlink = Path.unlink

    def freeing(path: Path, *, missing_ok: bool = False) -> None:
        FullDisk.room += path.stat().st_size
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", freeing)
    for number in range(500):
        narrow.write(b"line %d\n" % number)
    found = await kept(narrow)
    assert found == [b"line %d" % number for number in range(500 - len(found), 500)]
    assert 0 < sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


@pytest.mark.parametrize(
    ("mebibytes", "expected"), [(1024 * 1024, FILE_BYTES), (800, 800 * 1024), (1, 64 * 1024)]
)
def test_a_small_file_system_is_not_filled_with_logs(
    mebibytes: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(f_blocks=mebibytes * 256, f_frsize=4096))
    assert file_bytes_in(Path("anywhere")) == expected


async def test_a_folder_that_was_removed_is_made_again(ring: LogRing, tmp_path: Path) -> None:
    ring.write(b"x" * 900 + b"\n")
    shutil.rmtree(tmp_path)
    ring.write(b"y" * 900 + b"\n")
    assert await kept(ring) == [b"y" * 900]
