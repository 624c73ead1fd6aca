from __future__ import annotations

import asyncio
import logging

from readylb.control.tasks import TaskGroup


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    msg = "broken"
    raise ValueError(msg)


async def test_a_task_is_named_after_its_owner() -> None:
    tasks = TaskGroup("pods", lambda _: None)
    assert tasks.spawn("web-1", forever()).get_name() == "pods/web-1"
    await tasks.stop()


async def test_a_task_that_dies_is_logged_and_fatal(caplog) -> None:
    faults: list[BaseException] = []
    tasks = TaskGroup("pods", faults.append)
    with caplog.at_level(logging.CRITICAL):
        await asyncio.wait([tasks.spawn("web-1", fail())])
        await asyncio.sleep(0)
    assert [str(fault) for fault in faults] == ["broken"]
    assert "task pods/web-1 died" in caplog.text


async def test_a_task_that_ends_is_not_fatal() -> None:
    faults: list[BaseException] = []
    tasks = TaskGroup("pods", faults.append)
    assert await tasks.spawn("answer", asyncio.sleep(0, 42)) == 42
    await asyncio.sleep(0)
    assert faults == []


async def test_stop_waits_until_every_task_has_cleaned_up() -> None:
    cleaned: list[str] = []

    async def careful(name: str) -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            cleaned.append(name)

    faults: list[BaseException] = []
    tasks = TaskGroup("pods", faults.append)
    for name in "ab":
        tasks.spawn(name, careful(name))
    await asyncio.sleep(0)
    await tasks.stop()
    assert sorted(cleaned) == ["a", "b"]
    assert faults == []


async def test_stop_without_tasks_returns() -> None:
    tasks = TaskGroup("none", lambda _: None)
    async with asyncio.timeout(1):
        await tasks.stop()
    assert tasks.name == "none"
