"""How soon a probe result reaches traffic, measured where it counts: at the replica."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import Readylb
from tests.e2e.load import Load
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port
from tests.e2e.replicas import Note, OwnReplicas, notes_of

#: The promise is 50 ms on an idle machine; here four test workers share two cores.
GENEROUS_SECONDS = 1.0
FAILURES = 3


def test_exclusion_and_return_follow_the_probe_result_at_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    port = free_port()
    with serve_web(tmp_path, port) as lb:
        name = lb.wait_ready(2)[0].name
        unready = tmp_path / f"{name}.unready"
        with Load(port, clients=2) as load:
            lb.wait_for("both answer", lambda: len(load.replicas) == 2)
            unready.touch()
            lb.wait_out(name)
            before = load.total
            lb.wait_for("load goes on", lambda: load.total > before + 50)
            seen = load.replicas[name]
            unready.unlink()
            lb.wait_for("it is back", lambda: load.replicas[name] > seen + 5)
        assert load.errors == [], load
        assert lb.requests_to_unready(after=load.total) == 0
    excluded, returned = measure(notes_of(tmp_path, name))
    record_property("exclusion_ms", round(excluded * 1000, 2))
    record_property("return_ms", round(returned * 1000, 2))
    print(f"exclusion {excluded * 1000:.1f} ms, return {returned * 1000:.1f} ms")  # noqa: T201  # pytest -rP shows it
    assert excluded < GENEROUS_SECONDS
    assert returned < GENEROUS_SECONDS


def measure(notes: list[Note]) -> tuple[float, float]:
    """Return (last request - deciding failure, first request - deciding success), in seconds."""
    failures = [note for note in notes if note.path == "/readyz" and note.status == 500]
    decided = failures[FAILURES - 1].moment
    passed = next(
        note.moment
        for note in notes
        if note.status == 200 and note.path == "/readyz" and note.moment > decided
    )
    requests = [note.moment for note in notes if note.path == "/"]
    last_before = max(moment for moment in requests if moment < passed)
    first_after = min(moment for moment in requests if moment > passed)
    return last_before - decided, first_after - passed


def test_the_first_request_is_forwarded_soon_after_the_start(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    port = free_port()
    with OwnReplicas(1) as own:
        lb = Readylb(
            tmp_path, "--port", str(port), "--backend", own.all[0].address, "--readiness", "http:/readyz"
        )
        started = time.monotonic()
        with lb:
            lb.wait_for("a request is forwarded", lambda: fetch(port).status == 200)
            took = time.monotonic() - started
    record_property("start_ms", round(took * 1000))
    print(f"from start to the first forwarded request: {took:.2f} s")  # noqa: T201  # pytest -rP shows it
    assert took < 15, "1.5 s on an idle machine"
