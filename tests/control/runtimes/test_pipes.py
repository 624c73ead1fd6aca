"""Readers and writers of pipes, together."""

from __future__ import annotations

import asyncio
import os

import pytest
from tests.control.runtimes.conftest import until

from readylb.control.runtimes.pipe_reader import PipeReader
from readylb.control.runtimes.pipe_writer import PipeWriter


class Sink:
    def __init__(self) -> None:
        self.data = bytearray()
        self.ends = 0

    def end(self) -> None:
        self.ends += 1


@pytest.fixture
def sink() -> Sink:
    return Sink()


async def test_more_than_a_pipe_holds_passes_whole_and_in_order(sink: Sink) -> None:
    reader, writer = os.pipe()
    PipeReader(reader, sink.data.extend, sink.end)
    out = PipeWriter(writer)
    data = os.urandom(500_000)
    out.write(data[:1000])
    out.write(data[1000:])
    out.close()
    out.write(b"dropped")
    await until(lambda: sink.ends == 1)
    assert sink.data == data


async def test_a_paused_reader_takes_nothing_until_it_resumes(sink: Sink) -> None:
    reader, writer = os.pipe()
    found = PipeReader(reader, sink.data.extend, sink.end)
    found.pause()
    os.write(writer, b"x")
    for _ in range(5):
        await asyncio.sleep(0)
    assert sink.data == b""
    found.resume()
    await until(lambda: sink.data == b"x")
    os.close(writer)
    await until(lambda: sink.ends == 1)
    found.resume()
    found.close()
    assert sink.ends == 1


@pytest.mark.parametrize("drain", [True, False])
async def test_closing_may_take_what_is_there_first(sink: Sink, drain: bool) -> None:
    reader, writer = os.pipe()
    found = PipeReader(reader, sink.data.extend, sink.end)
    os.write(writer, b"left")
    found.close(drain=drain)
    assert (sink.data, sink.ends) == (b"left" if drain else b"", 1)
    os.close(writer)


async def test_a_writer_whose_reader_has_gone_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    out = PipeWriter(writer)
    out.write(b"x")
    out.write(b"y")
    out.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(writer)


async def test_aborting_drops_what_waits() -> None:
    reader, writer = os.pipe()
    out = PipeWriter(writer)
    out.write(b"x" * 1_000_000)
    out.abort()
    left = b""
    while part := os.read(reader, 65536):
        left += part
    assert 0 < len(left) < 1_000_000
    os.close(reader)
