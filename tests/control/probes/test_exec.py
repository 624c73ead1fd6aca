from __future__ import annotations

import pytest
from tests.control.probes.served import ask
from tests.simulation import FakeRuntime, World, simulate

from readylb.control.probes.ask import Ask
from readylb.control.probes.exec import exec_command
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.control.runtimes.runtime import ExecResult
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.probe import ExecAction, Probe, ProbeResult


def asking(result: ExecResult | Exception) -> Ask:
    def answer(pod: Pod, command: tuple[str, ...]) -> ExecResult:
        if isinstance(result, Exception):
            raise result
        return result

    found = ask(Probe(timeout_seconds=1), 41000)
    assert isinstance(found.runtime, FakeRuntime)
    found.runtime.on_exec = answer
    return found


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (ExecResult(0, b"fine"), Outcome(ProbeResult.SUCCESS, "fine")),
        (ExecResult(1, b"no such file\n"), Outcome(ProbeResult.FAILURE, "no such file\n")),
        (ExecResult(137, b""), Outcome(ProbeResult.FAILURE, "")),
        (ExecResult(0, b"x" * 20_000), Outcome(ProbeResult.SUCCESS, "x" * 10_240)),
        (
            ExecResult(-1, b"", timed_out=True),
            Outcome(ProbeResult.FAILURE, 'command timed out: "sh -c sleep 10" timed out after 1s'),
        ),
    ],
)
def test_the_exit_status_decides(result: ExecResult, outcome: Outcome) -> None:
    async def story(world: World) -> None:
        assert await exec_command(asking(result), ExecAction(command=("sh", "-c", "sleep 10"))) == outcome

    simulate(story)


async def test_a_command_that_cannot_be_started_is_an_error() -> None:
    with pytest.raises(ProbeError, match="no such program") as caught:
        await exec_command(asking(RuntimeFailureError("no such program")), ExecAction(command=("x",)))
    assert caught.value.state is ProbeResult.UNKNOWN
