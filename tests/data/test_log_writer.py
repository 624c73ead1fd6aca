from __future__ import annotations

import errno
import os
import select
import threading
from pathlib import Path

import pytest

from readylb.data.log_writer import LogWriter, _chunks


def test_lines_are_appended_whole_by_several_writers(tmp_path: Path) -> None:
    path = tmp_path / "log"
    writers = [LogWriter(str(path)) for _ in range(2)]
    for turn in range(50):
        for number, writer in enumerate(writers):
            writer.write([b"%d %d\n" % (number, turn)] * 20)
    for writer in writers:
        writer.close()

    lines = path.read_text().splitlines()
    assert len(lines) == 2000
    assert [line for line in lines if line.startswith("0 ")] == [
        f"0 {turn}" for turn in range(50) for _ in range(20)
    ]


def test_a_pipe_gets_pieces_that_the_kernel_takes_whole() -> None:
    lines = [b"x" * 999 + b"\n"] * 10
    chunks = _chunks(lines, select.PIPE_BUF)
    assert [len(chunk) for chunk, _ in chunks] == [4000, 4000, 2000]
    assert [count for _, count in chunks] == [4, 4, 2]
    assert b"".join(chunk for chunk, _ in chunks) == b"".join(lines)


def test_a_line_longer_than_a_piece_is_one_by_itself() -> None:
    assert _chunks([b"a\n", b"b" * 10 + b"\n", b"c\n"], 4) == [
        (b"a\n", 1),
        (b"b" * 10 + b"\n", 1),
        (b"c\n", 1),
    ]


def test_what_waits_is_told_in_bytes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = LogWriter(str(pipe))
    writer.write([b"x" * 1023 + b"\n"] * 200)
    assert writer.waiting > 0
    got = 0
    while got < 200 * 1024:
        select.select([reader], [], [], 5)
        got += len(os.read(reader, 65536))
    writer.close()
    os.close(reader)
    assert (writer.waiting, writer.lost) == (0, 0)


def test_a_full_disk_costs_lines_and_later_ones_begin_a_line() -> None:
    writer = LogWriter("/dev/full")
    writer.write([b"a\n", b"b\n"])
    writer.close()
    assert writer.lost == 2


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        LogWriter(str(tmp_path / "no" / "log"))
    assert caught.value.errno == errno.ENOENT


def test_no_thread_is_left(tmp_path: Path) -> None:
    writer = LogWriter(str(tmp_path / "log"))
    writer.close()
    assert "access-log" not in {thread.name for thread in threading.enumerate()}
