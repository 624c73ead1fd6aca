"""The PROXY protocol, versions 1 and 2: a connection's true ends, told in front of its first bytes.

Source: HAProxy's `doc/proxy-protocol.txt`. Parsing is strict: a header that is not exactly as the
document has it is an error, never bytes of the connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

#: The longest version 1 header, CRLF included (section 2.1).
V1_BYTES = 107
#: The longest version 2 header taken. Section 2.2 asks for 536 at least; certificates in TLVs need more.
V2_BYTES = 4096

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_V1 = re.compile(rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?|(TCP[46]) ([^ ]+) ([^ ]+) ([0-9]+) ([0-9]+))\r\n")
_FIXED = 16
_ADDRESSES = {1: (4, IPv4Address), 2: (16, IPv6Address)}
_STREAM = 1
_MOST_PORT = 65535


class ProxyProtocolError(ValueError):
    """The bytes are not a valid header; the text says why."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: IP address as text, and port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Header:
    """A header of `size` bytes. Without ends the connection is the proxy's own, such as a health check."""

    size: int
    source: End | None = None
    destination: End | None = None


def parse(data: bytes) -> Header | None:
    """Return the header that `data` begins with; None when it has not come whole.

    Raises ProxyProtocolError as soon as no more bytes could make it valid.
    """
    if data[:1] == b"P":
        return _parse_v1(data)
    if data[: len(_SIGNATURE)] == _SIGNATURE[: len(data)]:
        return _parse_v2(data) if len(data) >= _FIXED else None
    msg = "it does not begin with a PROXY protocol header"
    raise ProxyProtocolError(msg)


def may_begin(data: bytes) -> bool:
    """Say whether `data`, which is not empty, is the beginning of a header, or has one in front."""
    return any(data[: len(mark)] == mark[: len(data)] for mark in (b"PROXY ", _SIGNATURE))


def render(version: int, source: End, destination: End) -> bytes:
    """Return the header of that version for a connection from `source` to `destination`.

    Ends that are no IP addresses, or of two families, become UNKNOWN (version 1) or LOCAL (version 2).
    """
    ends = _same_family(source, destination)
    if ends is None:
        return b"PROXY UNKNOWN\r\n" if version == 1 else _SIGNATURE + b"\x20\x00\x00\x00"
    one, other = ends
    family = one.version
    if version == 1:
        word = "TCP4" if family == 4 else "TCP6"  # noqa: PLR2004 - IP's versions
        return f"PROXY {word} {one} {other} {source.port} {destination.port}\r\n".encode()
    body = one.packed + other.packed + source.port.to_bytes(2) + destination.port.to_bytes(2)
    kind = (1 if family == 4 else 2) << 4 | _STREAM  # noqa: PLR2004 - IP's versions
    return _SIGNATURE + bytes((0x21, kind)) + len(body).to_bytes(2) + body


def _parse_v1(data: bytes) -> Header | None:
    end = data.find(b"\r\n")
    if end < 0:
        if len(data) >= V1_BYTES or not may_begin(data):
            msg = "it does not begin with a PROXY protocol header"
            raise ProxyProtocolError(msg)
        return None
    size = end + 2
    matched = _V1.fullmatch(data, 0, size)
    if matched is None or size > V1_BYTES:
        msg = "its PROXY line is malformed"
        raise ProxyProtocolError(msg)
    family, source, destination, *ports = matched.groups()
    if family is None:
        return Header(size)
    kind = IPv4Address if family == b"TCP4" else IPv6Address
    return Header(size, _v1_end(kind, source, ports[0]), _v1_end(kind, destination, ports[1]))


def _v1_end(kind: type[IPv4Address | IPv6Address], address: bytes, port: bytes) -> End:
    number = int(port)
    try:
        host = str(kind(address.decode("ascii")))
    except ValueError:
        host = ""
    if not host or "%" in host or number > _MOST_PORT or (len(port) > 1 and port[:1] == b"0"):
        msg = "its PROXY line has an address or a port that is none"
        raise ProxyProtocolError(msg)
    return End(host, number)


def _parse_v2(data: bytes) -> Header | None:
    version, command = data[12] >> 4, data[12] & 15
    family, transport = data[13] >> 4, data[13] & 15
    length = int.from_bytes(data[14:16])
    size = _FIXED + length
    if version != 2 or command > 1 or family > 3 or transport > 2 or size > V2_BYTES:  # noqa: PLR2004
        msg = "its PROXY header has an unknown version, command or family, or is too long"
        raise ProxyProtocolError(msg)
    local = command == 0
    known = _ADDRESSES.get(family) if transport == _STREAM else None
    if known is not None and not local and length < 2 * known[0] + 4:
        msg = "its PROXY header is too short for its addresses"
        raise ProxyProtocolError(msg)
    if len(data) < size:
        return None
    if known is None or local:
        return Header(size)
    width, kind = known
    one, other = _FIXED + width, _FIXED + 2 * width
    return Header(
        size,
        End(str(kind(data[_FIXED:one])), int.from_bytes(data[other : other + 2])),
        End(str(kind(data[one:other])), int.from_bytes(data[other + 2 : other + 4])),
    )


def _same_family(
    source: End, destination: End
) -> tuple[IPv4Address, IPv4Address] | tuple[IPv6Address, IPv6Address] | None:
    try:
        one, other = ip_address(source.host), ip_address(destination.host)
    except ValueError:
        return None
    if isinstance(one, IPv4Address):
        return (one, other) if isinstance(other, IPv4Address) else None
    return (one, other) if isinstance(other, IPv6Address) else None
