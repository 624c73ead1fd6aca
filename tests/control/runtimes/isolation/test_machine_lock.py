from __future__ import annotations

import sys
import threading

import pytest

from readylb.control.runtimes.isolation import machine_lock as module
from readylb.control.runtimes.isolation.machine_lock import machine_lock
from readylb.errors import RuntimeFailureError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="abstract Unix sockets are Linux's")


@pytest.fixture(autouse=True)
def own_name(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(module, "_NAME", f"\0{tmp_path}"[:100])


def test_the_second_waits_for_the_first() -> None:
    held, order = threading.Event(), []

    def second() -> None:
        held.wait()
        with machine_lock():
            order.append("second")

    waiting = threading.Thread(target=second)
    waiting.start()
    with machine_lock():
        held.set()
        waiting.join(0.05)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_one_that_is_held_for_ever_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    with machine_lock(), pytest.raises(RuntimeFailureError, match="another readylb"), machine_lock():
        pytest.fail("held twice")
