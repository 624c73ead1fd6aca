from __future__ import annotations

import pytest
from tests.conftest import FakeClock
from tests.control.probes.served import ask
from tests.simulation import FakeRuntime

from readylb.control.probes.attempt import attempt, report
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.control.runtimes.runtime import ExecResult
from readylb.errors import RuntimeFailureError
from readylb.model import Event
from readylb.model.probe import ExecAction, Probe, ProbeKind, ProbeResult
from readylb.telemetry.events import EventRecorder

EXEC = Probe(exec=ExecAction(command=("true",)))


class Kept(list[Event]):
    def write(self, event: Event) -> None:
        self.append(event)


async def tries(results: list[ExecResult | None]) -> tuple[Outcome | ProbeError, int]:
    """Attempt against these answers, None being an error; return what came out, after how many tries."""
    found = ask(EXEC)
    assert isinstance(found.runtime, FakeRuntime)
    left = list(results)

    def answer(*_: object) -> ExecResult:
        result = left.pop(0)
        if result is None:
            msg = "no such program"
            raise RuntimeFailureError(msg)
        return result

    found.runtime.on_exec = answer
    return await attempt(found), len(results) - len(left)


async def test_an_error_is_tried_three_times_in_all() -> None:
    result, number = await tries([None] * 5)
    assert isinstance(result, ProbeError)
    assert number == 3


async def test_an_error_that_passes_leaves_the_outcome() -> None:
    assert await tries([None, None, ExecResult(1, b"no")]) == (Outcome(ProbeResult.FAILURE, "no"), 3)


async def test_a_failure_is_never_tried_again() -> None:
    assert await tries([ExecResult(1, b"no"), ExecResult(0, b"")]) == (Outcome(ProbeResult.FAILURE, "no"), 1)


async def test_a_probe_that_cannot_be_put_is_an_error() -> None:
    result = await attempt(ask(Probe()))
    assert isinstance(result, ProbeError)
    assert str(result) == "missing probe handler for web_default():main"


@pytest.mark.parametrize(
    ("result", "reason", "message"),
    [
        (Outcome(ProbeResult.FAILURE, "no"), "Unhealthy", "Liveness probe failed: no"),
        (Outcome(ProbeResult.WARNING, "moved"), "ProbeWarning", "Liveness probe warning: moved"),
        (
            ProbeError('strconv.Atoi: parsing "http": invalid syntax'),
            "Unhealthy",
            (
                "Liveness probe errored and resulted in unknown state: "
                'strconv.Atoi: parsing "http": invalid syntax'
            ),
        ),
        (
            ProbeError("unexpected EOF", ProbeResult.FAILURE),
            "Unhealthy",
            "Liveness probe errored and resulted in failure state: unexpected EOF",
        ),
    ],
)
def test_an_unhappy_attempt_is_an_event(
    result: Outcome | ProbeError, reason: str, message: str, clock: FakeClock
) -> None:
    kept = Kept()
    report(EventRecorder(kept, clock.now), ask(EXEC), ProbeKind.LIVENESS, result)
    assert [(item.type, item.reason, item.message) for item in kept] == [("Warning", reason, message)]
    assert kept[0].involved_object.field_path == "spec.containers{main}"


def test_a_success_is_no_event(clock: FakeClock) -> None:
    kept = Kept()
    report(EventRecorder(kept, clock.now), ask(EXEC), ProbeKind.LIVENESS, Outcome(ProbeResult.SUCCESS))
    assert kept == []
