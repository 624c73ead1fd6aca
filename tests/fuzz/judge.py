"""What must hold of one case: what was forwarded is what was meant, what was answered is well formed."""

from __future__ import annotations

import re
from typing import cast

import h11
from tests.fuzz.reference import Message, Stream, UnfinishedError, WrongError, read_response
from tests.fuzz.world import default_reply

#: Fields that an intermediary changes, so that they are judged by what they mean.
_OURS = frozenset(
    (
        b"connection", b"content-length", b"date", b"expect", b"forwarded", b"host", b"keep-alive",
        b"max-forwards", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"via",
        b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto",
    )
)  # fmt: skip
#: The valid grammar has no trailer that may not be passed on; a damaged one may have.
_TRAILERS = frozenset((b"x-sum", b"x-other", b"etag"))
_BLANK_BEFORE_EXTENSION = re.compile(rb"\n[0-9A-Fa-f]+[ \t]+;")
_OWN = {502, 503, 504}


def judge_requests(
    meant: Stream, seen: list[Message], received: bytes, ended: str, *, valid: bool
) -> list[str]:
    """Judge a stream of requests from one client, ended by it, against what the endpoint saw."""
    wrong = [*forwarded(meant, seen), *(complaint for request in seen for complaint in ask_h11(request))]
    if valid and (len(seen) != len(meant.messages) or meant.wrong or meant.unfinished):
        wrong.append(f"valid: {len(seen)} of {len(meant.messages)} requests were forwarded; {meant.wrong}")
    answers, complaint = _answers(meant, seen, received, ended)
    if complaint:
        wrong.append(complaint)
    for number, (request, answer) in enumerate(zip(seen, answers, strict=False)):
        expected = read_response(default_reply(request), request.method, ended=True)[0][-1]
        if (answer.status, answer.body) != (200, expected.body):
            wrong.append(f"answer {number} is {answer.status} {answer.body[:80]!r}, not {expected.body!r}")
    own = answers[len(seen) :]
    if len(answers) < len(seen):
        wrong.append(f"{len(answers)} answers to {len(seen)} requests")
    if len(own) > 1 or any(answer.status < 400 or not answer.closes for answer in own):
        wrong.append(f"after the forwarded ones came {[answer.status for answer in own]}")
    if own and valid:
        wrong.append(f"valid, but refused with {own[0].status} {own[0].body!r}")
    if not own and len(seen) < len(meant.messages):
        wrong.append("a request was neither forwarded nor refused")
    return wrong


def judge_response(
    request: Message, meant: list[Message] | None, received: bytes, ended: str, *, valid: bool
) -> list[str]:
    """Judge what one client got for a response that means `meant` (None: it is no response)."""
    try:
        got, end = read_response(received, request.method, ended=ended == "closed")
    except WrongError as wrong:
        return [f"the client was sent {wrong}: {received[-300:]!r}"]
    except UnfinishedError:
        return [f"valid, but cut: {received[-300:]!r}"] if valid or not ended else []
    if received[end:]:
        return [f"behind the answer came {received[end:][:200]!r}"]
    final = got[-1]
    if final.status in _OWN and _is_own(final, request.method):
        return [f"valid, but answered {final.status} {final.body!r}"] if valid else []
    if meant is None:
        return [f"a response that is none was passed on as {final.status} {final.body[:200]!r}"]
    wrong = []
    if (final.status, final.body) != (meant[-1].status, meant[-1].body):
        said = f"{meant[-1].status} {meant[-1].body[:80]!r}"
        wrong.append(f"the client was told {final.status} {final.body[:80]!r}, not {said}")
    if final.end_to_end(_OURS) != meant[-1].end_to_end(_OURS):
        wrong.append(f"fields {final.end_to_end(_OURS)} are not {meant[-1].end_to_end(_OURS)}")
    statuses = [message.status for message in meant] if request.minor else [meant[-1].status]
    if [message.status for message in got] != statuses:
        wrong.append(f"interim responses {[message.status for message in got]} are not {statuses}")
    return wrong


def judge_follow_up(method: bytes, target: bytes, received: bytes) -> list[str]:
    """Judge the answer to a request that comes after a case: its own, whatever happened before."""
    request = Message(1, [], method, target)
    try:
        got, end = read_response(received, method, ended=False)
    except (WrongError, UnfinishedError) as wrong:
        return [f"{target!r} got {wrong!r} {received[:200]!r}"]
    expected = read_response(default_reply(request), b"", ended=True)[0][-1].body
    if end != len(received) or got[-1].body != expected:
        return [f"{target!r} got {received[:300]!r}"]
    return []


def told(received: bytes, method: bytes, ended: str) -> tuple[object, ...]:
    """Return what a client makes of a response: each status, fields and content; nothing where it was cut."""
    try:
        got, _ = read_response(received, method, ended=ended == "closed")
    except UnfinishedError:
        return ()
    dated = frozenset((b"date",))
    return tuple((one.status, tuple(one.end_to_end(dated)), one.body, tuple(one.trailers)) for one in got)


def ask_h11(request: Message) -> list[str]:
    """Ask a reader that others wrote whether what the endpoint was sent means the same to it."""
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    reader.receive_data(request.raw)
    body = b""
    try:
        head = reader.next_event()
        while isinstance(event := reader.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError as error:
        if _BLANK_BEFORE_EXTENSION.search(request.raw):
            return []  # h11 refuses what RFC 9112 §7.1.1 asks recipients to accept
        return [f"h11 refuses what was forwarded: {error}: {request.raw[:300]!r}"]
    if not isinstance(head, h11.Request) or not isinstance(event, h11.EndOfMessage):
        return [f"to h11 this is no whole request: {request.raw[:300]!r}"]
    if (head.method, head.target, body) != (request.method, request.target, request.body):
        return [f"h11 reads {head.method!r} {head.target!r} {body[:80]!r} in {request.raw[:300]!r}"]
    rest = cast("bytes", reader.trailing_data[0])
    return [f"h11 finds {rest[:80]!r} behind {request.raw[:300]!r}"] if rest else []


def _is_own(answer: Message, method: bytes) -> bool:
    """Say whether an error is the balancer's: it names the Service, except to HEAD."""
    plain = answer.values(b"content-type") == [b"text/plain; charset=utf-8"]
    return plain and (method == b"HEAD" or answer.body.startswith(b"default/web"))


def forwarded(meant: Stream, seen: list[Message]) -> list[str]:
    """Return how the requests that were forwarded differ from those that were meant."""
    wrong = []
    if len(seen) > len(meant.messages):
        extra = seen[len(meant.messages)]
        why = meant.wrong or "unfinished"
        wrong.append(f"forwarded what nobody meant ({why}): {extra.method!r} {extra.target!r}")
    for number, (said, got) in enumerate(zip(meant.messages, seen, strict=False)):
        for what in ("method", "target", "host", "body"):
            want, have = getattr(said, what), getattr(got, what)
            if want != have and not (what == "host" and want is None):
                wrong.append(f"request {number}: {what} is {have[:200]!r}, not {want[:200]!r}")
        if said.end_to_end(_OURS) != got.end_to_end(_OURS):
            wrong.append(f"request {number}: fields {got.end_to_end(_OURS)}, not {said.end_to_end(_OURS)}")
        if _kept(said.trailers) != _kept(got.trailers):
            wrong.append(f"request {number}: trailers {got.trailers}, not {said.trailers}")
    return wrong


def _kept(trailers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in trailers if name in _TRAILERS]


def _answers(meant: Stream, seen: list[Message], received: bytes, ended: str) -> tuple[list[Message], str]:
    """Split what the client got into final responses; return what is wrong with it, if anything.

    What is not forwarded is refused, without content if its method is HEAD. Of a request that is
    broken nobody knows whether it is.
    """
    answers: list[Message] = []
    position = 0
    requests = [*seen, *meant.messages[len(seen) :]]
    while position < len(received):
        number = len(answers)
        methods = [requests[number].method] if number < len(requests) else [b"", b"HEAD"]
        for method in methods:
            try:
                messages, end = read_response(received[position:], method, ended=ended == "closed")
            except (WrongError, UnfinishedError) as wrong:
                complaint = f"the client was sent {wrong!r} in {received[position:][:300]!r}"
                continue
            answers.append(messages[-1])
            position += end
            break
        else:
            return answers, complaint
    return answers, ""
