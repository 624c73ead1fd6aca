from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import pytest
from tests.control.probes.served import ask, serve

from readylb.control.probes import tcp_socket as module
from readylb.control.probes.dial import dial
from readylb.control.probes.outcome import Outcome
from readylb.control.probes.tcp_socket import tcp_socket
from readylb.model.probe import Probe, ProbeResult, TCPSocketAction


async def test_an_open_port_is_success_and_nothing_is_said() -> None:
    async with serve(b"unasked") as served:
        outcome = await tcp_socket(ask(Probe(), served.port), TCPSocketAction(port="http"))
        await asyncio.sleep(0.01)
        assert outcome == Outcome(ProbeResult.SUCCESS)
        assert (served.connections, served.requests) == (1, [])


async def test_a_closed_port_is_a_failure_in_gos_words() -> None:
    async with serve(b"") as served:
        port = served.port
    outcome = await tcp_socket(ask(Probe(), port), TCPSocketAction(port=8080))
    text = f"dial tcp 127.0.0.1:{port}: connect: connection refused"
    assert outcome == Outcome(ProbeResult.FAILURE, text, refused=True)


async def test_an_unknown_name_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", unknown)
    outcome = await tcp_socket(ask(Probe()), TCPSocketAction(port=80, host="nowhere.invalid"))
    assert outcome.output == "dial tcp: lookup nowhere.invalid: no such host"


async def test_a_connection_that_is_not_answered_is_a_failure_at_the_timeout() -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        probe = Probe(timeout_seconds=0.1)  # type: ignore[arg-type]
        outcome = await tcp_socket(ask(probe, port), TCPSocketAction(port=8080))
    assert outcome == Outcome(ProbeResult.FAILURE, f"dial tcp 127.0.0.1:{port}: i/o timeout")


async def test_probe_sockets_linger_for_a_second_on_loopback() -> None:
    async with serve(b"") as served:
        knock = await dial(module._Knock, "127.0.0.1", served.port)
        sock = knock._transport.get_extra_info("socket")
        value = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        knock.close()
        assert struct.unpack("ii", value) == (1, 1)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".invalid"])
async def test_what_cannot_even_be_a_name_is_a_failure(host: str) -> None:
    outcome = await tcp_socket(ask(Probe()), TCPSocketAction(port=80, host=host))
    assert outcome == Outcome(ProbeResult.FAILURE, f"dial tcp: lookup {host}: no such host")
