from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.control.restarts.engine import Engine

from readylb.control.restarts import RestartRequest
from readylb.control.restarts.docker_hook import DockerHook
from readylb.errors import RuntimeFailureError
from readylb.model.restart import DockerRestart


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="readylb-") as folder:  # pytest's own are long for a socket
        found = Engine(Path(folder) / "docker.sock", {"web-2": {"Running": True, "Status": "running"}})
        runner = await found.start()
        yield found
        await runner.cleanup()


async def restart(
    engine: Engine, asked: RestartRequest, container: str = "web-$(INDEX)", **settings: object
) -> str:
    hook = DockerRestart(container=container, socket=str(engine.socket), **settings)  # type: ignore[arg-type]
    return await DockerHook(hook).restart(asked)


async def test_a_container_is_restarted_by_its_name(engine: Engine, asked: RestartRequest) -> None:
    assert await restart(engine, asked) == "container web-2 is running"
    assert engine.restarts == [("web-2", "")]


async def test_the_seconds_before_it_is_killed_are_passed_on(engine: Engine, asked: RestartRequest) -> None:
    await restart(engine, asked, stop_seconds=3)
    assert engine.restarts == [("web-2", "t=3")]


async def test_what_the_engine_says_is_told(engine: Engine, asked: RestartRequest) -> None:
    with pytest.raises(RuntimeFailureError) as caught:
        await restart(engine, asked, "api")
    assert str(caught.value) == "the engine answered 404 for container api: No such container: api"
    engine.failure = (500, "driver failed:\nport is already allocated")
    with pytest.raises(RuntimeFailureError, match="driver failed: port is already allocated"):
        await restart(engine, asked)


async def test_a_container_that_ends_again_at_once_was_not_restarted(
    engine: Engine, asked: RestartRequest
) -> None:
    engine.after = {"Running": False, "Status": "exited", "ExitCode": 3, "Error": ""}
    with pytest.raises(RuntimeFailureError, match=r"container web-2 has ended again with exit code 3$"):
        await restart(engine, asked)


async def test_an_engine_that_hangs_is_left(engine: Engine, asked: RestartRequest) -> None:
    engine.hangs = True
    with pytest.raises(RuntimeFailureError, match=r"container web-2 was not restarted within 0\.2 s"):
        await restart(engine, asked, timeout_seconds=0.2)


async def test_without_an_engine_its_socket_is_named(asked: RestartRequest) -> None:
    hook = DockerHook(DockerRestart(container="web", socket="/no/such.sock"))
    with pytest.raises(RuntimeFailureError) as caught:
        await hook.restart(asked)
    assert str(caught.value) == "cannot ask the engine at /no/such.sock: no such file or directory"
