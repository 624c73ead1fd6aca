"""The Host field (RFC 9112 §3.2, RFC 9110 §7.2)."""

from __future__ import annotations

from tests.conformance.case import Ending, case, refused


def _with(*lines: bytes, minor: int = 1) -> bytes:
    return b"GET / HTTP/1.%d\r\n%b\r\n" % (minor, b"".join(line + b"\r\n" for line in lines))


_GOOD = tuple(
    case(f"Host: {value.decode()}", "RFC 9110 §7.2", _with(b"Host: " + value), has=(b"host: " + value,), whole=1)
    for value in (
        b"a", b"A.B", b"a:80", b"a:", b"127.0.0.1", b"127.0.0.1:8080", b"[::1]", b"[::1]:80", b"[2001:db8::7]",
        b"[::ffff:1.2.3.4]:443", b"a_b.c", b"xn--bcher-kva.example", b"a%20b", b"a.b.", b"a~b-c", b"[v1.x:y]",
    )
)  # fmt: skip

_BAD = tuple(
    refused(
        f"Host with {name}", "RFC 9112 §3.2: an invalid Host MUST be answered 400", _with(b"Host: " + value)
    )
    for name, value in (
        ("a blank inside", b"a b"),
        ("a slash", b"a/b"),
        ("a path", b"a/../b"),
        ("a scheme", b"http://a"),
        ("userinfo", b"u@a"),
        ("a query", b"a?b"),
        ("a fragment", b"a#b"),
        ("a backslash", b"a\\b"),
        ("a double quote", b'a"b'),
        ("an angle bracket", b"a<b"),
        ("a caret", b"a^b"),
        ("a backtick", b"a`b"),
        ("braces", b"{a}"),
        ("a bar", b"a|b"),
        ("a byte above ASCII", b"a\xe9"),
        ("a tab inside", b"a\tb"),
        ("NUL", b"a\x00b"),
        ("a control byte", b"a\x01b"),
        ("DEL", b"a\x7fb"),
        ("a port of letters", b"a:b"),
        ("a signed port", b"a:+80"),
        ("two ports", b"a:80:80"),
        ("a port with a blank", b"a: 80"),
        ("a port far too large", b"a:655360"),
        ("an open bracket", b"[::1"),
        ("a close bracket", b"::1]"),
        ("an IPv6 address without brackets", b"::1"),
        ("no address in brackets", b"[]"),
        ("an IPv4 address in brackets", b"[1.2.3.4]"),
        ("an impossible IPv6 address", b"[::1::2]"),
        ("a zone", b"[fe80::1%25eth0]"),
        ("letters behind brackets", b"[::1]a"),
        ("a broken escape", b"a%2"),
        ("a list with a blank", b"a, b"),
        ("a list", b"a,b"),
        ("a port alone", b":80"),
    )
)

_NUMBER = (
    refused("no Host in HTTP/1.1", "RFC 9112 §3.2: MUST 400", _with(b"X: y")),
    refused("no Host and no fields in HTTP/1.1", "RFC 9112 §3.2: MUST 400", b"GET / HTTP/1.1\r\n\r\n"),
    refused("two different Hosts", "RFC 9112 §3.2: MUST 400", _with(b"Host: a", b"Host: b")),
    refused("two equal Hosts", "RFC 9112 §3.2: MUST 400", _with(b"Host: a", b"Host: a")),
    refused("two Hosts in different case", "RFC 9112 §3.2: MUST 400", _with(b"Host: a", b"hOST: b")),
    refused("two Hosts far apart", "RFC 9112 §3.2: MUST 400", _with(b"Host: a", b"A: b", b"C: d", b"host: b")),
    refused("an empty and a full Host", "RFC 9112 §3.2: MUST 400", _with(b"Host:", b"Host: a")),
    refused("three Hosts", "RFC 9112 §3.2: MUST 400", _with(b"Host: a", b"Host: a", b"Host: a")),
    refused("an empty Host", "RFC 9110 §4.2.1: http needs a host", _with(b"Host:")),
    refused("a blank Host", "RFC 9110 §4.2.1", _with(b"Host:   ")),
    refused("a folded Host", "RFC 9112 §5.2", _with(b"Host: a", b" b")),
    refused("a blank before the colon of Host", "RFC 9112 §5.1: MUST 400", _with(b"Host : a")),
    refused("two Hosts in HTTP/1.0", "RFC 9112 §3.2: any request", _with(b"Host: a", b"Host: b", minor=0), minor=0),
    refused("an invalid Host in HTTP/1.0", "RFC 9112 §3.2: any request", _with(b"Host: a b", minor=0), minor=0),
    case("Host without a blank behind the colon", "RFC 9112 §5.1", _with(b"Host:a"), has=(b"host: a",)),
    case("Host with tabs around it", "RFC 9112 §5.1: OWS", _with(b"Host:\ta \t"), has=(b"host: a",)),
    case("HOST in capitals", "RFC 9110 §5.1", _with(b"HOST: a"), has=(b"host: a",)),
    case(
        "no Host in HTTP/1.0", "RFC 9112 §3.2, §2.5", b"GET / HTTP/1.0\r\n\r\n",
        line=b"GET / HTTP/1.1", has=(b"host",), ending=Ending.CLOSED, minor=0, whole=1,
    ),
    case(
        "Host last of many fields", "RFC 9112 §3.2",
        _with(*(b"X-%d: y" % n for n in range(40)), b"Host: a"), has=(b"host: a", b"x-39: y"),
    ),
    case(
        "X-Forwarded-Host is what the client named", "the product's own rule",
        _with(b"Host: a:81", b"X-Forwarded-Host: evil"), has=(b"x-forwarded-host: a:81",), never=(b"evil",),
    ),
)  # fmt: skip

CASES = (*_GOOD, *_BAD, *_NUMBER)
