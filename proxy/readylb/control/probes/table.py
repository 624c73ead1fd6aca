"""Which code asks which question, in kubelet's order of preference (`prober.go`, runProbe)."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

from readylb.control.probes.ask import Ask
from readylb.control.probes.exec import exec_command
from readylb.control.probes.http_get import http_get
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.control.probes.tcp_socket import tcp_socket
from readylb.core.pod_lifecycle import describe_pod
from readylb.model.probe import GRPCAction

_GRPC = "readylb.control.probes.grpc_health"


async def put(ask: Ask) -> Outcome:
    """Put the question of the probe once. ProbeError when that could not be done."""
    probe = ask.probe
    if probe.exec is not None:
        return await exec_command(ask, probe.exec)
    if probe.http_get is not None:
        return await http_get(ask, probe.http_get)
    if probe.tcp_socket is not None:
        return await tcp_socket(ask, probe.tcp_socket)
    if probe.grpc is not None:
        return await _grpc(ask, probe.grpc)
    msg = f"missing probe handler for {describe_pod(ask.pod)}:{ask.container.name}"
    raise ProbeError(msg)


async def _grpc(ask: Ask, action: GRPCAction) -> Outcome:
    """Load the optional extra when it is first needed, beside the loop: that takes a while."""
    known = sys.modules.get(_GRPC)
    module = await asyncio.to_thread(import_module, _GRPC) if known is None else known
    outcome: Outcome = await module.grpc_health(ask, action)
    return outcome
