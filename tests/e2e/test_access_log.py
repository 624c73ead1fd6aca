"""The access log of the real command: its content, its rotation, and what happens when nobody reads it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.client import fetch
from tests.e2e.harness import Readylb
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplica


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log that are whole by now."""
    whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
    return [json.loads(line) for line in whole.splitlines()]


def serve(folder: Path, port: int, replica: OwnReplica, *words: str) -> Readylb:
    return Readylb(folder, "--port", str(port), "--backend", replica.address, *words)


@pytest.fixture
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnReplica]:
    own = OwnReplica(tmp_path_factory.mktemp("replica"), "own")
    yield own
    own.kill()


def wait_lines(server: Readylb, path: Path, count: int) -> list[dict[str, Any]]:
    def there() -> list[dict[str, Any]] | None:
        found = lines(path)
        return found if len(found) >= count else None

    return server.wait_for(f"{count} lines in {path.name}", there)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_each_request_is_a_line_and_a_rotation_loses_none(
    tmp_path: Path, replica: OwnReplica, workers: str
) -> None:
    port, log, old = free_port(), tmp_path / "access.log", tmp_path / "access.log.1"
    words = ("--access-log", str(log), "--access-log-format", "json", "--workers", workers)
    with serve(tmp_path, port, replica, *words) as server:
        server.wait_ready(1)
        for number in range(20):
            fetch(port, f"/first/{number}", headers={"User-Agent": 'a"b\\c', "Referer": "http://x/"})
        wait_lines(server, log, 20)
        log.rename(old)
        server.process.send_signal(signal.SIGUSR1)
        server.wait_for("the file is there again", log.exists)
        for number in range(20):
            fetch(port, f"/second/{number}", method="POST", body=b"12345")
        wait_lines(server, log, 20)
        assert server.metric("readylb_access_log_lost_total") == 0
    found = lines(old) + lines(log)
    assert sorted(line["target"] for line in found) == sorted(
        f"/{part}/{number}" for part in ("first", "second") for number in range(20)
    )
    assert all((line["status"], line["reason"], line["pod"]) == (200, "Completed", "app-0") for line in found)
    assert {line["user_agent"] for line in lines(old)} == {'a"b\\c'}
    assert all(line["bytes_in"] > 5 and line["total_seconds"] > 0 for line in found)


def test_combined_goes_to_standard_output(tmp_path: Path, replica: OwnReplica) -> None:
    port = free_port()
    with serve(tmp_path, port, replica, "--access-log", "-") as server:
        server.wait_ready(1)
        fetch(port, "/told")
        server.wait_for("the line", lambda: '"GET /told HTTP/1.1" 200 ' in server.printed())
        (line,) = [line for line in server.printed().splitlines() if "/told" in line]
    assert line.startswith("127.0.0.1 - - [")
    assert " default/app app-0 1 " in line
    assert " Completed " in line


def test_readylb_yaml_and_the_environment_name_it_and_options_win(
    tmp_path: Path, replica: OwnReplica
) -> None:
    port, by_file, by_option = free_port(), tmp_path / "file.log", tmp_path / "option.log"
    config = tmp_path / "readylb.yaml"
    config.write_text(
        f"services: {{web: {{port: {port}, endpoints: ['{replica.address}']}}}}\n"
        f"accessLog: {{file: {by_file}, format: json}}\n"
    )
    with Readylb(tmp_path, "-f", str(config)) as server:
        server.wait_ready(1)
        fetch(port, "/by-file")
        assert wait_lines(server, by_file, 1)[0]["target"] == "/by-file"
    server = Readylb(tmp_path, "-f", str(config), "--access-log-format", "combined")
    server.environment["READYLB_ACCESS_LOG"] = str(by_option)
    with server:
        server.wait_ready(1)
        fetch(port, "/by-option")
        server.wait_for("the line", lambda: "/by-option" in by_option.read_text())


def test_nobody_waits_for_a_log_that_nobody_reads(tmp_path: Path, replica: OwnReplica) -> None:
    port, pipe = free_port(), tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    agent = {"User-Agent": "x" * 2000, "Referer": "y" * 2000}
    slowest = 0.0

    def lost(server: Readylb) -> Callable[[], bool]:
        return lambda: (server.metric("readylb_access_log_lost_total") or 0) > 0

    with serve(tmp_path, port, replica, "--access-log", str(pipe)) as server:
        server.wait_ready(1)
        for _ in range(1500):
            began = time.monotonic()
            assert fetch(port, "/" + "z" * 2000, headers=agent).status == 200
            slowest = max(slowest, time.monotonic() - began)
        server.wait_for("lost lines are counted", lost(server))
    os.close(reader)
    assert slowest < 5


def test_a_log_that_cannot_be_written_is_refused_at_once(tmp_path: Path, replica: OwnReplica) -> None:
    server = serve(tmp_path, free_port(), replica, "--access-log", str(tmp_path / "no" / "such.log"))
    server.start()
    assert server.process.wait(20) == 2
    assert "cannot write the access log" in server.printed()
