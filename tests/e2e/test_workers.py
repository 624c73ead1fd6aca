"""`--workers`: data-plane processes that serve, die, come back, drain, and never outlive readylb."""

from __future__ import annotations

import re
import signal
import socket
from collections import Counter
from pathlib import Path

import psutil
import pytest
from tests.e2e.client import fetch
from tests.e2e.command import readylb
from tests.e2e.harness import STOP_SECONDS, Readylb, burst
from tests.e2e.load import Load
from tests.e2e.manifests import replica_command, web
from tests.e2e.ports import free_port
from tests.e2e.processes import processes_of, words_of
from tests.e2e.replicas import OwnReplicas, release
from tests.e2e.test_signals import Asking

CUT = re.compile(r"RemoteDisconnected|ConnectionReset|BrokenPipe|IncompleteRead")


def serve(folder: Path, port: int, replicas: int = 2, *, workers: int = 2) -> Readylb:
    manifest = folder / "web.yaml"
    manifest.write_text(web(replicas))
    image = f"replica={replica_command(folder)}"
    words = ("-f", str(manifest), "--publish", f"web:80={port}", "--image", image)
    return Readylb(folder, *words, "--workers", str(workers))


def workers_of(folder: Path) -> list[psutil.Process]:
    """Return the worker processes, by number."""
    found = []
    for process in processes_of(folder):
        words = words_of(process)
        if "readylb.app.worker" in words:
            found.append((int(words[words.index("--id") + 1]), process))
    return [process for _, process in sorted(found, key=lambda item: item[0])]


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_all_workers_carry_traffic_and_their_counts_are_added_up(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        workers = workers_of(tmp_path)
        assert len(workers) == 2
        assert f"Workers: 2 (processes {workers[0].pid}, {workers[1].pid})" in lb.printed()
        with Load(port, clients=16) as load:
            lb.wait_for(
                "each worker has clients",
                lambda: all(
                    any(
                        item.laddr.port == port and item.status == "ESTABLISHED"
                        for item in worker.net_connections()
                    )
                    for worker in workers
                ),
            )
        assert load.errors == [], load
        lb.wait_for("all is counted", lambda: lb.metric("readylb_requests_total") == load.total)
        assert lb.metric("readylb_workers") == 2
        assert lb.metric("readylb_requests_to_unready_total") == 0


def test_a_killed_worker_is_replaced_and_the_service_goes_on(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        victim, other = workers_of(tmp_path)
        with Load(port, clients=8) as load:
            lb.wait_for("there is traffic", lambda: load.total > 50)
            victim.kill()
            lb.wait_for("it is replaced", lambda: lb.metric("readylb_worker_restarts_total") == 1)
            before = load.total
            lb.wait_for("traffic goes on", lambda: load.total > before + 200)
        fresh, same = workers_of(tmp_path)
        assert same.pid == other.pid
        assert fresh.pid != victim.pid
        assert len(load.errors) <= 8, "no more than one exchange of each client was under way"
        assert all(CUT.search(error) for error in load.errors), load
        assert set(load.statuses) == {200}, "and nobody was told 503 by a worker that knew nothing yet"
        assert f"Worker 0 ended (process {victim.pid}, killed by SIGKILL)" in lb.printed()
        lb.wait_for("both count", lambda: lb.metric("readylb_workers") == 2)
        assert lb.metric("readylb_requests_to_unready_total") == 0


def test_a_worker_that_dies_loses_no_connection_that_waits(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port, workers=1) as lb:
        lb.wait_ready(2)
        (worker,) = workers_of(tmp_path)
        worker.suspend()
        asking = [Asking(port, "/") for _ in range(5)]
        for one in asking:
            one.start()
        lb.wait_for("they are connected", lambda: _connected_to(port) == len(asking))
        worker.kill()
        for one in asking:
            one.join(20)
        assert [one.answer.status if one.answer else one.fault for one in asking] == [200] * 5


def _connected_to(port: int) -> int:
    """Return how many sockets of this process have a connection to the port."""
    return sum(
        item.raddr != () and item.raddr.port == port and item.status == "ESTABLISHED"
        for item in psutil.Process().net_connections("tcp4")
    )


def test_a_worker_that_hangs_is_replaced(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        hanging = workers_of(tmp_path)[1]
        hanging.suspend()
        lb.wait_for("it is killed", lambda: ended(hanging))
        lb.wait_for("it is replaced", lambda: len(workers_of(tmp_path)) == 2)
        assert f"Worker 1 (process {hanging.pid}) hangs" in lb.printed()
        assert sum(burst(port).values()) == 12


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_no_worker_survives_a_killed_readylb(tmp_path: Path, stopped: bool) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        workers = workers_of(tmp_path)
        with Load(port, clients=2):
            if stopped:
                workers[0].suspend()
            assert lb.stop(signal.SIGKILL) == -signal.SIGKILL
            lb.wait_for("no worker is left", lambda: all(map(ended, workers)), seconds=5)
        with pytest.raises(ConnectionRefusedError):
            fetch(port)
        lb.wait_until_gone()


def test_an_unready_replica_is_excluded_in_all_workers(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        first, second = (pod.name for pod in lb.wait_ready(2))
        unready = tmp_path / f"{first}.unready"
        with Load(port, clients=12) as load:
            lb.wait_for("both answer", lambda: len(load.replicas) == 2)
            unready.touch()
            lb.wait_out(first)
            assert set(burst(port, 40)) == {second}
            unready.unlink()
            lb.wait_ready(2)
            seen = load.replicas[first]
            lb.wait_for("it is back", lambda: load.replicas[first] > seen + 20)
        assert load.errors == [], load
        assert lb.requests_to_unready(after=load.total) == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_everybody_drains(tmp_path: Path, sign: signal.Signals) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        asking = [Asking(port, "/held") for _ in range(6)]
        for one in asking:
            one.start()
        lb.wait_for("they are connected", lambda: _connected_to(port) == len(asking))
        for worker in workers_of(tmp_path):
            worker.send_signal(sign)  # as a terminal and a supervisor do
        lb.process.send_signal(sign)
        lb.wait_for("it says so", lambda: "Stopping" in lb.printed())
        release(tmp_path)
        assert lb.process.wait(STOP_SECONDS) == 0
        for one in asking:
            one.join(10)
        assert Counter(one.answer.status if one.answer else str(one.fault) for one in asking) == {200: 6}
        assert processes_of(tmp_path) == []
        assert "Traceback" not in lb.printed()
        # A replica may be probed once more while it ends.
        warnings = [line for line in lb.printed().splitlines() if " WARNING " in line]
        assert [line for line in warnings if " WARNING Unhealthy " not in line] == []


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_second_signal_cuts_even_what_an_endpoint_of_others_still_works_on(
    tmp_path: Path, workers: str
) -> None:
    port = free_port()
    with OwnReplicas(1) as own:
        words = ("--port", str(port), "--backend", own.all[0].address, "--workers", workers)
        with Readylb(tmp_path, *words) as lb:
            _cut_by_a_second_signal(lb, port, own.folder)


def _cut_by_a_second_signal(lb: Readylb, port: int, folder: Path) -> None:
    lb.wait_for("it serves", lambda: fetch(port).status == 200)
    asking = Asking(port, "/slow/50")
    asking.start()
    lb.wait_for("the request is under way", lambda: list(folder.glob("*.waiting")))
    lb.process.send_signal(signal.SIGTERM)
    lb.wait_for("it says so", lambda: "Stopping" in lb.printed())
    assert lb.process.poll() is None, "it waits for the request"
    lb.process.send_signal(signal.SIGTERM)
    assert lb.process.wait(10) == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        asking = Asking(port, "/slow/50")
        asking.start()
        lb.wait_for("the request is under way", lambda: list(tmp_path.glob("*.waiting")))
        lb.process.send_signal(signal.SIGTERM)
        lb.wait_for("it says so", lambda: "Stopping" in lb.printed())
        lb.process.send_signal(signal.SIGTERM)
        lb.process.wait(10)
        lb.wait_until_gone()


def test_a_port_that_moves_from_one_service_to_another_is_served_by_the_other(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        manifest = tmp_path / "web.yaml"
        old, new = "kind: Service\nmetadata: {name: web}", "kind: Service\nmetadata: {name: new}"
        manifest.write_text(manifest.read_text().replace(old, new).replace("port: 80,", f"port: {port},"))
        lb.process.send_signal(signal.SIGHUP)
        path = "/api/v1/namespaces/default/services/new"
        lb.wait_for("it is reloaded", lambda: "Reloaded: created Service/new" in lb.printed())
        lb.wait_for("the other one listens", lambda: lb.api(path).get("status", {}).get("loadBalancer"))
        assert sum(burst(port).values()) == 12
        assert "another process" not in lb.printed(), "a worker that lags behind is waited for"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_is_named_and_nothing_is_left(tmp_path: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        number = taken.getsockname()[1]
        words = ("--port", str(number), "--backend", "127.0.0.1:9", "--admin", f"127.0.0.1:{free_port()}")
        done = readylb(tmp_path, "up", *words, "--workers", workers)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{number} for Service app: " in done.stderr
    assert "listens there already" in done.stderr
    assert "Traceback" not in done.stderr
    assert processes_of(tmp_path) == []


def test_two_of_them_do_not_share_a_port_by_accident(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as lb:
        lb.wait_ready(2)
        other = tmp_path / "other"
        other.mkdir()
        words = ("--port", str(port), "--backend", "127.0.0.1:9", "--admin", f"127.0.0.1:{free_port()}")
        done = readylb(other, "up", *words, "--workers", "2")
        assert done.returncode == 1
        assert "listens there already" in done.stderr
        assert sum(burst(port).values()) == 12
