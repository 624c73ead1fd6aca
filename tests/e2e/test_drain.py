"""The operator's word: a drained pod has no new requests, and nobody notices."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import Readylb
from tests.e2e.load import Load
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas, notes_of

PROBED = {"/readyz", "/started"}


def test_a_drained_pod_finishes_what_runs_gets_nothing_new_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, replicas=2) as lb:
        victim = lb.wait_ready(2)[0].name
        with Load(port) as load, ThreadPoolExecutor(8) as pool:
            lb.wait_for("both answer", lambda: len(load.replicas) == 2)
            held = [
                pool.submit(fetch, port, "/held", method=word, timeout=60.0) for word in ["GET", "POST"] * 4
            ]
            lb.wait_for("it is busy", (tmp_path / f"{victim}.waiting").exists)
            told = lb.run("drain", victim, "--wait=false").stdout
            assert told == f"pod/{victim} draining\n"
            assert "Draining" in _row(lb, victim)
            (tmp_path / "released").touch()
            assert lb.run("drain", f"pod/{victim}").stdout.splitlines()[-1] == f"pod/{victim} drained"
            moment = time.monotonic()
            assert [request.result().status for request in held] == [200] * 8
            assert _executions(tmp_path) == 8, "what runs is not taken away, and nothing is executed twice"
            before = load.total
            lb.wait_for("load goes on without it", lambda: load.total > before + 100)
            asked = [note.path for note in notes_of(tmp_path, victim) if note.moment > moment]
            assert set(asked) <= PROBED, "it gets nothing but probes"
            _looks_drained(lb, victim)
            assert lb.run("undrain", victim).stdout == f"pod/{victim} undrained\n"
            seen = load.replicas[victim]
            lb.wait_for("it answers again", lambda: load.replicas[victim] > seen)
        assert load.errors == [], load
        assert lb.requests_to_unready(after=load.total) == 0
        assert "Drained" not in lb.run("get", "pods").stdout
        lb.wait_event("Undrained", "requests again")


def _executions(folder: Path) -> int:
    """Return how many held requests replicas have begun."""
    return sum(len(path.read_text().splitlines()) for path in folder.glob("*.waiting"))


def _row(lb: Readylb, pod: str) -> str:
    return next(line for line in lb.run("get", "pods").stdout.splitlines() if line.startswith(pod))


def _looks_drained(lb: Readylb, victim: str) -> None:
    """Look everywhere: it is Ready, and out by the operator's word."""
    assert _row(lb, victim).split()[1:3] == ["1/1", "Running,Drained"]
    assert len(lb.run("get", "endpoints", "web").stdout.splitlines()[1].split()[1].split(",")) == 1
    lines = lb.run("explain", victim).stdout.splitlines()
    assert lines[0].startswith(f"pod/{victim} is out: drained by an operator for ")
    assert lines[2].startswith("decided by:   the operator: annotation readylb.io/drained; ")
    assert "readylb.io/Drained" in lb.run("describe", "pod", victim).stdout
    assert [event["involvedObject"]["name"] for event in lb.events("Drained")] == [victim]
    assert lb.metric('readylb_endpoints{namespace="default",service="web",state="drained"}') == 1


def test_the_last_endpoint_of_a_service_is_drained_by_force_alone(tmp_path: Path) -> None:
    port = free_port()
    with OwnReplicas(2) as own:
        backends = [word for item in own.all for word in ("--backend", item.address)]
        up = ["--port", str(port), *backends, "--readiness", "http:/readyz", "--name", "own"]
        with Readylb(tmp_path, *up) as lb:
            lb.wait_ready(2)
            assert lb.run("drain", "own-0").stdout == "pod/own-0 drained\n"
            refused = lb.run("drain", "own-1", code=1).stderr
            assert "it is the last one with traffic of service/own" in refused
            assert fetch(port, "/").status == 200
            assert lb.run("drain", "own-1", "--force").stdout == "pod/own-1 drained\n"
            answer = fetch(port, "/")
            assert answer.status == 503
            assert "own-0 is drained, own-1 is drained" in answer.text
            assert lb.run("undrain", "own-0", "own-1").stdout == "pod/own-0 undrained\npod/own-1 undrained\n"
            lb.wait_for("it serves again", lambda: fetch(port, "/").status == 200)


def test_waiting_for_running_requests_has_a_limit(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, replicas=1) as lb, ThreadPoolExecutor(1) as pool:
        (pod,) = lb.wait_ready(1)
        post = pool.submit(fetch, port, "/held", method="POST", body=b"x", timeout=60.0)
        lb.wait_for("it is busy", (tmp_path / f"{pod.name}.waiting").exists)
        done = lb.run("drain", pod.name, "--force", "--timeout", "1s", code=1)
        assert done.stdout == f"pod/{pod.name} draining\n"
        assert done.stderr == (
            "readylb: cannot wait any longer: 1s have passed (no new requests come; running ones go on)\n"
        )
        (tmp_path / "released").touch()
        assert post.result().status == 200
