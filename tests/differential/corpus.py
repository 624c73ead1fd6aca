"""Raw requests about which proxies have disagreed, by name. All but the first few should be refused."""

from __future__ import annotations

_HEAD = b"POST /case HTTP/1.1\r\nHost: a\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def _get(*lines: bytes, target: bytes = b"/case", version: bytes = b"HTTP/1.1") -> bytes:
    return b"\r\n".join((b"GET %b %b" % (target, version), *lines, b"", b""))


def _post(*lines: bytes, body: bytes = b"hello") -> bytes:
    return _HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


CORPUS: dict[str, bytes] = {
    "plain": _get(b"Host: a"),
    "length": _post(b"Content-Length: 5"),
    "chunked": _CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
    "pipelined": _get(b"Host: a") + _NEXT,
    "absolute target": _get(b"Host: other", target=b"http://a/case"),
    "chunk extension": _CHUNKED + b'5;a="b"\r\nhello\r\n0\r\n\r\n',
    "trailer": _CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    "length and chunked": _post(
        b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _NEXT
    ),
    "chunked and length": _post(
        b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n" + _NEXT
    ),
    "two lengths": _post(b"Content-Length: 5", b"Content-Length: 6"),
    "two equal lengths": _post(b"Content-Length: 5", b"Content-Length: 5"),
    "list of lengths": _post(b"Content-Length: 5, 5"),
    "signed length": _post(b"Content-Length: +5"),
    "negative length": _post(b"Content-Length: -5"),
    "hexadecimal length": _post(b"Content-Length: 0x5"),
    "length with a blank": _post(b"Content-Length: 5 5"),
    "length over 64 bits": _post(b"Content-Length: 18446744073709551616", body=_NEXT),
    "empty length": _post(b"Content-Length:", body=_NEXT),
    "blank before colon": _post(b"Content-Length : 5"),
    "xchunked": _post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "gzip, chunked": _post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked, identity": _post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "two codings": _post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"),
    "chunked twice": _post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "comma after chunked": _post(b"Transfer-Encoding: chunked,", body=b"0\r\n\r\n"),
    "vertical tab before chunked": _post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "coding with a blank before colon": _post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "coding in 1.0": b"POST /case HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded coding": _post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"),
    "bare LF in the head": b"POST /case HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\nhello",
    "bare CR in the head": b"POST /case HTTP/1.1\r\nHost: a\rContent-Length: 5\r\n\r\nhello",
    "NUL in a value": _get(b"Host: a", b"X: a\x00b"),
    "control byte in a value": _get(b"Host: a", b"X: a\x01b"),
    "fold": _get(b"Host: a", b"X: a\r\n b"),
    "empty name": _get(b"Host: a", b": b"),
    "blank in a name": _get(b"Host: a", b"X Y: b"),
    "line without colon": _get(b"Host: a", b"XY"),
    "no Host": _get(b"X: y"),
    "two Hosts": _get(b"Host: a", b"Host: b"),
    "Host with a slash": _get(b"Host: a/b"),
    "Host with user": _get(b"Host: a@b"),
    "blank in the target": _get(b"Host: a", target=b"/a b"),
    "fragment": _get(b"Host: a", target=b"/a#b"),
    "bare target": _get(b"Host: a", target=b"case"),
    "two blanks": b"GET  /case HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
    "version 2.0": _get(b"Host: a", version=b"HTTP/2.0"),
    "version 1.10": _get(b"Host: a", version=b"HTTP/1.10"),
    "version http/1.1": _get(b"Host: a", version=b"http/1.1"),
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "chunk size 0x5": _CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size -1": _CHUNKED + b"-1\r\nhello\r\n0\r\n\r\n",
    "chunk size with a blank": _CHUNKED + b"5 5\r\nhello\r\n0\r\n\r\n",
    "chunk size over 64 bits": _CHUNKED + b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk ends early": _CHUNKED + b"6\r\nhello\r\n0\r\n\r\n",
    "chunk goes on": _CHUNKED + b"3\r\nhello\r\n0\r\n\r\n",
    "bare LF behind a chunk size": _CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "bare LF behind a chunk": _CHUNKED + b"5\r\nhello\n0\r\n\r\n",
    "bare LF in a chunk extension": _CHUNKED + b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "bare CR in a chunk extension": _CHUNKED + b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "empty chunk size": _CHUNKED + b"\r\nhello\r\n0\r\n\r\n",
    "length in a trailer": _CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n",
    "malformed trailer": _CHUNKED + b"0\r\nX Y\r\n\r\n",
}
