from __future__ import annotations

import asyncio

import pytest

from readylb.control.restarts import RestartRequest
from readylb.control.restarts.restarter import Restarter
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container, ContainerState, ContainerStateTerminated, ContainerStatus
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodStatus

WEB = Container(name="web")


class Hook:
    """Notes what it was asked; waits until it may go on, then says `words` or fails with `fault`."""

    def __init__(self) -> None:
        self.asked: list[RestartRequest] = []
        self.running = self.most = 0
        self.go = asyncio.Event()
        self.words: str | None = None
        self.fault: Exception | None = None

    async def restart(self, request: RestartRequest) -> str | None:
        self.asked.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        await self.go.wait()
        self.running -= 1
        if self.fault:
            raise self.fault
        return self.words


@pytest.fixture
async def hook() -> Hook:
    return Hook()


@pytest.fixture
def restarter(hook: Hook) -> Restarter:
    return Restarter(lambda _: ("exec", hook))


def pod(name: str = "web-12", endpoint: str = "127.0.0.1:8081", message: str = "") -> Pod:
    ended = ContainerStateTerminated(reason="LivenessProbeFailed", message=message)
    status = ContainerStatus(name="web", state=ContainerState(terminated=ended))
    meta = ObjectMeta(name=name, namespace="shop", annotations={"readylb.io/endpoint": endpoint})
    return Pod(metadata=meta, status=PodStatus(container_statuses=(status,)))


async def test_a_hook_is_told_who_and_why(restarter: Restarter, hook: Hook) -> None:
    hook.go.set()
    await restarter.restart(pod(message="connection refused"), WEB, 4)
    assert hook.asked == [
        RestartRequest(
            pod_name="web-12",
            namespace="shop",
            container="web",
            endpoint="127.0.0.1:8081",
            index="12",
            reason="LivenessProbeFailed",
            message="connection refused",
            restart_count=4,
        )
    ]


@pytest.mark.parametrize(("name", "index"), [("web-0", "0"), ("web", ""), ("web-a1", ""), ("web-²", "")])
async def test_the_index_is_the_number_at_the_end_of_the_name(
    restarter: Restarter, hook: Hook, name: str, index: str
) -> None:
    hook.go.set()
    await restarter.restart(pod(name), WEB, 1)
    assert hook.asked[0].index == index


async def test_an_event_says_what_the_hook_says(restarter: Restarter, hook: Hook) -> None:
    hook.go.set()
    assert await restarter.restart(pod(), WEB, 1) == "Restart hook exec has run for 127.0.0.1:8081"
    hook.words = "unit web is active"
    said = await restarter.restart(pod(), WEB, 2)
    assert said == "Restart hook exec has run for 127.0.0.1:8081: unit web is active"
    hook.fault = RuntimeFailureError("no such unit")
    with pytest.raises(RuntimeFailureError) as caught:
        await restarter.restart(pod(), WEB, 3)
    assert str(caught.value) == "Restart hook exec failed for 127.0.0.1:8081: no such unit"


async def test_an_endpoint_is_restarted_by_one_at_a_time(restarter: Restarter, hook: Hook) -> None:
    same = [restarter.restart(pod(name), WEB, 1) for name in ("web-0", "api-0")]
    other = restarter.restart(pod("web-1", "127.0.0.1:8082"), WEB, 1)
    running = asyncio.gather(*same, other)
    for _ in range(5):
        await asyncio.sleep(0)
    assert {item.endpoint for item in hook.asked} == {"127.0.0.1:8081", "127.0.0.1:8082"}
    assert hook.most == 2
    hook.go.set()
    assert len(await running) == 3
    assert hook.most == 2
    assert repr(restarter) == "<Restarter []>"
