"""Upgrade and the tunnels behind it (RFC 9110 §7.8, §15.2.2; RFC 6455 §4; h2c smuggling, Bishop Fox 2020)."""

from __future__ import annotations

from tests.conformance.case import (
    GET,
    OK,
    Answer,
    ClientHas,
    Do,
    Ending,
    EndpointHas,
    Upstream,
    bad_answer,
    case,
    chunked,
    get,
    ok,
    post,
)

from readylb.wire.messages import Limits

_WEBSOCKET = get(
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
_TUNNEL = {"status": 101, "ending": Ending.ANY, "upstream": Upstream.DROPPED}


def _switch(*steps: object) -> Answer:
    return Answer((_SWITCH, *steps), early=True)


def _wanted(connection: bytes, upgrade: bytes, minor: int = 1) -> bytes:
    return get(b"Connection: " + connection, b"Upgrade: " + upgrade, minor=minor)


_TUNNELS = (
    case("a WebSocket is switched and carries bytes both ways", "RFC 9110 §7.8",
         (_WEBSOCKET, ClientHas(b"\r\n\r\n"), b"ping", ClientHas(b"pong"), Do.RESET, Do.ENDPOINT_GONE), _switch(EndpointHas(b"ping"), b"pong", Do.ENDPOINT_GONE),
         has=(b"upgrade: websocket", b"connection: upgrade", b"sec-websocket-version: 13"), got=(b"Sec-WebSocket-Accept: x", b"pong"), **_TUNNEL),
    case("bytes behind the 101 in the same piece", "RFC 9110 §7.8", (_WEBSOCKET, ClientHas(b"hello"), Do.RESET), Answer((_SWITCH + b"hello", Do.ENDPOINT_GONE)),
         got=(b"hello",), **_TUNNEL),
    case("bytes of the client before the 101", "RFC 9110 §7.8: no other reading of them", (_WEBSOCKET + b"\x81\x05hello", ClientHas(b"got"), Do.RESET),
         _switch(EndpointHas(b"\x81\x05hello"), b"got", Do.ENDPOINT_GONE), **_TUNNEL),
    case("a request behind an upgrade is not served when it switches", "RFC 9110 §7.8", (_WEBSOCKET + get(target=b"/2"), ClientHas(b"got"), Do.RESET),
         _switch(EndpointHas(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"), b"got", Do.ENDPOINT_GONE), **_TUNNEL),
    case("bytes that are not HTTP", "RFC 9110 §7.8", (_WEBSOCKET, ClientHas(b"\r\n\r\n"), bytes(range(256)), ClientHas(b"got"), Do.RESET),
         _switch(EndpointHas(bytes(range(256))), b"got", Do.ENDPOINT_GONE), **_TUNNEL),
    case("the endpoint's end reaches the client", "half-close", (_WEBSOCKET, ClientHas(b"bye"), Do.CLIENT_GONE),
         _switch(b"bye", Do.CLOSE), got=(b"bye",), **_TUNNEL),
    case("the client's end of its side reaches the endpoint, and the answer comes back", "half-close",
         (_WEBSOCKET, ClientHas(b"\r\n\r\n"), b"ping", Do.HALF_CLOSE, ClientHas(b"late")), _switch(Do.ENDPOINT_GONE, b"late", Do.CLOSE),
         got=(b"late",), **_TUNNEL),
    case("the client's end of its side before the 101 reaches the endpoint", "half-close",
         (_WEBSOCKET, EndpointHas(b"websocket"), Do.HALF_CLOSE, ClientHas(b"late")), _switch(Do.ENDPOINT_GONE, b"late", Do.CLOSE), got=(b"late",), **_TUNNEL),
    case("the client's reset reaches the endpoint", "aborts", (_WEBSOCKET, ClientHas(b"\r\n\r\n"), Do.RESET, Do.ENDPOINT_GONE), _switch(Do.ENDPOINT_GONE), **_TUNNEL),
    case("a tunnel in which nothing moves ends", "idle timeout", (_WEBSOCKET, Do.CLIENT_GONE), _switch(Do.ENDPOINT_GONE), limits=Limits(tunnel_idle_seconds=0.3), **_TUNNEL),
    case("100 before 101", "RFC 9110 §15.2", (_WEBSOCKET, ClientHas(b"101"), Do.RESET), Answer((b"HTTP/1.1 100 Continue\r\n\r\n" + _SWITCH, Do.ENDPOINT_GONE)),
         interim=(100,), **_TUNNEL),
    case("a 101 in pieces", "RFC 9110 §15.2.2", (_WEBSOCKET, ClientHas(b"hello"), Do.RESET), Answer((*(bytes((b,)) for b in _SWITCH), b"hello", Do.ENDPOINT_GONE)), **_TUNNEL),
    case("the endpoint chooses one of several protocols", "RFC 9110 §7.8", (_wanted(b"upgrade", b"a/1, websocket"), ClientHas(b"101"), Do.RESET),
         _switch(Do.ENDPOINT_GONE), has=(b"upgrade: a/1, websocket",), **_TUNNEL),
    case("upgrade among other options", "RFC 9110 §7.6.1", (_wanted(b"keep-alive, Upgrade", b"websocket"), ClientHas(b"101"), Do.RESET), _switch(Do.ENDPOINT_GONE), **_TUNNEL),
    case("a protocol in capitals", "RFC 9110 §7.8", (_wanted(b"upgrade", b"WebSocket"), ClientHas(b"101"), Do.RESET), _switch(Do.ENDPOINT_GONE), **_TUNNEL),
    case("a length in a 101 is not passed on", "RFC 9110 §8.6: MUST NOT", (_WEBSOCKET, ClientHas(b"hello"), Do.RESET),
         Answer((_SWITCH[:-2] + b"Content-Length: 0\r\n\r\nhello", Do.ENDPOINT_GONE)), **_TUNNEL),
    case("an upgrade behind a pipelined request", "RFC 9112 §9.3.2", (GET + _WEBSOCKET, ClientHas(b"101"), Do.RESET), (OK, _switch(Do.ENDPOINT_GONE)),
         status=(200, 101), ending=Ending.ANY),
)  # fmt: skip

_DECLINED = (
    case("an endpoint that does not switch", "RFC 9110 §7.8", _WEBSOCKET, OK, reply=b"ok", upstream=Upstream.KEPT),
    case("an endpoint that does not switch, and a request behind", "RFC 9110 §7.8", _WEBSOCKET + get(target=b"/2"), OK, status=(200, 200), reply=b"GET /2"),
    case("an endpoint that refuses", "RFC 9110 §7.8", _WEBSOCKET, ok(b"Content-Length: 0", status=b"403 Forbidden"), status=403),
    case("an endpoint that asks for another version", "RFC 6455 §4.4", _WEBSOCKET,
         ok(b"Content-Length: 0", b"Sec-WebSocket-Version: 13", b"Upgrade: websocket", b"Connection: upgrade", status=b"426 Upgrade Required"),
         status=426, reply_has=(b"sec-websocket-version: 13",)),
    case("noise behind an upgrade that is declined", "RFC 9112 §9.3.2", _WEBSOCKET + b"\x81\x05hello", OK, status=(200, 400), ending=Ending.CLOSED),
)  # fmt: skip

_NOT_MEANT = tuple(
    case(f"no upgrade: {name}", source, send, OK, lacks=(b"upgrade", b"connection", b"http2-settings"), whole=1, ending=ending, minor=minor,
         never=(b"h2c", b"H2C"))
    for name, source, send, ending, minor in (
        ("Upgrade without Connection", "RFC 9110 §7.8", get(b"Upgrade: websocket"), Ending.OPEN, 1),
        ("Connection without Upgrade", "RFC 9110 §7.8", get(b"Connection: upgrade"), Ending.OPEN, 1),
        ("of HTTP/1.0", "RFC 9110 §7.8: MUST ignore", _wanted(b"upgrade", b"websocket", 0), Ending.CLOSED, 0),
        ("h2c", "h2c smuggling", get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), Ending.OPEN, 1),
        ("h2c without HTTP2-Settings nominated", "h2c smuggling", get(b"Connection: Upgrade", b"Upgrade: h2c"), Ending.OPEN, 1),
        ("h2c in capitals", "h2c smuggling", _wanted(b"Upgrade", b"H2C"), Ending.OPEN, 1),
        ("h2c behind another", "h2c smuggling", _wanted(b"upgrade", b"websocket, h2c"), Ending.OPEN, 1),
        ("h2c before another", "h2c smuggling", _wanted(b"upgrade", b"h2c,websocket"), Ending.OPEN, 1),
        ("h2c in a second field", "h2c smuggling", get(b"Connection: upgrade", b"Upgrade: websocket", b"Upgrade: h2c"), Ending.OPEN, 1),
    )
)  # fmt: skip

_WITH_BODY = (
    case("an upgrade with a body", "the body is parsed as one", post(b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 35",
         body=b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"), OK, whole=1, body=b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    case("an upgrade with chunks", "the body is parsed as one", chunked(b"2\r\nhi\r\n0\r\n\r\n", b"Connection: upgrade", b"Upgrade: websocket"), OK, whole=1, body=b"hi"),
    case("an upgrade with broken chunks", "the body is parsed as one", chunked(b"x\r\n", b"Connection: upgrade", b"Upgrade: websocket"),
         status=400, ending=Ending.CLOSED, whole=0),
    case("an upgrade to h2c with a body", "h2c smuggling", post(b"Connection: upgrade", b"Upgrade: h2c", b"Content-Length: 2", body=b"hi"), OK, body=b"hi", lacks=(b"upgrade",)),
    case("an upgrade with CL and TE", "RFC 9112 §6.3", chunked(b"0\r\n\r\n", b"Content-Length: 5", b"Connection: upgrade", b"Upgrade: websocket"),
         status=400, ending=Ending.CLOSED, begun=0),
)  # fmt: skip

_WRONG_SWITCH = (
    *(
        bad_answer(f"a 101 {name}", "RFC 9110 §15.2.2, §7.8", answer, _WEBSOCKET)
        for name, answer in (
            ("to something not offered", b"HTTP/1.1 101 X\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\nPOISON"),
            ("to h2c", b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nPOISON"),
            ("without Upgrade", b"HTTP/1.1 101 X\r\nConnection: upgrade\r\n\r\nPOISON"),
            ("to something not offered in another line", b"HTTP/1.1 101 X\r\nUpgrade: foo\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nPOISON"),
            ("of HTTP/1.0", b"HTTP/1.0 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nPOISON"),
            ("with a broken field", _SWITCH[:-2] + b"A : b\r\n\r\nPOISON"),
        )
    ),
    bad_answer("a 101 to a client that offered nothing", "RFC 9110 §15.2.2", _SWITCH + b"POISON"),
    bad_answer("a 101 to a client of HTTP/1.0", "RFC 9110 §7.8", _SWITCH + b"POISON", _wanted(b"upgrade", b"websocket", 0), ending=Ending.CLOSED, minor=0),
    bad_answer("a 101 to an offer that was not made properly", "RFC 9110 §7.8", _SWITCH + b"POISON", get(b"Upgrade: websocket")),
    bad_answer("a 101 to an offer with a body", "RFC 9110 §7.8", _SWITCH + b"POISON",
               post(b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 2", body=b"hi")),
    bad_answer("a 101 to h2c that was dropped", "h2c smuggling", b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nPOISON",
               _wanted(b"upgrade", b"h2c")),
)  # fmt: skip

CASES = (*_TUNNELS, *_DECLINED, *_NOT_MEANT, *_WITH_BODY, *_WRONG_SWITCH)
