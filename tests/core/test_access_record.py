from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from readylb.core.access_record import SHOWN_BYTES, AccessRecord, combined_line, json_line

AT = 1795384107.25
HEAD = b"GET /a?b HTTP/1.1\r\nHost: web\r\nUser-Agent: test/1\r\nReferer: http://x/\r\n\r\n"
RECORD = AccessRecord(
    12.5, "127.0.0.1", HEAD, 200, 70, 120, "default/web", "web-0", 1, -1.0, 0.0012, 0.0015, "Completed"
)


def test_json_tells_everything() -> None:
    assert json.loads(json_line(RECORD, AT)) == {
        "time": "2026-11-22T21:48:27.250Z",
        "client": "127.0.0.1",
        "method": "GET",
        "target": "/a?b",
        "protocol": "HTTP/1.1",
        "host": "web",
        "status": 200,
        "reason": "Completed",
        "bytes_in": 70,
        "bytes_out": 120,
        "service": "default/web",
        "pod": "web-0",
        "tries": 1,
        "connect_seconds": None,
        "first_byte_seconds": 0.0012,
        "total_seconds": 0.0015,
        "user_agent": "test/1",
        "referer": "http://x/",
        "detail": None,
    }


def test_json_tells_what_the_client_was_told() -> None:
    told = RECORD._replace(detail="default/web: no Ready endpoint")
    assert json.loads(json_line(told, AT))["detail"] == "default/web: no Ready endpoint"


def test_combined_begins_as_everybody_reads_it() -> None:
    assert combined_line(RECORD, AT) == (
        b'127.0.0.1 - - [22/Nov/2026:21:48:27 +0000] "GET /a?b HTTP/1.1" 200 120 "http://x/" "test/1" '
        b'"web" default/web web-0 1 - 0.001200 0.001500 Completed 70\n'
    )


def test_a_client_that_left_before_the_answer_is_a_499() -> None:
    gone = RECORD._replace(status=0, reason="ClientGone")
    assert json.loads(json_line(gone, AT))["status"] == 499
    assert b'HTTP/1.1" 499 ' in combined_line(gone, AT)
    assert json.loads(json_line(gone._replace(status=200), AT))["status"] == 200


def test_a_tcp_connection_has_no_request_and_no_status() -> None:
    connection = RECORD._replace(head=b"", status=0, reason="ClientGone", pod="")
    line = json.loads(json_line(connection, AT))
    assert (line["method"], line["target"], line["status"], line["pod"]) == (None, None, None, None)
    assert b'"-" - 120 "-" "-" "-" default/web - 1 ' in combined_line(connection, AT)


def test_what_is_no_request_line_is_shown_as_it_came() -> None:
    odd = RECORD._replace(head=b"\x16\x03\x01\x00 hello\r\n\r\n")
    assert json.loads(json_line(odd, AT))["target"] == "\x16\x03\x01\x00 hello"
    assert rb'"\x16\x03\x01\x00 hello"' in combined_line(odd, AT)


def test_quotes_and_bytes_that_are_no_text_are_escaped() -> None:
    odd = RECORD._replace(head=b'GET /"\xff\xc3\xa9\\ HTTP/1.1\r\nUser-Agent: \x1b[31m\r\n\r\n')
    assert rb'"GET /\x22\xFF\xC3\xA9\x5C HTTP/1.1" 200' in combined_line(odd, AT)
    assert rb'"\x1B[31m"' in combined_line(odd, AT)
    assert json.loads(json_line(odd, AT))["target"] == '/"\\xffé\\'


def test_long_values_are_cut() -> None:
    long = RECORD._replace(head=b"GET /%b HTTP/1.1\r\n\r\n" % (b"a" * 9000))
    assert len(json.loads(json_line(long, AT))["target"]) == SHOWN_BYTES


@given(st.binary(max_size=300), st.text(max_size=30))
def test_no_bytes_break_out_of_their_line(head: bytes, name: str) -> None:
    record = RECORD._replace(head=head, client=name, pod=name)
    for line in (json_line(record, AT), combined_line(record, AT)):
        assert re.fullmatch(rb"[ -~]+\n", line)
    parsed = json.loads(json_line(record, AT))
    assert (parsed["reason"], parsed["client"]) == ("Completed", name)
    assert re.fullmatch(
        rb'\S+ - - \[[^]]+\] ("[^"]*") 200 120 ("[^"]*" ){3}\S+ \S+ 1 .* Completed 70\n',
        combined_line(record, AT),
    )
