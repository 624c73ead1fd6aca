"""What traffic itself learns of endpoints: who refuses, who breaks off, and who is worth waiting for."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import Readylb, burst
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas, under_way
from tests.e2e.servers import serving

#: Each worker counts failures for itself, so that exact numbers need one.
ONE = ("--workers", "0")


def configured(folder: Path, port: int, addresses: list[str], *lines: str) -> Readylb:
    """Return the command for one Service `app` in front of `addresses`, not yet started."""
    listed = ", ".join(f'"{address}"' for address in addresses)
    config = folder / "readylb.yaml"
    below = "".join(f"    {line}\n" for line in lines)
    config.write_text(f"services:\n  app:\n    port: {port}\n    endpoints: [{listed}]\n{below}")
    return Readylb(folder, "-f", str(config), *ONE)


def test_an_endpoint_that_refuses_is_left_out_at_once_and_back_when_its_probe_passes(tmp_path: Path) -> None:
    port = free_port()
    probe = "readinessProbe: {httpGet: {path: /readyz}, periodSeconds: 2, failureThreshold: 1000}"
    with (
        OwnReplicas(2) as own,
        configured(tmp_path, port, [replica.address for replica in own.all], probe) as lb,
    ):
        lb.wait_ready(2)
        assert set(burst(port, 4)) == {"own-0", "own-1"}
        own.all[0].kill()
        assert set(burst(port, 12)) == {"own-1"}, "and not one of them is lost"
        lb.wait_event("Unhealthy", "connection refused")
        assert all(pod.ready for pod in lb.pods()), "its probe alone would have let it in"
        lb.wait_for("it is counted", lambda: lb.metric("readylb_passive_reports_total"))

        own.all[0].start()
        lb.wait_for("both serve", lambda: set(burst(port, 4)) == {"own-0", "own-1"})


def test_requests_wait_for_a_replica_that_is_starting(tmp_path: Path) -> None:
    port = free_port()
    probe = "readinessProbe: {httpGet: {path: /readyz}, periodSeconds: 1, failureThreshold: 1}"
    with OwnReplicas(1) as own:
        unready = own.folder / "own-0.unready"
        unready.touch()
        with (
            configured(tmp_path, port, [own.all[0].address], probe, "holdSeconds: 60") as lb,
            ThreadPoolExecutor(2) as pool,
        ):
            lb.wait_event("Unhealthy", "500")
            held = [pool.submit(fetch, port) for _ in range(2)]
            lb.wait_for("both wait", lambda: lb.metric("readylb_requests_held") == 2)
            assert own.all[0].notes()[-1].path == "/readyz"
            unready.unlink()
            assert [future.result().status for future in held] == [200, 200]
            lb.wait_for("nobody waits", lambda: lb.metric("readylb_requests_held") == 0)
            assert lb.metric("readylb_holds_total") == 2


def test_an_endpoint_that_breaks_off_again_and_again_is_ejected_for_a_while(tmp_path: Path) -> None:
    port = free_port()
    asked: list[bytes] = []

    def break_off(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))

    with OwnReplicas(1) as own, serving(break_off) as broken:
        limits = "limits: {eject-failures: 3, eject-seconds: 5, retries-per-second: 1000}"
        with configured(tmp_path, port, [own.all[0].address, broken], limits) as lb:
            lb.wait_ready(2)
            assert set(burst(port, 12)) == {"own-0"}, "whoever was broken off was asked elsewhere"
            assert len(asked) == 3
            lb.wait_for("it is tried again", lambda: burst(port, 4) and len(asked) > 3)
            assert set(burst(port, 10)) == {"own-0"}


def test_what_a_terminating_endpoint_does_not_answer_in_its_grace_period_is_cut(
    tmp_path: Path,
) -> None:
    port = free_port()
    with OwnReplicas(1) as own, configured(tmp_path, port, [own.all[0].address]) as lb:
        lb.wait_ready(1)
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(fetch, port, "/held", method="POST", body=b"x")
            lb.wait_for("it is under way", lambda: under_way(own.folder) == 1)
            lb.run("delete", "pod", "app-0", "--grace-period", "4")
            answer = held.result()
        assert (answer.status, answer.text) == (502, "default/app: app-0 ended before it had answered\n")
        headers = {"Authorization": f"Bearer {lb.token()}"}
        lb.wait_for(
            "it is counted",
            lambda: 'reason="Drained"' in fetch(lb.admin_port, "/metrics", headers=headers).text,
        )
