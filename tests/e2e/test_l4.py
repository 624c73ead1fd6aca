"""Below HTTP: bytes, first bytes, Unix sockets and the PROXY protocol, through the command."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.e2e.client import fetch
from tests.e2e.harness import Readylb
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas
from tests.e2e.servers import echo, haproxy, needs_haproxy, said, serving

TCP = "readinessProbe: {tcpSocket: {}, periodSeconds: 1}"


def cut(port: int, data: bytes) -> bool:
    """Say whether the connection ends without an answer."""
    try:
        return said(port, data) == b""
    except ConnectionError:
        return True


def configured(folder: Path, *services: str) -> Readylb:
    config = folder / "readylb.yaml"
    config.write_text("services:\n" + "".join(f"  {line}\n" for line in services))
    return Readylb(folder, "-f", str(config))


def test_a_half_closed_client_of_raw_bytes_gets_all_of_its_answer(tmp_path: Path) -> None:
    port = free_port()
    with serving(echo) as address:
        service = f'raw: {{port: {{port: {port}, protocol: tcp}}, endpoints: ["{address}"], {TCP}}}'
        with configured(tmp_path, service) as lb:
            lb.wait_ready(1)
            data = bytes(range(256)) * 4096
            assert said(port, data, end=True) == data + b"the end"
            assert f"Listening service/raw: tcp://127.0.0.1:{port} -> " in lb.printed()


def test_the_first_bytes_tell_http_from_the_rest_on_one_port(tmp_path: Path) -> None:
    def both(connection: socket.socket) -> None:
        first = connection.recv(65536)
        told = b"yes" if b"X-Forwarded-For: 127.0.0.1" in first else b"no"
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(told) + told
        )

    port = free_port()
    with (
        serving(both) as address,
        configured(tmp_path, f'app: {{port: {port}, endpoints: ["{address}"], {TCP}}}') as lb,
    ):
        lb.wait_ready(1)
        assert fetch(port).text == "yes", "HTTP gets forwarding headers"
        for first in (b"\x16\x03\x01\x00\x05hello", b"hello\n", b"*1\r\n$4\r\nPING\r\n"):
            assert said(port, first).endswith(b"\r\n\r\nno"), "bytes pass as they are"


def test_a_server_may_speak_first_without_saying_so(tmp_path: Path) -> None:
    port = free_port()
    with serving(lambda connection: connection.sendall(b"220 welcome\r\n")) as address:
        service = (
            f"app: {{port: {{port: {port}, protocol: auto, detectTimeoutMs: 50}},"
            f' endpoints: ["{address}"], {TCP}}}'
        )
        with configured(tmp_path, service) as lb:
            lb.wait_ready(1)
            with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
                assert client.recv(100) == b"220 welcome\r\n"


def test_an_endpoint_may_be_a_unix_socket_and_is_probed_through_it(tmp_path: Path) -> None:
    def web(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")

    port, path = free_port(), tmp_path / "web.sock"
    words = ("--port", str(port), "--backend", f"unix:{path}", "--readiness", "http:/readyz")
    with Readylb(tmp_path, *words) as lb:
        assert fetch(port).status == 503, "nobody has made the socket yet"
        with serving(web, path=path):
            lb.wait_ready(1)
            assert fetch(port).text == "ok"
            assert f"unix:{path}" in lb.run("get", "endpoints").stdout


@needs_haproxy
@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
def test_haproxy_in_front_says_who_the_client_is(tmp_path: Path, version: str) -> None:
    port, front = free_port(), free_port()
    with OwnReplicas(1) as own:
        service = (
            f'app: {{port: {port}, endpoints: ["{own.all[0].address}"], proxyProtocol: require,'
            " trusted_proxies: [127.0.0.1], sourceRanges: [127.0.0.9/32],"
            " readinessProbe: {httpGet: {path: /readyz}, periodSeconds: 1}}"
        )
        sections = (
            f"frontend f\n  bind 127.0.0.1:{front}\n  default_backend b\n"
            f"backend b\n  server s 127.0.0.1:{port} {version}\n"
        )
        with configured(tmp_path, service) as lb, haproxy(sections, front):
            lb.wait_ready(1)
            request = b"GET /headers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            with socket.create_connection(("127.0.0.1", front), 15, ("127.0.0.9", 0)) as client:
                client.sendall(request)
                answer = b"".join(iter(lambda: client.recv(65536), b""))
            assert b"X-Forwarded-For: 127.0.0.9" in answer
            assert cut(port, request), "no header"
            assert b"200" not in said(front, request).split(b"\r\n")[0], "another client is not in the ranges"


@needs_haproxy
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_haproxy_behind_is_told_who_the_client_is(tmp_path: Path, version: str, protocol: str) -> None:
    port, behind = free_port(), free_port()
    service = (
        f'app: {{port: {{port: {port}, protocol: {protocol}}}, endpoints: ["127.0.0.1:{behind}"],'
        f" sendProxy: {version}, {TCP}}}"
    )
    sections = (
        f"frontend f\n  bind 127.0.0.1:{behind} accept-proxy\n"
        '  http-request return status 200 content-type text/plain lf-string "%[src]"\n'
    )
    with haproxy(sections, behind), configured(tmp_path, service) as lb:
        lb.wait_ready(1)
        with socket.create_connection(("127.0.0.1", port), 15, ("127.0.0.9", 0)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"127.0.0.9")
