"""What the tests of the runtimes share: a table in a temporary folder, pods, and waiting on conditions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from readylb.control.clock import SteadyClock
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.table import RuntimeTable
from readylb.model import Pod
from readylb.model.container import Container, ContainerPort
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec

SHELL = ("/bin/sh", "-c")


def make_pod(script: str, *, name: str = "web-0", ports: tuple[int, ...] = (), **container: object) -> Pod:
    declared = tuple(ContainerPort(container_port=port) for port in ports)
    shell_script = script.replace("$$", "$$$$")  # Kubernetes makes one dollar of two
    main = Container(name="main", command=(*SHELL, shell_script), ports=declared, **container)  # type: ignore[arg-type]
    return Pod(metadata=ObjectMeta(name=name, uid=f"uid-{name}"), spec=PodSpec(containers=(main,)))


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        await asyncio.sleep(0.005)


def alive(pid: int) -> bool:
    """A zombie is not alive: whoever adopted it has only not asked for its status yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def read_pid(path: Path) -> int:
    return int(path.read_text())


def written(path: Path) -> Callable[[], bool]:
    return lambda: path.exists() and path.read_text().endswith("\n")


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[RuntimeTable]:
    faults: list[BaseException] = []
    found = RuntimeTable(SteadyClock(), tmp_path / "state", {"mapped": ("/bin/echo", "hello")}, faults.append)
    yield found
    await found.close()
    assert faults == []


@pytest.fixture
def runtime(table: RuntimeTable) -> ProcessRuntime:
    found = table.for_pod(Pod())
    assert isinstance(found, ProcessRuntime)
    return found
