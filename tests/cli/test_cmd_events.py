from __future__ import annotations

from dataclasses import replace

import pytest
from tests.admin.fakes import make_event, make_pod
from tests.admin.live import Live

from readylb.cli.main import main

Output = pytest.CaptureFixture[str]


def add_normal(live: Live) -> None:
    now = live.world.clock.now()
    event = replace(make_event(make_pod("web", now), now - 60, count=1), type="Normal", reason="Started")
    live.call(lambda: live.world.store.create(event))


def test_events_are_counted_and_oldest_first(live: Live, capsys: Output) -> None:
    add_normal(live)
    assert main(["events"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert first.split()[1:4] == ["Normal", "Started", "Pod/web"]
    assert "(x9 over 4m" in second
    assert "Pod/readiness-rc-5v64f" in second


def test_events_may_be_of_one_object_or_type(live: Live, capsys: Output) -> None:
    add_normal(live)
    main(["events", "--for", "pod/web", "--no-headers"])
    assert len(capsys.readouterr().out.splitlines()) == 1
    main(["events", "--types", "warning", "-A"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("NAMESPACE")
    assert len(lines) == 2


def test_no_event_is_said_on_stderr(live: Live, capsys: Output) -> None:
    assert main(["events", "-n", "other"]) == 0
    assert capsys.readouterr().err == "No events found in other namespace.\n"


@pytest.mark.parametrize("argv", [["events", "--for", "pods"], ["events", "--types", "Bad"]])
def test_bad_arguments_are_usage_errors(argv: list[str]) -> None:
    assert main(argv) == 2
