"""One line of the access log: what it tells, and how it is written as JSON or in the Combined format.

Nothing that a client sends can end a line, close a quotation or move a terminal's cursor: whatever is
not printable ASCII is escaped, and so are quotes and backslashes. Times of the record are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from types import MappingProxyType
from typing import NamedTuple

#: Longest piece of a client's text that a line repeats, in bytes before escaping.
SHOWN_BYTES = 2048

# A status that nobody was sent: nginx' word for a client that closed before it had its response.
_CLIENT_CLOSED = 499
_CLIENT_GONE = "ClientGone"
_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)
_AGENT = re.compile(rb"\r\nuser-agent:[ \t]*([^\r\n]*)", re.IGNORECASE)
_REFERER = re.compile(rb"\r\nreferer:[ \t]*([^\r\n]*)", re.IGNORECASE)
_UNSAFE = re.compile(rb"[^ !#-\[\]-~]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class AccessRecord(NamedTuple):
    """How one exchange, TCP connection or refused connection ended.

    `ended` is on whatever clock the writer knows; `head` is the request's head, or its beginning, as it
    was received, empty where there was none. `status` 0: none was sent. Bytes are what the client sent
    and got, heads included. Seconds below 0 say that there is nothing to tell: no connection was made
    (or an idle one was used), no byte of a response came. `reason` is a Termination, `detail` what the
    client was told where readylb answered itself.
    """

    ended: float
    client: str
    head: bytes
    status: int
    bytes_in: int
    bytes_out: int
    service: str
    pod: str
    tries: int
    connect_seconds: float
    first_byte_seconds: float
    total_seconds: float
    reason: str
    detail: str = ""


Format = Callable[[AccessRecord, float], bytes]


def json_line(record: AccessRecord, at: float) -> bytes:
    """Return the record as one JSON object and a newline; it ended `at` (epoch seconds)."""
    head = record.head
    method, target, protocol = _request_line(head)
    status = _status(record)
    return (
        f'{{"time":"{_iso(at)}","client":{_quoted(record.client)},"method":{_text(method)},'
        f'"target":{_text(target)},"protocol":{_text(protocol)},"host":{_text(_field(_HOST, head))},'
        f'"status":{status or "null"},"reason":"{record.reason}",'
        f'"bytes_in":{record.bytes_in},"bytes_out":{record.bytes_out},'
        f'"service":{_quoted(record.service)},"pod":{_quoted(record.pod) if record.pod else "null"},'
        f'"tries":{record.tries},"connect_seconds":{_number(record.connect_seconds)},'
        f'"first_byte_seconds":{_number(record.first_byte_seconds)},'
        f'"total_seconds":{_number(record.total_seconds)},'
        f'"user_agent":{_text(_field(_AGENT, head))},"referer":{_text(_field(_REFERER, head))},'
        f'"detail":{_quoted(record.detail) if record.detail else "null"}}}\n'
    ).encode("ascii")


def combined_line(record: AccessRecord, at: float) -> bytes:
    """Return the record in the Combined format, with what that has no place for behind it.

    CLIENT - - [TIME] "REQUEST LINE" STATUS BYTES_OUT "REFERER" "USER-AGENT" and then
    "HOST" SERVICE POD TRIES CONNECT FIRST_BYTE TOTAL REASON BYTES_IN; `-` where there is nothing.
    """
    head = record.head
    line = b" ".join(part for part in _request_line(head) if part)
    status = _status(record) or "-"
    return (
        f'{_bare(record.client)} - - [{_clf(at)}] "{_escaped(line)}" {status} {record.bytes_out} '
        f'"{_escaped(_field(_REFERER, head))}" "{_escaped(_field(_AGENT, head))}" '
        f'"{_escaped(_field(_HOST, head))}" {_bare(record.service)} {_bare(record.pod)} {record.tries} '
        f"{_number(record.connect_seconds, '-')} {_number(record.first_byte_seconds, '-')} "
        f"{_number(record.total_seconds, '-')} {record.reason} {record.bytes_in}\n"
    ).encode("ascii")


#: What `--access-log-format` may be.
FORMATS: Mapping[str, Format] = MappingProxyType({"json": json_line, "combined": combined_line})


def _request_line(head: bytes) -> tuple[bytes, bytes, bytes]:
    """Return method, target and protocol; of what is no request line, all of it as the target."""
    line = head.lstrip(b"\r\n").partition(b"\r\n")[0]
    parts = line.split(b" ")
    if len(parts) != 3:  # noqa: PLR2004 - as it says
        return b"", line[:SHOWN_BYTES], b""
    return parts[0][:SHOWN_BYTES], parts[1][:SHOWN_BYTES], parts[2][:SHOWN_BYTES]


def _field(name: re.Pattern[bytes], head: bytes) -> bytes:
    found = name.search(head)
    return found.group(1)[:SHOWN_BYTES] if found else b""


def _status(record: AccessRecord) -> int:
    gone = not record.status and record.head and record.reason == _CLIENT_GONE
    return _CLIENT_CLOSED if gone else record.status


def _text(value: bytes) -> str:
    """Return a client's bytes as a JSON string; what is not UTF-8 shows as hexadecimal."""
    if not value:
        return "null"
    return _quoted(value.decode("utf-8", "backslashreplace"))


def _escaped(value: bytes) -> str:
    """Return a client's bytes for use between quotes: all but printable ASCII in hexadecimal, as nginx."""
    if _UNSAFE.search(value):
        value = _UNSAFE.sub(lambda found: b"\\x%02X" % found.group()[0], value)
    return value.decode("ascii") or "-"


def _bare(value: str) -> str:
    """Return a word for use without quotes."""
    return _escaped(value.replace(" ", "_").encode())


def _number(seconds: float, nothing: str = "null") -> str:
    return nothing if seconds < 0 else f"{seconds:.6f}"


def _iso(at: float) -> str:
    second = int(at)
    return f"{_iso_second(second)}.{int((at - second) * 1000):03d}Z"


def _clf(at: float) -> str:
    return _clf_second(int(at))


# Writing a date takes as long as all the rest of a line, and a thousand lines have the same one.
@lru_cache(maxsize=2)
def _iso_second(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


@lru_cache(maxsize=2)
def _clf_second(second: int) -> str:
    """Return a time as the Common Log Format has it, whose months are English everywhere."""
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment.day:02d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"
