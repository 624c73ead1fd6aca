"""Valid messages of every shape, drawn from a seeded generator, and streams of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH")
_PATHS = (b"/", b"/a", b"/a/b?c=d", b"/%41%7e", b"/x;y=z", b"//double", b"/a?b?c&d=%20", b"/" + b"p" * 300)
_HOSTS = (b"web", b"web.example:8080", b"127.0.0.1", b"[::1]:80", b"a")
_FIELDS = (
    b"Accept: */*",
    b"accept-encoding:gzip",
    b'Cookie: a=b; c="d"',
    b"X-Empty:",
    b"X-Blanks: \t a  b \t ",
    b"X-High: caf\xe9 \xff",
    b"X-Long: " + b"v" * 900,
    b"User-Agent: fuzz/1.0 (like curl)",
    b"X-Forwarded-For: 203.0.113.7",
    b"Forwarded: for=203.0.113.7",
    b"Keep-Alive: timeout=5",
    b"TE: trailers",
    b"Cache-Control: no-store",
    b"!#$%&'*+-.^_`|~: token",
)
_REASONS = (b" OK", b" ", b" A longer reason with \xe9", b"")
_TRAILERS = (b"X-Sum: 1", b"X-Other:2", b'Etag: "x"')


@dataclass(frozen=True)
class Reply:
    """What the endpoint says to one request, in pieces, and whether it closes behind it."""

    data: bytes
    closes: bool


def requests(rng: Random) -> bytes:
    """Return one to four valid requests in one stream."""
    count = rng.choice((1, 1, 2, 3, 4))
    blank = b"\r\n" if rng.random() < 0.1 else b""
    return blank + b"".join(_request(rng, last=number == count - 1) for number in range(count))


def request(rng: Random, method: bytes = b"") -> bytes:
    """Return one valid request that keeps its connection."""
    return _request(rng, last=False, method=method)


def reply(rng: Random, method: bytes) -> Reply:
    """Return a valid response to `method`, interim responses before it included."""
    interim = b"".join(_interim(rng) for _ in range(rng.choice((0, 0, 0, 1, 2))))
    status = rng.choice((b"200", b"200", b"201", b"204", b"304", b"404", b"500", b"206"))
    lines = [b"HTTP/1.1 " + status + rng.choice(_REASONS), *_some_fields(rng, b"X-", b"Cache", b"accept")]
    if rng.random() < 0.2:
        lines.append(b"Date: Tue, 15 Nov 1994 08:12:31 GMT")
    body = _body(rng)
    closes = rng.random() < 0.2
    if closes:
        lines.append(b"Connection: close")
    bodyless = status in {b"204", b"304"}
    framing = rng.choice(("length", "length", "chunked", "until close"))
    if bodyless or method == b"HEAD":
        body = b""
        if not bodyless:
            lines.append(b"Content-Length: 5")
    elif framing == "length":
        lines.append(b"Content-Length: %d" % len(body))
    elif framing == "chunked":
        lines.append(b"Transfer-Encoding: chunked")
        body = _chunked(rng, body)
    else:
        closes = True
    rng.shuffle(rest := lines[1:])
    return Reply(interim + b"\r\n".join([lines[0], *rest, b"", b""]) + body, closes)


def pieces(rng: Random, data: bytes) -> list[bytes]:
    """Split a stream: mostly as one piece or a few, now and then byte by byte."""
    kind = rng.random()
    if kind < 0.4 or len(data) < 2:
        return [data]
    if kind > 0.97 and len(data) < 400:
        return [data[index : index + 1] for index in range(len(data))]
    cuts = sorted(rng.randrange(1, len(data)) for _ in range(rng.randint(1, 6)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True) if end > start]


def _request(rng: Random, *, last: bool, method: bytes = b"") -> bytes:
    method = method or rng.choice(_METHODS)
    host = rng.choice(_HOSTS)
    path = rng.choice(_PATHS)
    target = path
    if rng.random() < 0.1:
        target = b"http://" + host + path
    elif method == b"OPTIONS" and rng.random() < 0.5:
        target = b"*"
    old = last and rng.random() < 0.15
    lines = [b"Host: " + host, *_some_fields(rng)]
    body = b""
    if method not in {b"GET", b"HEAD"} or rng.random() < 0.05:
        body = _body(rng)
        if old or rng.random() < 0.5:
            lines.append(b"Content-Length: %d" % len(body))
        else:
            lines.append(rng.choice((b"Transfer-Encoding: chunked", b"transfer-encoding:\tChunked ")))
            body = _chunked(rng, body)
    if last and rng.random() < 0.3:
        lines.append(b"Connection: close")
    elif rng.random() < 0.15:
        lines.extend((b"Connection: X-Hop, keep-alive", b"X-Hop: 1"))
    rng.shuffle(lines)
    version = b"HTTP/1.0" if old else b"HTTP/1.1"
    return b"\r\n".join([b" ".join((method, target, version)), *lines, b"", b""]) + body


def _interim(rng: Random) -> bytes:
    field = rng.choice((b"", b"Link: </a>; rel=preload\r\n", b"X-Early: 1\r\n"))
    return b"HTTP/1.1 %b\r\n%b\r\n" % (rng.choice((b"103 Early Hints", b"100 Continue", b"102 P")), field)


def _some_fields(rng: Random, *prefixes: bytes) -> list[bytes]:
    fields = [field for field in _FIELDS if not prefixes or field.startswith(prefixes)]
    fields = [field for field in fields if not prefixes or not field.startswith(b"X-Forwarded")]
    return rng.sample(fields, rng.randint(0, min(4, len(fields))))


def _body(rng: Random) -> bytes:
    size = rng.choice((0, 1, 5, 17, 300, 5000, 70_000 if rng.random() < 0.1 else 40))
    if rng.random() < 0.2:
        # A body that looks like what comes after it.
        return (b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n" * (size // 40 + 1))[:size]
    return rng.randbytes(size)


def _chunked(rng: Random, body: bytes) -> bytes:
    parts = []
    while body:
        size = rng.randint(1, len(body))
        extension = rng.choice((b"", b"", b"", b";a", b";a=b", b' ; a = "q\\"x"', b";a;b=c"))
        spelled = rng.choice((b"%x", b"%X", b"0%x")) % size
        parts.append(b"%b%b\r\n%b\r\n" % (spelled, extension, body[:size]))
        body = body[size:]
    lines = rng.sample(_TRAILERS, rng.choice((0, 0, 0, 1, 2)))
    parts.append(rng.choice((b"0", b"000", b"0;last")) + b"\r\n")
    parts.extend(line + b"\r\n" for line in lines)
    return b"".join((*parts, b"\r\n"))
