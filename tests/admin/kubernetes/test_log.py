from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World, make_container, make_pod, waiting

from readylb.errors import NotFoundError, RuntimeFailureError

LOG = "/api/v1/namespaces/default/pods/readiness-rc-5v64f/log"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "line 0\nline 1\nline 2\nline 3\nline 4\n"),
        ("tailLines=2", "line 3\nline 4\n"),
        ("tailLines=0", ""),
        ("limitBytes=10", "line 0\nlin"),
        ("limitBytes=7", "line 0\n"),
        ("container=readiness&tailLines=1", "line 4\n"),
        ("timestamps=true&tailLines=1", "2023-11-14T22:13:20.400000095Z line 4\n"),
    ],
)
async def test_the_log_is_plain_text_as_asked_for(api: TestClient, query: str, text: str) -> None:
    answer = await api.get(f"{LOG}?{query}")
    assert answer.content_type == "text/plain"
    assert await answer.text() == text


async def test_lines_older_than_asked_for_are_left_out(api: TestClient, world: World) -> None:
    now = world.clock.now()
    world.runtime.lines[:] = [(now - 100, b"old"), (now - 5, b"new")]
    assert await (await api.get(f"{LOG}?sinceSeconds=10")).text() == "new\n"


async def test_the_previous_incarnation_has_its_own_log(api: TestClient) -> None:
    path = LOG.replace("5v64f", "89d89")
    assert await (await api.get(f"{path}?previous=true")).text() == "I was here\n"


async def test_without_an_earlier_incarnation_there_is_no_previous_log(api: TestClient) -> None:
    answer = await api.get(f"{LOG}?previous=true")
    assert answer.status == 400
    assert (await answer.json())["message"] == (
        'previous terminated container "readiness" in pod "readiness-rc-5v64f" not found'
    )


async def test_a_container_that_never_ran_says_why(api: TestClient, world: World) -> None:
    world.store.create(make_pod("slow", world.clock.now(), waiting("ContainerCreating")))
    answer = await api.get(LOG.replace("readiness-rc-5v64f", "slow"))
    assert answer.status == 400
    assert (await answer.json())["message"] == (
        'container "readiness" in pod "slow" is waiting to start: ContainerCreating'
    )


async def test_an_unknown_container_or_pod_is_named(api: TestClient) -> None:
    answer = await api.get(f"{LOG}?container=x")
    assert (await answer.json())["message"] == "container x is not valid for pod readiness-rc-5v64f"
    answer = await api.get(LOG.replace("readiness-rc-5v64f", "nope"))
    assert answer.status == 404


async def test_several_containers_need_a_choice(api: TestClient, world: World) -> None:
    pod = make_pod("two", world.clock.now())
    second = replace(make_container(), name="second")
    world.store.create(replace(pod, spec=replace(pod.spec, containers=(*pod.spec.containers, second))))
    answer = await api.get(LOG.replace("readiness-rc-5v64f", "two"))
    assert "choose one of: [readiness second]" in (await answer.json())["message"]


async def test_a_bad_number_is_a_bad_request(api: TestClient) -> None:
    assert (await api.get(f"{LOG}?tailLines=-1")).status == 400


@pytest.mark.parametrize(
    ("error", "status"), [(NotFoundError("no log is kept"), 400), (RuntimeFailureError("disk on fire"), 500)]
)
async def test_a_runtime_that_has_no_log_says_why(
    api: TestClient, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    async def logs(*_: object, **__: object) -> object:
        raise error
        yield

    monkeypatch.setattr(world.runtime, "logs", logs)
    answer = await api.get(LOG)
    assert answer.status == status
    assert str(error) in (await answer.json())["message"]


async def test_a_follower_sees_lines_as_they_are_written(api: TestClient, world: World) -> None:
    async with api.get(f"{LOG}?follow=true&tailLines=1") as answer:
        assert await answer.content.readline() == b"line 4\n"
        world.runtime.more.put_nowait(b"more")
        assert await answer.content.readline() == b"more\n"
        assert world.runtime.following == 1


async def test_a_follower_of_a_silent_container_gets_its_head_at_once(api: TestClient, world: World) -> None:
    async with api.get(f"{LOG}?follow=true&tailLines=0") as answer:
        assert answer.status == 200
