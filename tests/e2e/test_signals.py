"""How `up` ends: in order at the first signal, at once at the second."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from tests.e2e.client import Answer, fetch
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port
from tests.e2e.processes import processes_of


class Asking(threading.Thread):
    """One request in the background."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(daemon=True)
        self.port, self.path = port, path
        self.answer: Answer | None = None
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            self.answer = fetch(self.port, self.path, timeout=60)
        except Exception as fault:  # noqa: BLE001  # whatever it was, the test looks at it
            self.fault = fault


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_leaves_nothing(tmp_path: Path, sign: signal.Signals) -> None:
    port = free_port()
    with serve_web(tmp_path, port) as lb:
        lb.wait_ready(2)
        assert lb.stop(sign) == 0
        assert processes_of(tmp_path) == []
        with pytest.raises(ConnectionRefusedError):
            fetch(port)
        left = [path.name for path in (tmp_path / "run").rglob("*") if not path.is_dir()]
        assert left == [], "tokens and logs are removed"
        assert "Traceback" not in lb.printed()


def test_a_running_request_finishes_before_it_ends(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port) as lb:
        lb.wait_ready(2)
        asking = Asking(port, "/slow/2")
        asking.start()
        lb.wait_for("the request is under way", lambda: list(tmp_path.glob("*.waiting")))
        assert lb.stop() == 0
        asking.join(10)
        assert asking.answer is not None, asking.fault
        assert asking.answer.status == 200


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port) as lb:
        lb.wait_ready(2)
        asking = Asking(port, "/slow/50")
        asking.start()
        lb.wait_for("the request is under way", lambda: list(tmp_path.glob("*.waiting")))
        lb.process.send_signal(signal.SIGTERM)
        lb.wait_for("it no longer accepts", lambda: _refuses(port))
        assert lb.process.poll() is None, "it waits for the request"
        lb.process.send_signal(signal.SIGTERM)
        lb.process.wait(10)
        lb.wait_until_gone()


def _refuses(port: int) -> bool:
    try:
        fetch(port)
    except OSError:
        return True
    return False
