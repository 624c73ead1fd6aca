"""Large bodies pass through without staying."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import pytest
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port

MEBIBYTE = 1024 * 1024
SIZE = 256 * MEBIBYTE
#: What the balancer may grow by while 256 MiB pass: buffers, not bodies.
FLAT_BYTES = 32 * MEBIBYTE


class Memory(threading.Thread):
    """Watches the resident memory of a process and keeps the largest value."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.before = self.most = self.process.memory_info().rss
        self._stop_watching = threading.Event()

    def run(self) -> None:
        while not self._stop_watching.wait(0.02):
            self.most = max(self.most, self.process.memory_info().rss)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_watching.set()
        self.join()

    @property
    def grown(self) -> int:
        return self.most - self.before


def curl(*words: str) -> str:
    done = subprocess.run(["curl", "-sS", "--fail", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_big_upload_passes_with_flat_memory(tmp_path: Path, framing: str) -> None:
    port = free_port()
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(SIZE)
    extra = ["-H", "Transfer-Encoding: chunked"] if framing == "chunked" else []
    with serve_web(tmp_path, port, replicas=1) as lb:
        lb.wait_ready(1)
        with Memory(lb.process.pid) as memory:
            said = curl("-H", "Expect:", *extra, "-T", str(big), f"http://127.0.0.1:{port}/upload")
        assert said.startswith(f"{SIZE} bytes for web-")
        assert memory.grown < FLAT_BYTES


def test_a_big_download_passes_with_flat_memory(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, replicas=1) as lb:
        lb.wait_ready(1)
        with Memory(lb.process.pid) as memory:
            url = f"http://127.0.0.1:{port}/bytes/{SIZE}"
            said = curl("-o", "/dev/null", "-w", "%{size_download}", url)
        assert int(said) == SIZE
        assert memory.grown < FLAT_BYTES


def test_a_client_that_does_not_read_stops_the_replica_from_sending(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, replicas=1) as lb:
        name = lb.wait_ready(1)[0].name
        progress = tmp_path / f"{name}.sent"
        with Memory(lb.process.pid) as memory, socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"GET /bytes/{SIZE} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            lb.wait_for("the replica has sent something", lambda: progress.exists() and progress.read_text())
            lb.wait_for("it has come to a stop", lambda: stands(progress))
            assert int(progress.read_text()) < SIZE // 4
        assert memory.grown < FLAT_BYTES


def stands(progress: Path) -> bool:
    """Tell whether a number in a file is the same half a second later."""
    before = progress.read_text()
    time.sleep(0.5)
    return progress.read_text() == before
