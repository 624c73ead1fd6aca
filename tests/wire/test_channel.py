from __future__ import annotations

import asyncio

from readylb.wire.channel import memory_channel
from readylb.wire.codec import Message
from readylb.wire.messages import Drain, Hello, RemoveService


async def turn() -> None:
    await asyncio.sleep(0)


async def test_messages_arrive_in_order_in_the_next_turn() -> None:
    control, worker = memory_channel()
    got: list[Message] = []
    worker.listen(got.append)
    control.send(RemoveService("a"))
    control.send(RemoveService("b"))
    assert got == []
    await turn()
    assert got == [RemoveService("a"), RemoveService("b")]


async def test_what_came_before_listening_is_delivered_first() -> None:
    control, worker = memory_channel()
    got: list[Message] = []
    worker.send(Hello(0, 1))
    control.listen(got.append)
    worker.send(Hello(0, 2))
    await turn()
    assert got == [Hello(0, 1), Hello(0, 2)]


async def test_both_directions_are_apart() -> None:
    control, worker = memory_channel()
    to_control: list[Message] = []
    to_worker: list[Message] = []
    control.listen(to_control.append)
    worker.listen(to_worker.append)
    control.send(Drain(1.0))
    worker.send(Hello(0, 1))
    await turn()
    assert (to_control, to_worker) == ([Hello(0, 1)], [Drain(1.0)])


async def test_the_other_side_gets_another_object_as_between_processes() -> None:
    control, worker = memory_channel()
    got: list[Message] = []
    worker.listen(got.append)
    sent = RemoveService("a")
    control.send(sent)
    await turn()
    assert got[0] is not sent


async def test_after_close_nothing_is_sent_or_received() -> None:
    control, worker = memory_channel()
    to_control: list[Message] = []
    to_worker: list[Message] = []
    control.listen(to_control.append)
    worker.listen(to_worker.append)
    control.send(RemoveService("before"))
    control.close()
    control.send(RemoveService("after"))
    worker.send(Hello(0, 1))
    await turn()
    assert (to_control, to_worker) == ([], [RemoveService("before")])


async def test_a_receiver_may_answer_at_once() -> None:
    control, worker = memory_channel()
    got: list[Message] = []
    control.listen(got.append)
    worker.listen(lambda _: worker.send(Hello(0, 9)))
    control.send(Drain(0.0))
    await turn()
    await turn()
    assert got == [Hello(0, 9)]
