"""What a wire-level case is: the bytes both ends send, and what must have come of them.

Cases are data. The same few words describe every one: steps that an end takes, answers that the
scripted endpoint gives, and a verdict. `runner` plays them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from readylb.wire.messages import Limits


class Do(Enum):
    """What an end can do besides sending bytes."""

    HALF_CLOSE = "half-close"
    CLOSE = "close"
    RESET = "reset"
    CLIENT_GONE = "wait until the client's connection has ended"
    ENDPOINT_GONE = "wait until an endpoint connection has ended"


@dataclass(frozen=True, slots=True)
class ClientHas:
    """Wait until the client has received `text`."""

    text: bytes


@dataclass(frozen=True, slots=True)
class EndpointHas:
    """Wait until the endpoint has received `text` on one of its connections."""

    text: bytes


Step = bytes | Do | ClientHas | EndpointHas


class Ending(Enum):
    """How the client's connection is left."""

    OPEN = "another request on it is served"
    CLOSED = "it ends behind complete responses"
    CUT = "it ends inside a response, and the client can tell"
    ANY = "either way, but no response is broken"


class Upstream(Enum):
    """What becomes of the endpoint connection that had the first request."""

    KEPT = "the next request comes on it"
    DROPPED = "it is closed and has no further request"
    ANY = "either"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint does for one request: at its end, or as soon as its head is there."""

    steps: tuple[Step, ...]
    early: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One case. Fields left out are not judged, save the invariants that `runner` checks of all."""

    name: str
    source: str
    send: tuple[Step, ...]
    answers: tuple[Answer, ...] = ()
    # Of final responses, in order; each a set of what is allowed.
    statuses: tuple[frozenset[int], ...] = (frozenset((200,)),)
    interim: tuple[int, ...] | None = None
    methods: tuple[bytes, ...] = ()
    ending: Ending = Ending.OPEN
    upstream: Upstream = Upstream.ANY
    # Requests that reach the endpoint whole, and those of which it sees any byte.
    whole: int | None = None
    begun: int | None = None
    # The first request as forwarded: its line, field lines, names or lines that are not there, body.
    line: bytes | None = None
    has: tuple[bytes, ...] = ()
    lacks: tuple[bytes, ...] = ()
    body: bytes | None = None
    trailers: bytes | None = None
    # Anywhere in what the endpoint received.
    never: tuple[bytes, ...] = ()
    # The last final response as the client got it.
    reply_line: bytes | None = None
    reply_has: tuple[bytes, ...] = ()
    reply_lacks: tuple[bytes, ...] = ()
    reply: bytes | None = None
    reply_trailers: bytes | None = None
    # In everything that the client received.
    got: tuple[bytes, ...] = ()
    not_got: tuple[bytes, ...] = ()
    limits: Limits = field(default_factory=Limits)
    trusted: tuple[str, ...] = ()
    # The client speaks HTTP/1.`minor`.
    minor: int = 1


def _steps(send: bytes | tuple[Step, ...]) -> tuple[Step, ...]:
    return (send,) if isinstance(send, bytes) else send


def _answers(answers: bytes | Answer | tuple[bytes | Answer, ...]) -> tuple[Answer, ...]:
    several = answers if isinstance(answers, tuple) else (answers,)
    return tuple(Answer((one,)) if isinstance(one, bytes) else one for one in several)


def statuses(*allowed: int | set[int]) -> tuple[frozenset[int], ...]:
    """Spell the statuses of several responses: a number, or a set of those allowed."""
    return tuple(frozenset(one if isinstance(one, set) else (one,)) for one in allowed)


def case(
    name: str,
    source: str,
    send: bytes | tuple[Step, ...],
    answers: bytes | Answer | tuple[bytes | Answer, ...] = (),
    *,
    status: int | set[int] | tuple[int | set[int], ...] = 200,
    **verdict: object,
) -> Case:
    """Describe a case whose request is served."""
    allowed = statuses(*status) if isinstance(status, tuple) else statuses(status)
    return Case(name, source, _steps(send), _answers(answers), allowed, **verdict)


def refused(
    name: str,
    source: str,
    send: bytes | tuple[Step, ...],
    status: int | set[int] = 400,
    **verdict: object,
) -> Case:
    """Describe a request that is answered by the balancer itself, closed, and seen by no endpoint."""
    settled = {"ending": Ending.CLOSED, "begun": 0, "whole": 0, **verdict}
    return Case(name, source, _steps(send), (), statuses(status), **settled)


def broken_off(
    name: str, source: str, send: bytes | tuple[Step, ...], status: int | set[int] = 400, **verdict: object
) -> Case:
    """Describe a request whose body goes wrong behind its head: no endpoint may take it for whole."""
    settled = {"ending": Ending.CLOSED, "whole": 0, "upstream": Upstream.DROPPED, **verdict}
    return Case(name, source, _steps(send), (), statuses(status), **settled)


def bad_answer(
    name: str, source: str, answer: bytes | Answer, send: bytes | tuple[Step, ...] = b"", **verdict: object
) -> Case:
    """Describe a response that may not be passed on: 502, and its connection is never used again."""
    settled = {"upstream": Upstream.DROPPED, "not_got": (b"POISON",), **verdict}
    return Case(name, source, _steps(send or GET), _answers(answer), statuses(502), **settled)


def cut_answer(
    name: str, source: str, answer: bytes | Answer, send: bytes | tuple[Step, ...] = b"", **verdict: object
) -> Case:
    """Describe a response that breaks when its head is out: the client sees a cut."""
    settled = {"upstream": Upstream.DROPPED, "ending": Ending.CUT, "not_got": (b"POISON",), **verdict}
    return Case(name, source, _steps(send or GET), _answers(answer), statuses(200), **settled)


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def get(*fields: bytes, target: bytes = b"/", method: bytes = b"GET", minor: int = 1) -> bytes:
    """Return a request without a body, Host first."""
    lines = b"".join(line + b"\r\n" for line in (b"Host: a", *fields))
    return b"%b %b HTTP/1.%d\r\n%b\r\n" % (method, target, minor, lines)


def post(*fields: bytes, body: bytes = b"", method: bytes = b"POST", minor: int = 1) -> bytes:
    """Return a request with exactly these fields and the bytes behind them."""
    return get(*fields, method=method, minor=minor) + body


def chunked(body: bytes, *fields: bytes) -> bytes:
    """Return a request whose body is `body`, coded already."""
    return post(b"Transfer-Encoding: chunked", *fields, body=body)


def ok(*fields: bytes, body: bytes = b"", status: bytes = b"200 OK", version: bytes = b"HTTP/1.1") -> bytes:
    """Return a response with exactly these fields and the bytes behind them."""
    return b"%b %b\r\n%b\r\n%b" % (version, status, b"".join(line + b"\r\n" for line in fields), body)
