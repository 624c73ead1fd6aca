from __future__ import annotations

from readylb.core.http1.responses import Refusal, final_recipient, render


def test_a_response_is_one_line_of_plain_text():
    assert render(Refusal(400, "no"), close=True, date=b"NOW") == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
        b"Date: NOW\r\nConnection: close\r\n\r\nno\n"
    )


def test_rfc9110_9_3_2_head_gets_the_length_without_the_body():
    response = render(Refusal(503, "no", 4), close=False, head_only=True)
    assert b"\r\nContent-Length: 3\r\n" in response
    assert b"\r\nRetry-After: 4\r\n" in response
    assert response.endswith(b"\r\n\r\n")


def test_rfc9110_15_5_6_says_what_is_allowed():
    assert b"\r\nAllow: GET, HEAD" in render(Refusal(405, "no"), close=True)


def test_a_refusal_shows_what_it_says():
    assert repr(Refusal(431, "too long")) == "<Refusal 431 too long>"


def test_rfc9110_9_3_8_a_trace_comes_back_without_credentials():
    head = b"TRACE / HTTP/1.1\r\nHost: web\r\nCookie: a\r\nMax-Forwards: 0\r\n\r\n"
    response = final_recipient(b"TRACE", head, close=False, date=b"NOW")
    assert b"\r\nContent-Type: message/http\r\nContent-Length: 48\r\n" in response
    assert response.endswith(b"\r\n\r\nTRACE / HTTP/1.1\r\nHost: web\r\nMax-Forwards: 0\r\n\r\n")


def test_rfc9110_9_3_7_options_are_told():
    response = final_recipient(b"OPTIONS", b"", close=True, date=b"NOW")
    assert b"\r\nAllow: GET, HEAD" in response
    assert response.endswith(b"\r\nConnection: close\r\n\r\n")
