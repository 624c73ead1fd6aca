"""What clients and replicas see of each other through the balancer, over real sockets."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.e2e.client import fetch
from tests.e2e.harness import Readylb
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port

pytestmark = pytest.mark.xdist_group("traffic")

PORT = free_port()


@pytest.fixture(scope="module")
def lb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readylb]:
    with serve_web(tmp_path_factory.mktemp("traffic"), PORT) as server:
        server.wait_ready(2)
        yield server


def raw(text: str, *, port: int = PORT) -> bytes:
    """Send bytes and return everything until the balancer closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        client.sendall(text.encode("latin-1"))
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_forwarding_headers_are_set_and_what_a_client_claims_is_dropped(lb: Readylb) -> None:
    said = fetch(PORT, "/headers", headers={"X-Forwarded-For": "203.0.113.9", "X-Real": "kept"}).text.lower()
    assert "x-forwarded-for: 127.0.0.1\n" in said
    assert "x-forwarded-proto: http\n" in said
    assert f"x-forwarded-host: 127.0.0.1:{PORT}\n" in said
    assert "via: 1.1 " in said
    assert "203.0.113.9" not in said
    assert "x-real: kept" in said


def test_one_connection_carries_many_requests_to_all_replicas(lb: Readylb) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=15)
    connection.connect()
    first = connection.sock
    answers = set()
    for _ in range(6):
        connection.request("GET", "/")
        answers.add(connection.getresponse().read())
    assert connection.sock is first, "kept alive"
    connection.close()
    assert answers == {f"hello from {pod.name}\n".encode() for pod in lb.pods()}


def test_pipelined_requests_are_answered_in_order(lb: Readylb) -> None:
    request = "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}"
    last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    said = raw("".join(request.format(size, size, "x" * size) for size in range(1, 6)) + last)
    places = [said.index(f"{size} bytes for".encode()) for size in range(1, 6)]
    assert places == sorted(places)
    assert said.count(b"HTTP/1.1 200") == 6


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["no host", "both lengths", "two lengths", "blank in name", "bare newlines", "tls", "connect"],
)
def test_what_is_ambiguous_or_nonsense_is_refused_and_closed(lb: Readylb, head: str) -> None:
    said = raw(head)
    assert said.startswith(b"HTTP/1.1 4"), said
    assert b"hello from" not in said


def test_a_client_of_http_1_0_gets_its_answer_and_the_end(lb: Readylb) -> None:
    said = raw("GET / HTTP/1.0\r\n\r\n")
    assert said.startswith(b"HTTP/1.")
    assert b" 200 " in said.split(b"\r\n")[0]
    assert b"hello from web-" in said


def test_garbage_on_many_connections_leaves_others_untouched(lb: Readylb) -> None:
    with ThreadPoolExecutor(8) as pool:
        garbage = [pool.submit(raw, "\x00\xff" * 2000 + "\r\n\r\n") for _ in range(40)]
        good = [pool.submit(fetch, PORT) for _ in range(40)]
        assert {future.result().status for future in good} == {200}
        assert all(future.result()[:10] in {b"", b"HTTP/1.1 4"} for future in garbage)


def test_tcp_services_carry_bytes_both_ways(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, port = tmp_path_factory.mktemp("tcp"), free_port()
    manifest = folder / "tcp.yaml"
    manifest.write_text("""\
apiVersion: v1
kind: Pod
metadata: {name: echo, labels: {app: echo}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: echo
    image: echo
    command:
    - python3
    - -c
    - |
      import os, socketserver
      class Echo(socketserver.StreamRequestHandler):
          def handle(self):
              for line in self.rfile:
                  self.wfile.write(line.upper())
              self.wfile.write(b'BYE\\n')
      socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Echo).serve_forever()
    ports: [{containerPort: 7}]
    readinessProbe: {tcpSocket: {port: 7}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec:
  type: LoadBalancer
  selector: {app: echo}
  ports: [{port: 7, appProtocol: tcp}]
""")
    with Readylb(folder, "-f", str(manifest), "--publish", f"echo:7={port}") as server:
        server.wait_ready(1)
        with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
            client.sendall(b"\x80hello\n")
            client.shutdown(socket.SHUT_WR)
            said = b"".join(iter(lambda: client.recv(4096), b""))
        assert said == b"\x80HELLO\nBYE\n", "and the half-closed client gets the rest"
        server.run("delete", "pod", "echo")
        with pytest.raises(OSError, match=r"refused|reset"):
            closed_at_once(port)


def closed_at_once(port: int) -> None:
    """Raise as a client sees it: refused, or closed before a byte came."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        if client.recv(1) == b"":
            raise ConnectionResetError(104, "reset")
