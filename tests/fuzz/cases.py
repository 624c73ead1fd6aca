"""One case of each kind, from the seed that names it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from tests.fuzz.grammar import Reply, pieces, reply, request, requests
from tests.fuzz.judge import judge_follow_up, judge_requests, judge_response
from tests.fuzz.mutation import damage
from tests.fuzz.reference import read_requests
from tests.fuzz.world import Client, World, actual

_METHODS = (b"GET", b"GET", b"HEAD", b"POST", b"OPTIONS")


async def play_requests(
    world: World, parts: list[bytes], *, valid: bool, half_close: bool = True
) -> list[str]:
    """Send a stream of requests in `parts`; return what is wrong with what became of it."""
    world.begin()
    meant = read_requests(b"".join(parts))
    client = await world.connect()
    try:
        await client.send(parts)
        if not half_close:
            await client.responses([message.method for message in meant.messages])
        if not client.transport.is_closing():
            client.transport.write_eof()
        await client.end()
    except TimeoutError:
        world.complain(f"nothing more happened after {client.received[-200:]!r}")
    finally:
        client.transport.abort()
    world.received, world.ended = client.received, client.ended
    return [*world.complaints, *judge_requests(meant, world.seen, client.received, client.ended, valid=valid)]


async def play_response(
    world: World, asked: bytes, answer: Reply, parts: list[bytes], *, valid: bool
) -> list[str]:
    """Ask for a response that comes in `parts`, then ask again on both connections."""
    world.begin()
    (message,) = read_requests(asked).messages
    meant, closes = actual(answer, message.method)
    world.expect(parts, closes=closes)
    client = await world.connect()
    wrong: list[str] = []
    try:
        await client.send([asked])
        await client.response(message.method)
        await client.send([b"", b""])
        world.received, world.ended = client.received, client.ended
        wrong += judge_response(message, meant, client.received, client.ended, valid=valid)
        if not client.ended and not wrong:
            wrong += await _follow_up(client, b"/same")
        client.transport.abort()
        client = await world.connect()
        wrong += await _follow_up(client, b"/other")
    except TimeoutError:
        world.complain(f"nothing more happened after {client.received[-200:]!r}")
    finally:
        client.transport.abort()
    return [*world.complaints, *wrong]


async def valid_requests(world: World, rng: Random) -> list[str]:
    """Play requests that are all to be forwarded."""
    parts = pieces(rng, requests(rng))
    return await play_requests(world, parts, valid=True, half_close=rng.random() < 0.5)


async def damaged_requests(world: World, rng: Random) -> list[str]:
    """Play requests of which some may be wrong."""
    parts = pieces(rng, damage(rng, requests(rng)) or b"X")
    return await play_requests(world, parts, valid=False)


async def valid_response(world: World, rng: Random) -> list[str]:
    """Play a response that is to be passed on."""
    method = rng.choice(_METHODS)
    answer = reply(rng, method)
    return await play_response(world, request(rng, method), answer, pieces(rng, answer.data), valid=True)


async def damaged_response(world: World, rng: Random) -> list[str]:
    """Play a response that may be wrong."""
    method = rng.choice(_METHODS)
    whole = reply(rng, method)
    # An answer without a byte is no answer, and a request that may be repeated is.
    answer = Reply(damage(rng, whole.data) or b"H", whole.closes)
    return await play_response(world, request(rng, method), answer, pieces(rng, answer.data), valid=False)


KINDS: dict[str, Callable[[World, Random], Awaitable[list[str]]]] = {
    kind.__name__: kind for kind in (valid_requests, damaged_requests, valid_response, damaged_response)
}
#: Which kind the next case is of: damage finds more.
TURNS = (
    "valid_requests", "damaged_requests", "damaged_response", "damaged_requests", "damaged_response",
    "valid_response", "damaged_requests", "damaged_response",
)  # fmt: skip


async def play(world: World, seed: int) -> list[str]:
    """Play the case that `seed` names; return what is wrong, each with how to see it again."""
    kind = TURNS[seed % len(TURNS)]
    wrong = await KINDS[kind](world, Random(seed))
    return [f"case {seed} ({kind}): {what}" for what in wrong]


async def _follow_up(client: Client, target: bytes) -> list[str]:
    start = len(client.received)
    await client.send([b"GET %b HTTP/1.1\r\nHost: web\r\n\r\n" % target])
    await client.response(b"GET", start)
    return judge_follow_up(b"GET", target, client.received[start:])
