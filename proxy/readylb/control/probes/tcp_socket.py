"""tcpSocket probes: an established connection is success; nothing is sent (`pkg/probe/tcp/tcp.go`)."""

from __future__ import annotations

import asyncio

from readylb.control.probes.address import network, resolve
from readylb.control.probes.ask import Ask
from readylb.control.probes.dial import DialError, dial
from readylb.control.probes.outcome import Outcome
from readylb.control.probes.preface import preface
from readylb.model.probe import ProbeResult, TCPSocketAction


async def tcp_socket(ask: Ask, action: TCPSocketAction) -> Outcome:
    """Connect within the probe's timeout and close at once."""
    host, port = resolve(ask, action.host, action.port)
    try:
        async with asyncio.timeout(ask.probe.timeout_seconds):
            connection = await dial(_Knock, host, port, preface=preface(ask, host, port))
    except TimeoutError:
        return Outcome(ProbeResult.FAILURE, f"dial {network(host, port)}: i/o timeout")
    except DialError as error:
        return Outcome(ProbeResult.FAILURE, str(error), error.refused)
    connection.close()
    return Outcome(ProbeResult.SUCCESS)


class _Knock(asyncio.Protocol):
    """A connection that only proves that it could be made."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def close(self) -> None:
        self._transport.close()
