from __future__ import annotations

import os

import psutil
import pytest
from benchmarks.proxies import Subject
from benchmarks.slow_clients import Ordinary, main

from benchmarks import slow_clients


def test_a_row_shows_units_people_read() -> None:
    ordinary = Ordinary(port=1, seconds=[0.001] * 98 + [0.05, 0.3], errors=2)
    subject = Subject("readylb", 1, psutil.Process(os.getpid()), worker_only=False)
    assert ordinary.row("before", subject, 7).startswith("| before | 7 | 100 | 2 | 1.0 | 300.0 | 300.0 | ")


def test_more_clients_than_files_are_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(slow_clients.resource, "getrlimit", lambda _: (1024, 1024))
    monkeypatch.setattr(slow_clients.resource, "setrlimit", lambda *_: None)
    monkeypatch.setattr(slow_clients.signal, "signal", lambda *_: None)
    assert main(["--clients", "1000"]) == 1
    said = capsys.readouterr().err
    assert "1000 clients need 2200 files of each worker, and 1024 are allowed (ulimit -Hn; " in said
