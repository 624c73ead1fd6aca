from __future__ import annotations

import pytest

from readylb.core.http1.exchange import CHUNKED, UNTIL_CLOSE, Request, Response
from readylb.core.http1.headers import Peer, request_head, response_head, trailer_lines
from readylb.data.heads import read_request, read_response
from readylb.wire.messages import Limits

CLIENT = Peer(b"10.0.0.9", trusted=False)
PROXY = Peer(b"10.0.0.1", trusted=True)
OURS = (
    b"X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: http\r\n"
    b"Via: 1.1 readylb\r\nX-Forwarded-Host: web\r\n\r\n"
)


def rewritten(*lines: bytes, line: bytes = b"GET /a HTTP/1.1", peer: Peer = CLIENT) -> bytes:
    request = read_request(b"\r\n".join((line, *lines)) + b"\r\n\r\n", Limits())
    assert isinstance(request, Request)
    return request_head(request, peer, b"10.1.1.1:8080")


def response(*lines: bytes, line: bytes = b"HTTP/1.1 200 OK", method: bytes = b"GET"):
    head = b"\r\n".join((line, *lines)) + b"\r\n\r\n"
    found = read_response(head, method, Limits().response_head_bytes)
    assert isinstance(found, Response)
    return found


def test_a_plain_head_is_passed_on_with_our_lines_behind():
    assert rewritten(b"Host: web", b"X-a:  b ") == b"GET /a HTTP/1.1\r\nHost: web\r\nX-a:  b \r\n" + OURS


@pytest.mark.parametrize(
    "lines",
    [
        (b"Connection: keep-alive",),
        (b"connection: close, X-Gone", b"x-gone: 1", b"X-GONE: 2"),
        (b"Keep-Alive: timeout=5",),
        (b"Proxy-Connection: keep-alive",),
        (b"TE: gzip",),
        (b"Upgrade: websocket",),
        (b"X-Forwarded-For: 6.6.6.6", b"x-forwarded-for: 7.7.7.7"),
        (b"X-Forwarded-Proto: https",),
        (b"X-Forwarded-Host: evil",),
        (b"Forwarded: for=6.6.6.6",),
    ],
)
def test_rfc9110_7_6_1_what_ends_at_this_hop_is_cut(lines):
    assert rewritten(b"Host: web", *lines, b"Accept: */*") == (
        b"GET /a HTTP/1.1\r\nHost: web\r\nAccept: */*\r\n" + OURS
    )


def test_rfc9110_7_6_1_framing_and_host_cannot_be_nominated():
    head = rewritten(b"Host: web", b"Connection: Host, Content-Length", b"Content-Length: 3")
    assert b"\r\nHost: web\r\n" in head
    assert b"\r\nContent-Length: 3\r\n" in head


def test_a_name_inside_a_value_is_left_alone():
    assert b"\r\nX: a Connection: close\r\n" in rewritten(b"Host: web", b"X: a Connection: close", b"TE: x")


def test_a_trusted_proxy_speaks_for_its_client():
    head = rewritten(
        b"Host: web",
        b"X-Forwarded-For: 1.1.1.1, 2.2.2.2",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Host: outside",
        b"Forwarded: for=1.1.1.1",
        peer=PROXY,
    )
    assert b"\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1\r\n" in head
    assert b"\r\nX-Forwarded-Proto: https\r\n" in head
    assert b"\r\nX-Forwarded-Host: outside\r\n" in head
    assert b"\r\nForwarded: for=1.1.1.1\r\n" in head
    assert head.count(b"X-Forwarded-") == 3


def test_rfc9112_3_2_2_host_follows_an_absolute_target():
    head = rewritten(b"Host: other", line=b"GET http://web/b?c HTTP/1.1")
    assert head == b"GET /b?c HTTP/1.1\r\nHost: web\r\n" + OURS


def test_rfc9112_3_2_http_1_0_without_host_gets_the_endpoints():
    head = rewritten(line=b"GET /a HTTP/1.0")
    assert head.startswith(b"GET /a HTTP/1.1\r\nHost: 10.1.1.1:8080\r\n")
    assert b"X-Forwarded-Host" not in head
    assert head.endswith(b"\r\n\r\n")


def test_rfc9110_7_6_3_via_names_the_protocol_that_was_received():
    assert b"\r\nVia: 1.0 readylb\r\n" in rewritten(b"Host: web", line=b"GET / HTTP/1.0")
    told = rewritten(b"Host: web", b"X-Forwarded-For: 1.1.1.1", line=b"GET / HTTP/1.0", peer=PROXY)
    assert b"\r\nVia: 1.0 readylb\r\n" in told


def test_rfc9110_7_8_an_upgrade_is_offered_anew():
    head = rewritten(b"Host: web", b"Connection: keep-alive, Upgrade", b"Upgrade: websocket")
    assert head.count(b"pgrade: websocket") == 1
    assert b"\r\nConnection: upgrade\r\n" in head


def test_rfc9110_10_1_4_te_trailers_is_offered_anew():
    assert b"\r\nTE: trailers\r\nConnection: TE\r\n" in rewritten(b"Host: web", b"TE: trailers;q=1, trailers")


def test_rfc9110_10_1_1_an_expectation_of_http_1_0_is_dropped():
    assert b"Expect" not in rewritten(b"Host: web", b"Expect: 100-continue", line=b"GET /a HTTP/1.0")


def test_rfc9110_7_6_2_max_forwards_counts_down():
    head = rewritten(b"Host: web", b"Max-Forwards: 3", line=b"TRACE /a HTTP/1.1")
    assert b"\r\nMax-Forwards: 2\r\n" in head
    assert b"Max-Forwards: 3" not in head


def test_rfc9110_7_6_2_max_forwards_of_other_methods_is_left_alone():
    assert b"\r\nMax-Forwards: 3\r\n" in rewritten(b"Host: web", b"Max-Forwards: 3")


DATED = b"Date: Thu, 01 Jan 1970 00:00:00 GMT"


def rewritten_response(*lines: bytes, minor=1, close=False, body=0, **more) -> bytes:
    return response_head(response(*lines, **more), minor=minor, close=close, body=body, date=b"NOW")


def test_a_plain_response_head_is_passed_on():
    head = rewritten_response(DATED, b"Content-Length: 0")
    assert head == b"HTTP/1.1 200 OK\r\n" + DATED + b"\r\nContent-Length: 0\r\n\r\n"


def test_rfc9110_6_6_1_a_missing_date_is_added():
    assert b"\r\nDate: NOW\r\n" in rewritten_response(b"Content-Length: 0")


def test_rfc9110_7_6_1_hop_by_hop_lines_of_a_response_are_cut():
    head = rewritten_response(
        DATED,
        b"Connection: keep-alive, X-Gone",
        b"Keep-Alive: 1",
        b"X-Gone: 1",
        b"Upgrade: h2c",
        b"Content-Length: 0",
    )
    assert head == b"HTTP/1.1 200 OK\r\n" + DATED + b"\r\nContent-Length: 0\r\n\r\n"


def test_rfc9110_6_6_1_a_date_that_was_nominated_is_replaced():
    found = response(b"Connection: Date", b"Date: then", b"Content-Length: 0")
    assert b"\r\nDate: now\r\n" in response_head(found, minor=1, close=False, body=0, date=b"now")


def test_rfc9110_15_5_22_an_upgrade_that_is_required_is_named():
    lines = (b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: 0")
    found = response(*lines, line=b"HTTP/1.1 426 Upgrade Required")
    out = response_head(found, minor=1, close=False, body=0, date=b"now")
    assert b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" in out


def test_rfc9112_9_3_the_end_is_said():
    assert b"\r\nConnection: close\r\n\r\n" in rewritten_response(b"Content-Length: 0", close=True)
    assert b"\r\nConnection: keep-alive\r\n\r\n" in rewritten_response(b"Content-Length: 0", minor=0)


def test_rfc9112_2_3_the_version_is_ours():
    assert rewritten_response(b"Content-Length: 0", line=b"HTTP/1.0 404 Nope").startswith(
        b"HTTP/1.1 404 Nope\r\n"
    )


def test_rfc9112_4_a_status_line_without_a_reason_gets_its_blank():
    assert rewritten_response(b"Content-Length: 0", line=b"HTTP/1.1 404").startswith(
        b"HTTP/1.1 404 Not Found\r\n"
    )


def test_rfc9112_6_1_a_204_has_no_framing():
    head = rewritten_response(DATED, b"Content-Length: 5", line=b"HTTP/1.1 204 No Content")
    assert head == b"HTTP/1.1 204 No Content\r\n" + DATED + b"\r\n\r\n"


def test_a_body_without_an_end_becomes_chunked():
    assert rewritten_response(DATED, body=CHUNKED).endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_rfc9112_6_1_http_1_0_gets_no_transfer_encoding():
    for method, body in ((b"GET", UNTIL_CLOSE), (b"HEAD", 0)):
        head = rewritten_response(
            b"Transfer-Encoding: chunked", minor=0, close=True, body=body, method=method
        )
        assert b"chunked" not in head


def test_an_interim_response_has_no_framing_and_no_date():
    head = rewritten_response(b"Link: </a>", b"Content-Length: 5", line=b"HTTP/1.1 103 Early Hints")
    assert head == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def test_rfc9110_6_5_1_trailers_do_not_frame_route_or_authorise():
    lines = b"X-Sum: 1\r\nContent-Length: 5\r\nhost: a\r\nAuthorization: b\r\nX-Named: c\r\nY: 2\r\n"
    assert trailer_lines(lines, (b"x-named",)) == b"X-Sum: 1\r\nY: 2\r\n"
