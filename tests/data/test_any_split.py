"""How bytes are cut into pieces on their way changes nothing: not what is forwarded, not what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest
import uvloop
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.fuzz.cases import play_requests, play_response
from tests.fuzz.grammar import Reply, reply, request, requests
from tests.fuzz.judge import told
from tests.fuzz.mutation import damage
from tests.fuzz.reference import read_requests
from tests.fuzz.world import World

_DATE = re.compile(rb"Date: [^\r]*\r\n")
_REFUSAL = re.compile(rb"HTTP/1.1 [45]\d\d (?!.*HTTP/1.1).*", re.DOTALL)
_SEEDS = st.integers(0, 2**32)
#: Places to cut at, as shares of the whole, so that they mean something for any stream.
_CUTS = st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=12)
#: No shrinking: a failing example may hang for seconds, and its seed says all.
_MORE = settings(deadline=None, derandomize=True, max_examples=120, phases=(Phase.explicit, Phase.generate))


class Rig:
    """A world with a loop of its own: each example runs in it from its first byte to its last."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.world = World()
        self.loop.run_until_complete(self.world.start())

    def close(self) -> None:
        assert self.loop.run_until_complete(self.world.stop()) == []
        self.loop.close()

    def ask(self, parts: list[bytes], *, valid: bool) -> tuple[list[object], bytes]:
        """Send requests; return what came of them and all that the endpoint was sent."""
        world = self.world
        assert self.loop.run_until_complete(play_requests(world, parts, valid=valid)) == []
        whole = [message.raw for message in world.seen]
        return [whole, _without_words(world.received), world.ended], world.forwarded

    def answer(self, asked: bytes, whole: Reply, parts: list[bytes], *, valid: bool) -> tuple[object, ...]:
        """Send one request that is answered in `parts`; return what the client was told."""
        world = self.world
        assert self.loop.run_until_complete(play_response(world, asked, whole, parts, valid=valid)) == []
        return told(world.received, asked.split(b" ")[0], world.ended)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()


def _without_words(received: bytes) -> bytes:
    """Leave out dates, and which of several faults a refusal names: the one seen first."""
    return _REFUSAL.sub(b"refused", _DATE.sub(b"", received))


def cut(data: bytes, shares: list[float]) -> list[bytes]:
    places = sorted({int(share * len(data)) for share in shares} - {0})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


@_MORE
@given(seed=_SEEDS, shares=_CUTS)
def test_valid_requests_are_forwarded_byte_for_byte_the_same(
    rig: Rig, seed: int, shares: list[float]
) -> None:
    data = requests(Random(seed))
    assert rig.ask(cut(data, shares), valid=True) == rig.ask([data], valid=True)


@_MORE
@given(seed=_SEEDS, shares=_CUTS)
def test_damaged_requests_have_the_same_end(rig: Rig, seed: int, shares: list[float]) -> None:
    rng = Random(seed)
    data = damage(rng, requests(rng)) or b"X"
    one, forwarded = rig.ask([data], valid=False)
    other, in_pieces = rig.ask(cut(data, shares), valid=False)
    assert one == other
    # A body that turns out to be wrong may have been passed on up to there, or not yet.
    assert in_pieces.startswith(forwarded) or forwarded.startswith(in_pieces)


@settings(_MORE, max_examples=20)
@given(seed=_SEEDS)
def test_byte_by_byte_is_a_split_as_well(rig: Rig, seed: int) -> None:
    data = requests(Random(seed))[:1500]
    whole = not read_requests(data).unfinished
    parts = [data[place : place + 1] for place in range(len(data))]
    assert rig.ask(parts, valid=whole)[0] == rig.ask([data], valid=whole)[0]


@_MORE
@given(seed=_SEEDS, shares=_CUTS, method=st.sampled_from((b"GET", b"HEAD", b"POST")))
def test_valid_responses_are_passed_on_the_same(
    rig: Rig, seed: int, shares: list[float], method: bytes
) -> None:
    rng = Random(seed)
    asked, whole = request(rng, method), reply(rng, method)
    one = rig.answer(asked, whole, [whole.data], valid=True)
    other = rig.answer(asked, whole, cut(whole.data, shares), valid=True)
    assert one == other


@_MORE
@given(seed=_SEEDS, shares=_CUTS, method=st.sampled_from((b"GET", b"HEAD", b"POST")))
def test_damaged_responses_have_the_same_end(rig: Rig, seed: int, shares: list[float], method: bytes) -> None:
    rng = Random(seed)
    asked, sound = request(rng, method), reply(rng, method)
    whole = Reply(damage(rng, sound.data) or b"H", sound.closes)
    one = rig.answer(asked, whole, [whole.data], valid=False)
    other = rig.answer(asked, whole, cut(whole.data, shares), valid=False)
    # Where the fault lies behind the head, one piece shows it early enough for a 502, two do not.
    assert one == other or () in (one, other)
