from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl

import pytest

from readylb.control.probes.dial import DialError, _linger, dial, system_text


def raising(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", fail)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ECONNREFUSED, "connection refused"),
        (errno.EHOSTUNREACH, "no route to host"),
        (errno.ENETUNREACH, "network is unreachable"),
        (errno.ECONNRESET, "connection reset by peer"),
        (errno.ETIMEDOUT, "connection timed out"),
    ],
)
async def test_the_systems_words_are_gos(number: int, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = OSError(number, os.strerror(number))
    assert system_text(error) == text
    raising(monkeypatch, error)
    with pytest.raises(DialError) as caught:
        await dial(asyncio.Protocol, "::1", 80)
    assert str(caught.value) == f"dial tcp [::1]:80: connect: {text}"
    assert caught.value.refused is (number == errno.ECONNREFUSED)


async def test_a_tls_alert_is_told_in_gos_words(monkeypatch: pytest.MonkeyPatch) -> None:
    alert = ssl.SSLError(1, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure")
    alert.reason = "SSLV3_ALERT_HANDSHAKE_FAILURE"
    raising(monkeypatch, alert)
    with pytest.raises(DialError, match=r"^remote error: tls: sslv3 alert handshake failure$"):
        await dial(asyncio.Protocol, "127.0.0.1", 443, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


async def test_a_connection_that_ends_in_the_handshake_is_an_eof(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, ConnectionResetError())
    with pytest.raises(DialError, match=r"^EOF$"):
        await dial(asyncio.Protocol, "127.0.0.1", 443, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


class Transport(asyncio.BaseTransport):
    """Says what it is asked, and by which word."""

    def __init__(self, peer: str) -> None:
        super().__init__()
        self.sock = socket.socket()
        self.infos = {"socket": self.sock, "peername": (peer, 80)}
        self.asked: list[str] = []

    def get_extra_info(self, name, default=None):
        self.asked.append(name)
        return self.infos.get(name, default)


@pytest.mark.parametrize(
    ("host", "peer", "lingers", "asked"),
    [
        ("127.0.0.1", "127.0.0.1", True, ["socket"]),
        ("::1", "::1", True, ["socket"]),
        ("localhost", "127.0.0.1", True, ["socket", "peername"]),
        ("127.example.com", "192.0.2.1", False, ["socket", "peername"]),
        ("192.0.2.1", "192.0.2.1", False, ["socket", "peername"]),
    ],
)
async def test_a_probe_of_loopback_leaves_no_time_wait_and_no_other_lingers(host, peer, lingers, asked):
    transport = Transport(peer)
    with transport.sock:
        _linger(transport, host)
        option = transport.sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert (any(option), transport.asked) == (lingers, asked)
