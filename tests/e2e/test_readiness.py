"""Stories S1, S6 and S10: who is not ready gets no traffic."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import EXAMPLES, Readylb, burst
from tests.e2e.manifests import app, changed, serve_web
from tests.e2e.ports import free_port

FASTER = {"initialDelaySeconds: 5": "initialDelaySeconds: 1", "periodSeconds: 5": "periodSeconds: 1"}


def test_a_replica_that_stops_being_ready_is_skipped_and_taken_back(tmp_path: Path) -> None:
    port = free_port()
    with Readylb(
        tmp_path,
        *("-f", changed("01-readiness-rc/readiness-rc.yaml", tmp_path, FASTER)),
        *("-f", str(EXAMPLES / "01-readiness-rc/readiness-svc.yaml")),
        *("--image", f"gcr.io/terrycho-sandbox/readiness:v1={app('01-readiness-rc')}"),
        *("--publish", f"readiness-svc:80={port}"),
    ) as lb:
        first, second = (pod.name for pod in lb.wait_ready(2))
        assert re.fullmatch(r"readiness-rc-[a-z0-9]{5}", first)
        assert fetch(port).text in {f"Hello World! I'm  {name} \n" for name in (first, second)}
        assert burst(port, 20) == {first: 10, second: 10}

        lb.run("exec", first, "--", "sh", "-c", 'rm "$TMPDIR/healthy"')
        lb.wait_out(first)
        assert set(burst(port)) == {second}
        pods = lb.run("get", "pods").stdout
        assert re.search(rf"^{first} +0/1 +Running +0 +\d+s$", pods, re.MULTILINE), pods
        assert re.search(rf"^{second} +1/1 +Running +0 +\d+s$", pods, re.MULTILINE), pods
        described = lb.run("describe", "pod", first).stdout
        assert "Readiness probe failed: HTTP probe failed with statuscode: 500" in described

        lb.run("exec", first, "--", "sh", "-c", 'touch "$TMPDIR/healthy"')
        lb.wait_ready(2)
        assert burst(port, 20) == {first: 10, second: 10}
        assert [pod.restarts for pod in lb.pods()] == [0, 0]
        assert lb.requests_to_unready(after=52) == 0


def test_a_slow_server_gets_503_answers_until_it_is_ready(tmp_path: Path) -> None:
    port = free_port()
    with Readylb(
        tmp_path,
        *("-f", changed("06-readiness-slow/nodeapp-readiness.yaml", tmp_path, FASTER)),
        *("-f", str(EXAMPLES / "06-readiness-slow/nodeapp-lb.yaml")),
        *("--image", f"stepanowon/nodeapp-readiness:1.0.0={app('06-readiness-slow', 6)}"),
        *("--publish", f"nodeapp-lb:80={port}"),
    ) as lb:
        pod = lb.wait_for("the pod runs", lambda: next((pod for pod in lb.pods() if pod.running), None))
        refused = fetch(port)
        assert (refused.status, pod.ready) == (503, False)
        assert "nodeapp-lb" in refused.text
        deployment = lb.api("/apis/apps/v1/namespaces/default/deployments/nodeapp-readiness")
        assert deployment["status"].get("readyReplicas", 0) == 0
        lb.wait_event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")

        (pod,) = lb.wait_ready(1)
        assert re.fullmatch(r"nodeapp-readiness-[a-z0-9]{1,10}-[a-z0-9]{5}", pod.name)
        answer = fetch(port)
        assert (answer.status, pod.restarts) == (200, 0)
        assert pod.name in answer.text
        listing = lb.run("get", "all").stdout
        for line in (
            rf"^pod/{pod.name} +1/1 +Running +0 ",
            r"^service/nodeapp-lb +LoadBalancer +\S+ +127\.0\.0\.1 +80:3\d{4}/TCP ",
            r"^deployment\.apps/nodeapp-readiness +1/1 +1 +1 ",
            r"^replicaset\.apps/nodeapp-readiness-[a-z0-9]{1,10} +1 +1 +1 ",
        ):
            assert re.search(line, listing, re.MULTILINE), listing


def test_nobody_ready_is_503_at_once_and_200_with_the_first_ready_replica(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port) as lb:
        pods = lb.wait_ready(2)
        for pod in pods:
            tmp_path.joinpath(f"{pod.name}.unready").touch()
        lb.wait_out(*(pod.name for pod in pods))

        started = time.monotonic()
        refused = fetch(port)
        took = time.monotonic() - started
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["content-type"].startswith("text/plain")
        assert len(refused.text.splitlines()) == 1
        assert "web" in refused.text
        assert took < 5, "at once, on a machine that has other things to do"

        tmp_path.joinpath(f"{pods[1].name}.unready").unlink()
        lb.wait_for("a request is answered", lambda: fetch(port).status == 200)
        assert set(burst(port)) == {pods[1].name}
        assert [pod.restarts for pod in lb.pods()] == [0, 0]
