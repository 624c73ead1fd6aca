from __future__ import annotations

import asyncio
import socket

from readylb.data.drive import hush
from readylb.data.listener import Listener
from readylb.wire.listening import listening_socket
from readylb.wire.messages import Address


class Accepted(asyncio.Protocol):
    def __init__(self, client: str, seen: list[str]) -> None:
        self._client = client
        self._seen = seen

    def connection_made(self, transport):
        self._seen.append(self._client)
        transport.write(b"hello")
        transport.close()


def listener(seen: list[str], room: int, paused: list[OSError | None] | None = None) -> Listener:
    opened = listening_socket(Address("127.0.0.1", 0))
    return Listener(
        asyncio.get_running_loop(),
        "127.0.0.1",
        opened,
        lambda client: Accepted(client, seen),
        lambda: room - len(seen),
        (paused if paused is not None else []).append,
    )


async def greeted(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_a_client_is_accepted_and_its_address_told():
    seen: list[str] = []
    listening = listener(seen, 10)

    assert await greeted(listening.address.port) == b"hello"
    listening.close()
    assert seen == ["127.0.0.1"]


async def test_clients_beyond_the_room_wait_and_are_not_refused():
    seen: list[str] = []
    paused: list[OSError | None] = []
    listening = listener(seen, 2, paused)
    waiting = [asyncio.ensure_future(greeted(listening.address.port)) for _ in range(5)]  # noqa: TID251 - a test may run five things
    await asyncio.sleep(0.05)

    assert len(seen) == 2
    assert repr(listening).endswith(" paused>")
    assert paused == [None]
    seen.clear()
    listening.resume()
    await asyncio.sleep(0.05)
    assert len(seen) == 2
    seen.clear()
    listening.resume()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 2) == [b"hello"] * 5
    listening.close()


async def test_a_closed_listener_refuses():
    listening = listener([], 2)
    listening.close()
    listening.resume()

    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", listening.address.port)) != 0


async def test_lost_connections_are_no_errors_of_the_program():
    loop = asyncio.get_running_loop()
    told: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    hush(loop)
    loop.call_exception_handler({"message": "x", "transport": 1, "exception": ConnectionRefusedError()})
    loop.call_exception_handler({"message": "y", "transport": 1, "exception": KeyError()})
    loop.call_exception_handler({"message": "z"})

    assert [context["message"] for context in told] == ["y", "z"]
