from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest

from readylb.control.restarts import RestartHook, RestartRequest
from readylb.control.restarts.python_hook import PythonHook
from readylb.errors import RuntimeFailureError
from readylb.model.restart import PythonRestart

CALLS: list[tuple[str, object]] = []


class Zone:
    """What a third party writes: it answers `RestartHook`."""

    def __init__(self, zone: str, hosts: tuple[str, ...] = ()) -> None:
        self.zone = (zone, hosts)

    async def restart(self, request: RestartRequest) -> str | None:
        CALLS.append((request.pod_name, self.zone))
        return f"restarted in {self.zone[0]}"


async def by_function(request: RestartRequest, *, fault: str = "") -> None:
    CALLS.append((request.reason, fault))
    if fault == "hang":
        await asyncio.sleep(60)
    if fault:
        raise OSError(fault)


@pytest.fixture(autouse=True)
def ops(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLS.clear()
    module = ModuleType("ops_of_a_test")
    vars(module).update(Zone=Zone, by_function=by_function, ready_made=Zone("b"))
    monkeypatch.setitem(sys.modules, "ops_of_a_test", module)


async def call(asked: RestartRequest, name: str, timeout: float = 30, **settings: object) -> str:
    hook = f"ops_of_a_test:{name}"
    return await PythonHook(PythonRestart(hook=hook, settings=settings, timeout_seconds=timeout)).restart(  # type: ignore[arg-type]
        asked
    )


async def test_a_class_is_made_with_the_settings_and_asked(asked: RestartRequest) -> None:
    assert await call(asked, "Zone", zone="a", hosts=("h1", "h2")) == "restarted in a"
    assert CALLS == [("web-2", ("a", ("h1", "h2")))]


async def test_an_object_is_asked_as_it_is(asked: RestartRequest) -> None:
    assert await call(asked, "ready_made") == "restarted in b"


async def test_a_function_may_have_nothing_to_say(asked: RestartRequest) -> None:
    assert await call(asked, "by_function") == ""
    assert CALLS == [("LivenessProbeFailed", "")]


async def test_whatever_it_raises_is_a_failure(asked: RestartRequest) -> None:
    with pytest.raises(RuntimeFailureError, match="ops_of_a_test:by_function: OSError: no route to host"):
        await call(asked, "by_function", fault="no route to host")


async def test_one_that_takes_too_long_is_cancelled(asked: RestartRequest) -> None:
    with pytest.raises(RuntimeFailureError, match=r"by_function did not end within 0\.05 s"):
        await call(asked, "by_function", 0.05, fault="hang")


async def test_one_that_is_not_there_any_more_is_a_failure(asked: RestartRequest) -> None:
    with pytest.raises(RuntimeFailureError, match='has no "zone"'):
        await call(asked, "zone")


def test_the_interface_is_the_public_one() -> None:
    hook: RestartHook = Zone("a")
    assert hook.restart
