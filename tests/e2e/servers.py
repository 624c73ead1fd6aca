"""Small servers inside the test's own process: plain sockets that say what a test wants."""

from __future__ import annotations

import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.e2e.children import start_child
from tests.e2e.ports import free_port
from tests.e2e.waiting import wait_for

Talk = Callable[[socket.socket], None]

needs_haproxy = pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")


@contextmanager
def serving(talk: Talk, *, path: Path | None = None) -> Iterator[str]:
    """Serve each connection with `talk` on a free port or a Unix socket; yield the address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            talk(self.request)

    kind = socketserver.ThreadingTCPServer if path is None else socketserver.ThreadingUnixStreamServer
    where = ("127.0.0.1", free_port()) if path is None else str(path)
    server = kind(where, Handler, bind_and_activate=False)  # type: ignore[arg-type]
    server.allow_reuse_address = server.daemon_threads = True
    server.server_bind()
    server.server_activate()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"unix:{path}" if path is not None else f"{where[0]}:{where[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def haproxy(configuration: str, *ports: int) -> Iterator[None]:
    """Run HAProxy with these sections until all `ports` listen. It is none of readylb's processes."""
    times = "timeout connect 5s\n  timeout client 20s\n  timeout server 20s"
    with tempfile.TemporaryDirectory(prefix="haproxy-") as folder:
        file = Path(folder) / "haproxy.cfg"
        file.write_text(f"defaults\n  mode http\n  {times}\n{configuration}")
        process = start_child(["haproxy", "-db", "-f", str(file)], stdin=subprocess.DEVNULL)

        def listens() -> bool:
            assert process.poll() is None, f"haproxy ended with exit code {process.returncode}"
            return all(_is_open(port) for port in ports)

        try:
            wait_for("haproxy listens", listens)
            yield
        finally:
            process.terminate()
            process.wait(10)


def echo(connection: socket.socket) -> None:
    """Send everything back; after the client's end, say so and end."""
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.sendall(b"the end")


def said(port: int, data: bytes, *, end: bool = False) -> bytes:
    """Send `data` and, with `end`, the end of it; return everything up to the other side's end."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
