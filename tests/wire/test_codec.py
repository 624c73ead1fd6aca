from __future__ import annotations

import msgspec
import pytest

from readylb.wire.codec import Message, decode, encode
from readylb.wire.messages import (
    Address,
    Drain,
    Drained,
    EndpointEntry,
    EndpointsApplied,
    EndpointStats,
    Hello,
    Limits,
    ListenFailed,
    Listening,
    PassiveReport,
    RemoveService,
    ServiceStats,
    SetEndpoints,
    SetService,
    Stats,
)

ENTRY = EndpointEntry("uid-0", "web-0", "127.0.0.1", 8081, ready=True, serving=True, terminating=False)
MESSAGES: list[Message] = [
    SetService(
        "default/web:80",
        "default/web",
        (Address("127.0.0.1", 80), Address("::1", 80)),
        "tcp",
        "least_request",
        Limits(tries=2, head_seconds=1.5),
        ("10.0.0.0/8",),
    ),
    RemoveService("default/web:80"),
    SetEndpoints("default/web:80", 7, (ENTRY,), "no Ready endpoint", 5),
    Drain(2.5),
    Hello(1, 4242),
    Listening("default/web:80", Address("127.0.0.1", 80)),
    ListenFailed("default/web:80", Address("127.0.0.1", 80), 13, "Permission denied"),
    EndpointsApplied("default/web:80", 7),
    PassiveReport("default/web:80", "uid-0", "ConnectFailed"),
    Stats(
        0,
        (
            ServiceStats(
                "default/web:80",
                requests=3,
                statuses={200: 2, 503: 1},
                terminations={"done": 3},
                latency_buckets=(1, 2, 3),
                latency_sum_seconds=0.25,
                endpoints=(EndpointStats("uid-0", "web-0", 3, 0, 1, 2),),
            ),
        ),
    ),
    Drained(0, 3),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_way_there_and_back(message: Message) -> None:
    again = decode(encode(message))
    assert again == message
    assert type(again) is type(message)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(msgspec.msgpack.encode({"type": "Nonsense"}))


def test_garbage_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b"\xc1\xc1")


def test_a_field_of_a_newer_release_is_ignored() -> None:
    data = msgspec.msgpack.encode({"type": "Drain", "grace_seconds": 1.0, "newer": True})
    assert decode(data) == Drain(1.0)
