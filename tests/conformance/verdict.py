"""Judges what both ends of a case have seen against what the case says, and against rules for all."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Case, Ending, Upstream
from tests.conformance.message import MalformedError, Message, read_request, read_response
from tests.conformance.peers import FOLLOW_UP, Board, Peer

_ENDS_HERE = (b"keep-alive", b"proxy-connection")
_TO_ENDPOINT = {b"upgrade", b"te"}
_TO_CLIENT = {b"close", b"keep-alive", b"upgrade"}


def responses(
    data: bytes, methods: tuple[bytes, ...], *, ended: bool, most: int
) -> tuple[list[Message], int, str]:
    """Read up to `most` final responses and the 1xx before them: messages, where they end, what is wrong."""
    found: list[Message] = []
    position = finals = 0
    while finals < most and position < len(data):
        method = methods[finals] if finals < len(methods) else b"GET"
        try:
            message = read_response(data[position:], method, ended=ended)
        except MalformedError as error:
            return found, position, f"the client got an invalid response: {error}"
        if message is None:
            break
        found.append(message)
        position += message.end
        if not message.whole:
            break
        finals += message.status >= 200 or message.status == 101
    return found, position, ""


class Outcome:
    """What a case came to."""

    def __init__(self, case: Case, board: Board) -> None:
        self.case = case
        self.board = board
        self.wrong: list[str] = []
        self.stage = "connecting"
        self._settled = False
        self.responses: list[Message] = []
        self.left = b""
        self.reset = False

    def complain(self, what: str) -> None:
        self.wrong.append(what)

    def answered(self) -> int:
        """Return how many final responses the client has whole (all of them, where one is invalid)."""
        found, _, wrong = self._read()
        if wrong:
            return len(self.case.statuses)
        return sum(one.whole and (one.status >= 200 or one.status == 101) for one in found)

    def settle(self) -> None:
        """Take what the client has now for what the case brought it."""
        self._settled = True
        self.responses, end, wrong = self._read()
        client = self.board.clients[0]
        self.left = client.received[end:]
        self.reset = client.ended == "reset"
        if wrong and wrong not in self.wrong:
            self.wrong.append(wrong)

    def settle_once(self) -> None:
        """Settle where the case came to no end of its own."""
        if not self._settled and self.board.clients:
            self.settle()

    def _read(self) -> tuple[list[Message], int, str]:
        client = self.board.clients[0]
        return responses(
            client.received, self.case.methods, ended=client.ended == "closed", most=len(self.case.statuses)
        )


def judge(outcome: Outcome) -> None:
    """Add everything that is wrong."""
    outcome.wrong += _client(outcome)
    outcome.wrong += _endpoint(outcome)


def _client(outcome: Outcome) -> Iterator[str]:
    case = outcome.case
    finals = [one for one in outcome.responses if one.status >= 200 or one.status == 101]
    interim = tuple(one.status for one in outcome.responses if one.status < 200 and one.status != 101)
    got = [one.status for one in finals]
    wanted = [sorted(allowed) for allowed in case.statuses]
    if len(got) != len(wanted) or any(
        one not in allowed for one, allowed in zip(got, case.statuses, strict=True)
    ):
        yield f"statuses {got}, wanted {wanted}"
        return
    if case.interim is not None and interim != case.interim:
        yield f"interim responses {interim}, wanted {case.interim}"
    if not case.minor and interim:
        yield "HTTP/1.0 got an interim response"
    for one in outcome.responses:
        yield from _response_rules(one, case)
    received = outcome.board.clients[0].received if outcome.board.clients else b""
    yield from (f"the client got {text!r}" for text in case.not_got if text in received)
    yield from (f"the client did not get {text!r}" for text in case.got if text not in received)
    if finals:
        yield from _last(case, finals[-1], outcome)


def _last(case: Case, last: Message, outcome: Outcome) -> Iterator[str]:
    # What follows a 101 is no HTTP any more.
    whole = last.whole and (not outcome.left or last.status == 101)
    if case.ending is Ending.CUT:
        told = not whole and (outcome.reset or not last.until_close)
        if not told:
            yield "the client could not tell that the response was cut"
        return
    if not whole:
        yield f"the last response is not whole, or bytes follow it: {outcome.left[:80]!r}"
    if (
        case.ending is Ending.CLOSED
        and case.minor
        and last.status >= 200
        and not last.has(b"connection: close")
    ):
        yield "the connection was closed without Connection: close"
    if case.reply_line is not None and last.line != case.reply_line:
        yield f"status line {last.line!r}"
    if case.reply is not None and last.body != case.reply:
        yield f"response body {last.body[:120]!r}"
    if case.reply_trailers is not None and last.trailers != case.reply_trailers:
        yield f"response trailers {last.trailers!r}"
    yield from (
        f"the response lacks {line!r}: {last.head!r}" for line in case.reply_has if not last.has(line)
    )
    yield from (f"the response has {line!r}: {last.head!r}" for line in case.reply_lacks if last.has(line))


def _response_rules(message: Message, case: Case) -> Iterator[str]:
    """RFC 9110 §6.6.1, §7.6.1, §8.6, §15.2; RFC 9112 §6.1."""
    for name in _ENDS_HERE:
        if message.has(name):
            yield f"{name!r} reached the client"
    stray = set(message.members(b"connection")) - _TO_CLIENT
    if stray:
        yield f"Connection names {stray} to the client"
    if (message.status < 200 or message.status == 204) and message.has(b"content-length"):
        yield f"Content-Length in a {message.status}"
    if message.has(b"transfer-encoding") and (
        message.status < 200 or message.status == 204 or not case.minor
    ):
        yield f"Transfer-Encoding in a {message.status} to HTTP/1.{case.minor}"
    if message.status >= 200 and len(message.values(b"date")) != 1:
        yield "a final response without one Date"
    if not message.line.startswith(b"HTTP/1.1 "):
        yield f"status line {message.line!r}: not our version"


def forwarded(peer: Peer, case: Case) -> tuple[list[Message], str]:
    """Return what came over one endpoint connection, the last perhaps in part, and what is wrong."""
    found: list[Message] = []
    position = 0
    while position < len(peer.received):
        try:
            message = read_request(peer.received[position:])
        except MalformedError as error:
            return found, f"the endpoint got an invalid request: {error}"
        if message is None:
            return found, f"the endpoint got half a head: {peer.received[position:][:200]!r}"
        found.append(message)
        position += message.end
        if not message.whole or (message.has(b"upgrade") and {101} in case.statuses):
            break
    return found, ""


def _endpoint(outcome: Outcome) -> Iterator[str]:
    case = outcome.case
    came = []
    for number, peer in enumerate(outcome.board.endpoints):
        found, wrong = forwarded(peer, case)
        came += [(number, one) for one in found]
        if wrong:
            yield wrong
        yield from (f"the endpoint got {text!r}" for text in case.never if text in peer.received)
    requests = [one for _, one in came if FOLLOW_UP not in one.line]
    for one in requests:
        yield from _request_rules(one)
    yield from _counts(case, requests)
    first = next((number for number, one in came if FOLLOW_UP not in one.line), None)
    last = next((number for number, one in came if FOLLOW_UP + b"other" in one.line), None)
    if case.upstream is Upstream.KEPT and first != last:
        yield "the endpoint connection was not used again"
    if case.upstream is Upstream.DROPPED and first is not None and first == last:
        yield "the endpoint connection was used again"


def _counts(case: Case, requests: list[Message]) -> Iterator[str]:
    whole = sum(one.whole for one in requests)
    if case.whole is not None and whole != case.whole:
        yield f"{whole} whole requests reached the endpoint, wanted {case.whole}"
    if case.begun is not None and len(requests) != case.begun:
        yield f"{len(requests)} requests were begun at the endpoint, wanted {case.begun}"
    if requests:
        yield from _first(case, requests[0])
    elif case.line or case.has or case.body is not None:
        yield "nothing reached the endpoint"


def _first(case: Case, message: Message) -> Iterator[str]:
    if case.line is not None and message.line != case.line:
        yield f"request line {message.line!r}, wanted {case.line!r}"
    if case.body is not None and message.body != case.body:
        yield f"request body {message.body[:120]!r}"
    if case.trailers is not None and message.trailers != case.trailers:
        yield f"request trailers {message.trailers!r}"
    yield from (f"the request lacks {line!r}: {message.head!r}" for line in case.has if not message.has(line))
    yield from (f"the request has {line!r}: {message.head!r}" for line in case.lacks if message.has(line))


def _request_rules(message: Message) -> Iterator[str]:
    """RFC 9112 §2.5.1, §3.2; RFC 9110 §7.6.1, §7.6.3."""
    if not message.line.endswith(b" HTTP/1.1"):
        yield f"forwarded as {message.line!r}"
    if len(message.values(b"host")) != 1 or not message.values(b"host")[0]:
        yield f"forwarded with Host {message.values(b'host')}"
    for name in _ENDS_HERE:
        if message.has(name):
            yield f"{name!r} reached the endpoint"
    nominated = set(message.members(b"connection"))
    if nominated - _TO_ENDPOINT:
        yield f"Connection names {nominated} to the endpoint"
    for name in _TO_ENDPOINT:
        if message.has(name) != (name in nominated):
            yield f"{name!r} and Connection disagree"
    via = message.values(b"via")
    if not via or not via[-1].endswith(b"readylb"):
        yield "forwarded without our Via"
