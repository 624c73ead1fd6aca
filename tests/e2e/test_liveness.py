"""Stories S2 to S5 and S7: who does not live is restarted."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import EXAMPLES, Readylb
from tests.e2e.manifests import app, changed
from tests.e2e.pod import Pod
from tests.e2e.ports import free_port

FASTER = {"initialDelaySeconds: 5": "initialDelaySeconds: 1", "periodSeconds: 5": "periodSeconds: 1"}


def test_an_exec_probe_that_fails_three_times_restarts_the_container(tmp_path: Path) -> None:
    healthy = tmp_path / "healthy"
    manifest = changed(
        "02-liveness-exec/liveness-pod.yaml", tmp_path, {**FASTER, "/tmp/healthy": str(healthy)}
    )
    image = f"gcr.io/terrycho-sandbox/liveness:v1={app('02-liveness-exec', healthy)}"
    with Readylb(tmp_path, "-f", manifest, "--image", image) as lb:
        lb.wait_ready(1)
        lb.wait_for("the app has made its file", healthy.exists)
        healthy.unlink()
        lb.wait_for("the container is restarted", lambda: lb.pod("liveness-pod").restarts == 1)
        message = f"Liveness probe failed: cat: {healthy}: No such file or directory"
        assert lb.wait_event("Unhealthy", message)["count"] == 3
        lb.wait_event("Killing", "Container liveness failed liveness probe, will be restarted")
        lb.wait_event("Started", "Container started", count=2)
        lb.wait_for("it is Ready again", lambda: lb.pod("liveness-pod").ready)
        pods = lb.run("get", "pods").stdout
        assert re.search(r"^liveness-pod +1/1 +Running +1 \(\d+s ago\) +\S+$", pods, re.MULTILINE), pods
        described = lb.run("describe", "pod", "liveness-pod").stdout
        assert re.search(
            r"Liveness: +exec \[cat \S+\] delay=1s timeout=1s period=1s #success=1 #failure=3", described
        )
        assert re.search(r"Restart Count: +1\n", described)


def test_a_tcp_probe_restarts_a_container_that_no_longer_listens(tmp_path: Path) -> None:
    manifest = changed("03-liveness-tcp/liveness-pod-tcp.yaml", tmp_path, FASTER)
    image = f"gcr.io/terrycho-sandbox/liveness:v1={app('03-liveness-tcp')}"
    with Readylb(tmp_path, "-f", manifest, "--image", image) as lb:
        lb.wait_ready(1)
        closed = lb.run("exec", "liveness-pod-tcp", "--", "sh", "-c", "curl -s http://$HOST:$PORT/close")
        assert closed.stdout == "closing\n"
        lb.wait_event("Unhealthy", "connect: connection refused", count=2)  # the first may find it closing
        lb.wait_event("Killing", "Container liveness failed liveness probe, will be restarted")
        lb.wait_for("it runs again", lambda: lb.pod("liveness-pod-tcp").restarts == 1)
        address = lb.pod("liveness-pod-tcp").status["podIP"]
        assert lb.events("Unhealthy")[0]["message"].startswith(f"Liveness probe failed: dial tcp {address}:")


def test_an_http_probe_with_a_header_restarts_the_container_and_traffic_recovers(tmp_path: Path) -> None:
    times = {"initialDelaySeconds: 3": "initialDelaySeconds: 1", "periodSeconds: 3": "periodSeconds: 1"}
    port = free_port()
    with Readylb(
        tmp_path,
        *("-f", changed("04-liveness-http-header/nodeapp-liveness.yaml", tmp_path, times)),
        *("-f", str(EXAMPLES / "04-liveness-http-header/nodeapp-lb.yaml")),
        *("--image", f"stepanowon/nodeapp-liveness:1.0.0={app('04-liveness-http-header', 5)}"),
        *("--publish", f"nodeapp-lb:80={port}"),
    ) as lb:

        def asked() -> tuple[int, str]:
            answer = fetch(port, "/healthz", headers={"health": "check"})
            return answer.status, answer.text

        well = (200, '{"status":"ok","message":"server : available."}')
        sick = (500, '{"status":"fail","message":"server : not available"}')
        lb.wait_for("it is well", lambda: asked() == well)
        lb.wait_for("it is sick", lambda: asked() == sick)
        assert fetch(port, "/healthz").status == 200, "without the header it never fails"
        lb.wait_for("it is restarted", lambda: lb.pod("nodeapp-liveness-").restarts == 1)
        lb.wait_for("it is well again", lambda: asked() == well)
        lb.wait_event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", count=3)
        described = lb.run("describe", "pod", lb.pod("nodeapp-liveness-").name).stdout
        assert re.search(r"Unhealthy +\d+s \(x\d over \d+s\) +kubelet ", described), described


def test_a_container_that_fails_again_and_again_backs_off(tmp_path: Path) -> None:
    changes = {**FASTER, "/tmp/healthy": str(tmp_path / "healthy"), "sleep 30": "sleep 1"}
    with Readylb(tmp_path, "-f", changed("05-liveness-shell/liveness2.yaml", tmp_path, changes)) as lb:

        def backing_off() -> Pod | None:
            pod = lb.pod("liveness2")
            (container,) = pod.containers or [{"state": {}}]
            reason = container["state"].get("waiting", {}).get("reason")
            return pod if reason == "CrashLoopBackOff" else None

        def shown(pattern: str, *words: str) -> None:
            # Each look takes a while, so that one may find the container started again already.
            lb.wait_for(f"{words} shows it", lambda: re.search(pattern, lb.run(*words).stdout, re.MULTILINE))

        pod = lb.wait_for("it is backing off", backing_off, seconds=60)
        assert pod.restarts >= 2, "the first two are immediate"
        uid = pod.item["metadata"]["uid"]
        lb.wait_event(
            "BackOff", f"Back-off restarting failed container liveness2 in pod liveness2_default({uid})"
        )
        killed = lb.wait_event("Killing", "Container liveness2 failed liveness probe, will be restarted")
        assert killed["count"] > pod.restarts
        assert lb.wait_event("Started", "Container started")["count"] > pod.restarts
        shown(r"^liveness2 +0/1 +CrashLoopBackOff +[2-9] \(\d+s ago\) +\S+$", "get", "pods")
        shown(r"back-off of container liveness2 has \d+ s left", "explain", "liveness2")


def test_liveness_alone_restarts_a_slow_starter_for_ever(tmp_path: Path) -> None:
    times = {"initialDelaySeconds: 3": "initialDelaySeconds: 1", "periodSeconds: 3": "periodSeconds: 1"}
    with Readylb(
        tmp_path,
        *("-f", changed("07-startup/without-startup-probe.yaml", tmp_path, times)),
        *("--image", f"stepanowon/nodeapp-startup:1.0.0={app('07-startup', 600)}"),
    ) as lb:
        lb.wait_for("two restarts", lambda: any(pod.restarts >= 2 for pod in lb.pods()))
        lb.wait_event("Killing", "Container startup1 failed liveness probe, will be restarted", count=2)


def test_a_startup_probe_gives_a_slow_starter_the_time_it_needs(tmp_path: Path) -> None:
    times = {
        "initialDelaySeconds: 3": "initialDelaySeconds: 1",
        "periodSeconds: 3": "periodSeconds: 1",
        "periodSeconds: 10": "periodSeconds: 1",
        "failureThreshold: 10": "failureThreshold: 60",
    }
    with Readylb(
        tmp_path,
        *("-f", changed("07-startup/with-startup-probe.yaml", tmp_path, times)),
        *("--image", f"stepanowon/nodeapp-startup:1.0.0={app('07-startup', 4)}"),
    ) as lb:
        lb.wait_event("Unhealthy", "Startup probe failed: HTTP probe failed with statuscode: 500", count=2)
        (pod,) = lb.wait_ready(1)
        assert pod.restarts == 0
        assert all(container["started"] for container in pod.containers)
        assert not [event for event in lb.events("Unhealthy") if "Liveness" in event["message"]]
        assert not lb.events("Killing")
