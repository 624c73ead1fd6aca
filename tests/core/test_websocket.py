from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from readylb.core.websocket import GOING_AWAY, Frames


def frame(payload: bytes, *, opcode: int = 2, masked: bool = False) -> bytes:
    mask = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        length = bytes([mask | size])
    elif size < 65536:
        length = bytes([mask | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([mask | 127]) + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + (b"abcd" if masked else b"") + payload


FRAMES = st.lists(st.builds(frame, st.binary(max_size=300) | st.just(b"x" * 70000), masked=st.booleans()))


@given(FRAMES, st.lists(st.integers(1, 400), min_size=1))
def test_however_it_is_split_the_ends_of_frames_are_found(frames: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(frames)
    ends, at = {0}, 0
    for one in frames:
        at += len(one)
        ends.add(at)
    frames_seen, at, step = Frames(), 0, 0
    while at < len(stream):
        piece = stream[at : at + sizes[step % len(sizes)] * (1 if step < 200 else 1000)]
        whole = frames_seen.feed(piece)
        inside = [end - at for end in ends if at < end <= at + len(piece)]
        assert whole == max(inside, default=0)
        at += len(piece)
        step += 1
        assert frames_seen.between == (at in ends)


def test_a_close_is_the_last_frame() -> None:
    frames = Frames()
    assert frames.feed(frame(b"hello") + GOING_AWAY) == 11
    assert frames.closed
    assert frames.between


def test_rfc6455_7_4_1_going_away_is_1001() -> None:
    assert frame((1001).to_bytes(2, "big"), opcode=8) == GOING_AWAY
