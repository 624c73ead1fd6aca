"""exec probes: run a command in the container; exit status 0 is success (`pkg/probe/exec/exec.go`)."""

from __future__ import annotations

from readylb.control.probes.ask import Ask
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.core.durations import go_duration
from readylb.errors import RuntimeFailureError
from readylb.model.probe import ExecAction, ProbeResult

#: Output beyond this is cut (maxReadLength).
OUTPUT_LIMIT = 10 * 1024


async def exec_command(ask: Ask, action: ExecAction) -> Outcome:
    """Run the command, in which the runtime expands `$(VAR)`.

    ProbeError when it could not be started: that is nobody's failure.
    """
    timeout, command = ask.probe.timeout_seconds, action.command
    try:
        result = await ask.runtime.exec_sync(ask.pod, ask.container.name, command, timeout, OUTPUT_LIMIT)
    except RuntimeFailureError as error:
        raise ProbeError(str(error)) from error
    if result.timed_out:
        text = f'command timed out: "{" ".join(command)}" timed out after {go_duration(timeout)}'
        return Outcome(ProbeResult.FAILURE, text)
    output = result.output[:OUTPUT_LIMIT].decode("utf-8", "replace")
    return Outcome(ProbeResult.SUCCESS if result.exit_code == 0 else ProbeResult.FAILURE, output)
