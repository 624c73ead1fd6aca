from __future__ import annotations

import pytest

from readylb.core.restart_request import MESSAGE_CHARACTERS, sanitized


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("", ""),
        ("HTTP probe failed with statuscode: 500\n", "HTTP probe failed with statuscode: 500"),
        ("two\r\nlines\tof it", "two lines of it"),
        ("a\0b\x1b[31mred", "a?b?[31mred"),
        ("x" * 5000, "x" * MESSAGE_CHARACTERS),
    ],
)
def test_what_an_endpoint_said_becomes_one_printable_line(output: str, message: str) -> None:
    assert sanitized(output) == message
