"""Limits of the real command: each is answered with its status, counted, and leaves others alone."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.client import fetch
from tests.e2e.harness import Readylb
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplica, OwnReplicas, release, under_way

pytestmark = pytest.mark.xdist_group("limits")

PORT = free_port()
LIMITS = "head-seconds: 1, body-stall-seconds: 1, body-bytes: 1000"
HOST = "Host: web\r\n"


@pytest.fixture(scope="module")
def lb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readylb]:
    folder = tmp_path_factory.mktemp("limits")
    replica = OwnReplica(tmp_path_factory.mktemp("replica"), "own")
    config = folder / "readylb.yaml"
    config.write_text(
        f"services: {{web: {{port: {PORT}, endpoints: ['{replica.address}'], limits: {{{LIMITS}}}}}}}\n"
    )
    with Readylb(folder, "-f", str(config)) as server:
        server.wait_ready(1)
        yield server
    replica.kill()


def status(text: str) -> int:
    """Send the beginning of a request, wait, and return the status that comes back."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=15) as client:
        client.sendall(text.encode("latin-1"))
        return int(client.recv(65536).split(b" ")[1])


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("GET / HTTP/1.1\r\nHos", 408, "HeadTimeout"),
        (f"POST /slow/20 HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\nabc", 408, "RequestTimeout"),
        (f"GET /{'a' * 9000} HTTP/1.1\r\n{HOST}\r\n", 414, "RequestLineTooLong"),
        (f"GET / HTTP/1.1\r\n{HOST}X: {'a' * 33000}\r\n\r\n", 431, "HeadTooLarge"),
        (f"GET / HTTP/1.1\r\n{HOST}" + "X: 1\r\n" * 100 + "\r\n", 431, "HeadTooLarge"),
        (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1001\r\n\r\n", 413, "BodyTooLarge"),
    ],
)
def test_what_is_above_a_limit_has_its_status_and_is_counted(
    lb: Readylb, text: str, expected: int, reason: str
) -> None:
    assert status(text) == expected
    lb.wait_for(
        f"{reason} is counted",
        lambda: any(
            line.startswith("readylb_terminations_total") and f'reason="{reason}"' in line
            for line in metrics(lb)
        ),
    )


def metrics(server: Readylb) -> list[str]:
    headers = {"Authorization": f"Bearer {server.token()}"}
    return fetch(server.admin_port, "/metrics", headers=headers).text.splitlines()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_requests_beyond_an_endpoints_cap_are_told_to_come_again(tmp_path: Path, workers: str) -> None:
    port = free_port()
    config = tmp_path / "readylb.yaml"

    def hold() -> list[int]:
        """Ask until it is answered; return every status. Of a cap of 2, each of two workers keeps 1."""
        statuses = [fetch(port, "/held").status]
        while statuses[-1] == 503:
            statuses.append(fetch(port, "/held").status)
        return statuses

    with OwnReplicas(1) as own:
        web = f"{{port: {port}, endpoints: ['{own.all[0].address}'], limits: {{endpoint-connections: 2}}}}"
        config.write_text(f"services: {{web: {web}}}\n")
        with Readylb(tmp_path, "-f", str(config), "--workers", workers) as lb, ThreadPoolExecutor(2) as pool:
            lb.wait_ready(1)
            running = [pool.submit(hold) for _ in range(2)]
            lb.wait_for("both are under way", lambda: under_way(own.folder) == 2)
            refused = [fetch(port, "/") for _ in range(8)]
            assert under_way(own.folder) == 2
            release(own.folder)
            assert {(answer.status, answer.headers["retry-after"]) for answer in refused} == {(503, "1")}
            held = [future.result() for future in running]
            assert [statuses[-1] for statuses in held] == [200, 200]
            assert workers != "0" or held == [[200], [200]], "the first two were taken at once"
            assert fetch(port, "/").status == 200


def test_slow_clients_leave_others_alone(lb: Readylb) -> None:
    slow = []
    try:
        for _ in range(300):
            client = socket.create_connection(("127.0.0.1", PORT), timeout=15)
            client.sendall(b"GET / HTTP/1.1\r\n")
            slow.append(client)
        began = time.monotonic()
        assert all(fetch(PORT, "/").status == 200 for _ in range(20))
        assert time.monotonic() - began < 5
        assert slow[0].recv(12) == b"HTTP/1.1 408"
    finally:
        for client in slow:
            client.close()


def test_a_limit_that_cannot_work_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "readylb.yaml"
    config.write_text(
        "services: {web: {port: 8000, endpoints: ['127.0.0.1:1'], limits: {head-seconds: 0, no-such: 1}}}\n"
    )
    server = Readylb(tmp_path, "-f", str(config))
    server.start()
    assert server.process.wait(20) == 2
    assert "limits.head-seconds" in server.printed()
    assert "there is no limit 'no-such'" in server.printed()
