"""Opening a probe's connection, and saying in Go's words why it could not be opened."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable
from typing import TypeVar

from readylb.control.probes.address import network
from readylb.core.unix_address import unix_path
from readylb.errors import ReadylbError

P = TypeVar("P", bound=asyncio.BaseProtocol)

#: SO_LINGER of one second, so that probes leave no crowd of TIME-WAIT sockets (`dialer_others.go`).
_LINGER = struct.pack("ii", 1, 1)


class DialError(ReadylbError):
    """The connection could not be opened; the text is what Go's net.Dial says."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        """Say why, and whether it was refused."""
        super().__init__(text)
        self.refused = refused


async def dial(
    factory: Callable[[], P],
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    *,
    preface: bytes = b"",
) -> P:
    """Connect, say `preface`, return the protocol. DialError when refused, unreachable, or unknown by name.

    `host` may be `unix:/PATH`; a socket that nobody has made refuses as one that nobody listens on.
    """
    loop = asyncio.get_running_loop()
    path = unix_path(host)
    try:
        if preface:
            transport, protocol = await _behind(preface, factory, host, port, tls)
        elif path is None:
            transport, protocol = await loop.create_connection(factory, host, port, ssl=tls)
        else:
            name = "localhost" if tls else None
            transport, protocol = await loop.create_unix_connection(
                factory, path, ssl=tls, server_hostname=name
            )
    except (socket.gaierror, UnicodeError):  # the latter: not even a name, as `a..b`
        msg = f"dial tcp: lookup {host}: no such host"
        raise DialError(msg) from None
    except ssl.SSLError as error:
        raise DialError(_tls_text(error)) from error
    except OSError as error:
        nobody = ConnectionRefusedError if path is None else (ConnectionRefusedError, FileNotFoundError)
        refused = isinstance(error, nobody)
        raise DialError(_dial_text(error, host, port, tls), refused=refused) from error
    if path is None:
        _linger(transport, host)
    return protocol


async def _behind(
    preface: bytes, factory: Callable[[], P], host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.BaseTransport, P]:
    """Connect by hand: what is said first comes even before TLS."""
    loop = asyncio.get_running_loop()
    path = unix_path(host)
    family: int
    where: object
    if path is None:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, where = found[0][0], found[0][4]
    else:
        family, where = socket.AF_UNIX, path
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await loop.sock_connect(connection, where)
        await loop.sock_sendall(connection, preface)
        name = (host if path is None else "localhost") if tls else None
        create = loop.create_connection if path is None else loop.create_unix_connection
        return await create(factory, sock=connection, ssl=tls, server_hostname=name)
    except BaseException:
        connection.close()
        raise


def system_text(error: OSError) -> str:
    """Return the operating system's words as Go prints them: `connection refused`."""
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]


def _dial_text(error: OSError, host: str, port: int, tls: ssl.SSLContext | None) -> str:
    if tls is not None and isinstance(error, ConnectionResetError | ConnectionAbortedError):
        return "EOF"
    return f"dial {network(host, port)}: connect: {system_text(error)}"


def _tls_text(error: ssl.SSLError) -> str:
    reason = (error.reason or "").replace("_", " ").lower()
    if reason in {"wrong version number", "http request", "record layer failure", "packet length too long"}:
        return "http: server gave HTTP response to HTTPS client"
    return f"remote error: tls: {reason or error}"


def _linger(transport: asyncio.BaseTransport, host: str) -> None:
    """Set SO_LINGER on loopback only.

    Closing a lingering socket blocks until the other side has acknowledged. On loopback the kernel does
    that itself; over a network it takes a round trip, during which this loop would stand still.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None and (_is_loopback(host) or _is_loopback(_peer(transport))):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


def _is_loopback(address: str) -> bool:
    return address == "::1" or (address.startswith("127.") and address.replace(".", "").isdecimal())


def _peer(transport: asyncio.BaseTransport) -> str:
    """Return the address behind a name."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""
