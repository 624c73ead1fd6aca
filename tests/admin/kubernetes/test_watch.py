from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World, make_pod, make_service

from readylb.admin.kubernetes import encoder
from readylb.admin.kubernetes.objects import ApiObject, encode
from readylb.control.store import HISTORY
from readylb.model import EndpointSlice, Pod, Service

PODS = "/api/v1/namespaces/default/pods"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


class Lines:
    """The changes of one watch, as (type, name)."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def document(self) -> dict[str, Any]:
        return json.loads(await self.answer.content.readline())

    async def next(self) -> tuple[str, str]:
        document = await self.document()
        return document["type"], document["object"]["metadata"].get("name", "")


@asynccontextmanager
async def watching(
    api: TestClient, query: str = "", path: str = PODS, headers: dict[str, str] | None = None
) -> Any:
    async with api.get(f"{path}?watch=true&{query}", headers=headers or {}) as answer:
        yield Lines(answer)


def label(world: World, name: str, **labels: str) -> None:
    def change(pod: Pod) -> Pod:
        return replace(pod, metadata=replace(pod.metadata, labels=labels))

    world.store.update(Pod, "default", name, change)


async def test_without_a_version_what_exists_comes_first(api: TestClient, world: World) -> None:
    async with watching(api) as lines:
        assert await lines.next() == ("ADDED", "readiness-rc-5v64f")
        assert await lines.next() == ("ADDED", "readiness-rc-89d89")
        world.store.create(make_pod("new", world.clock.now()))
        assert await lines.next() == ("ADDED", "new")


async def test_with_a_version_only_later_changes_come(api: TestClient, world: World) -> None:
    async with watching(api, f"resourceVersion={world.store.version}") as lines:
        label(world, "readiness-rc-89d89", app="readiness", colour="red")
        assert await lines.next() == ("MODIFIED", "readiness-rc-89d89")
        removed = world.store.remove(Pod, "default", "readiness-rc-89d89")
        document = await lines.document()
        assert document["type"] == "DELETED"
        assert document["object"]["metadata"]["resourceVersion"] == removed.metadata.resource_version


async def test_changes_between_list_and_watch_are_not_lost(api: TestClient, world: World) -> None:
    since = world.store.version
    label(world, "readiness-rc-89d89", app="readiness", colour="red")
    async with watching(api, f"resourceVersion={since}") as lines:
        assert await lines.next() == ("MODIFIED", "readiness-rc-89d89")


async def test_an_object_that_starts_or_stops_to_match_is_added_or_deleted(
    api: TestClient, world: World
) -> None:
    async with watching(api, f"labelSelector=colour=red&resourceVersion={world.store.version}") as lines:
        label(world, "readiness-rc-89d89", colour="red")
        assert await lines.next() == ("ADDED", "readiness-rc-89d89")
        label(world, "readiness-rc-89d89", colour="blue")
        assert await lines.next() == ("DELETED", "readiness-rc-89d89")


async def test_other_namespaces_and_names_are_left_out(api: TestClient, world: World) -> None:
    async with watching(api, f"fieldSelector=metadata.name=b&resourceVersion={world.store.version}") as lines:
        world.store.create(make_pod("b", world.clock.now(), namespace="other"))
        world.store.create(make_pod("a", world.clock.now()))
        world.store.create(make_pod("b", world.clock.now()))
        document = await lines.document()
        assert document["object"]["metadata"]["namespace"] == "default"
        assert document["object"]["metadata"]["name"] == "b"


@pytest.mark.parametrize("ahead", [False, True])
async def test_a_version_that_is_not_known_is_an_error_event_410(
    api: TestClient, world: World, ahead: bool
) -> None:
    for count in range(HISTORY + 1):
        label(world, "readiness-rc-89d89", count=str(count))
    since = world.store.version + 5 if ahead else 1
    async with watching(api, f"resourceVersion={since}") as lines:
        document = await lines.document()
        assert document["type"] == "ERROR"
        assert document["object"]["code"] == 410
        assert document["object"]["reason"] == "Expired"
        assert await lines.answer.content.readline() == b""


async def test_a_watch_that_is_far_behind_has_to_list_again(api: TestClient, world: World) -> None:
    async with watching(api, f"resourceVersion={world.store.version}") as lines:
        for count in range(10_000):
            label(world, "readiness-rc-89d89", count=str(count))
        document = await lines.document()
        assert document["type"] == "ERROR"
        assert document["object"]["code"] == 410
        assert await lines.answer.content.readline() == b""


async def test_a_watch_ends_after_its_time(api: TestClient, world: World) -> None:
    async with watching(api, f"timeoutSeconds=1&resourceVersion={world.store.version}") as lines:
        assert await lines.answer.content.readline() == b""


async def test_a_watch_ends_when_the_store_closes(api: TestClient, world: World) -> None:
    async with watching(api, f"resourceVersion={world.store.version}") as lines:
        world.store.close()
        assert await lines.answer.content.readline() == b""


async def test_tables_come_a_row_at_a_time_with_columns_once(api: TestClient) -> None:
    async with watching(api, headers=TABLE) as lines:
        first, second = await lines.document(), await lines.document()
    assert first["object"]["kind"] == "Table"
    assert [column["name"] for column in first["object"]["columnDefinitions"]][:3] == [
        "Name",
        "Ready",
        "Status",
    ]
    assert first["object"]["rows"][0]["cells"][:3] == ["readiness-rc-5v64f", "1/1", "Running"]
    assert second["object"]["columnDefinitions"] == []


async def test_the_end_of_the_initial_events_is_marked_when_asked_for(api: TestClient) -> None:
    query = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
    async with watching(api, query) as lines:
        assert [(await lines.next())[0] for _ in range(2)] == ["ADDED", "ADDED"]
        document = await lines.document()
        assert document["type"] == "BOOKMARK"
        assert document["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_endpoints_follow_slices_and_services(api: TestClient, world: World) -> None:
    path = "/api/v1/namespaces/default/endpoints"
    async with watching(api, path=path) as lines:
        assert await lines.next() == ("ADDED", "readiness-svc")
        world.store.update(
            EndpointSlice, "default", "readiness-svc-abcde", lambda item: replace(item, endpoints=())
        )
        document = await lines.document()
        assert document["type"] == "MODIFIED"
        assert "subsets" not in document["object"]
        world.store.create(make_service("second"))
        assert await lines.next() == ("ADDED", "second")
        world.store.remove(Service, "default", "readiness-svc")
        assert await lines.next() == ("DELETED", "readiness-svc")


async def test_a_namespace_is_added_with_its_first_object(api: TestClient, world: World) -> None:
    async with watching(api, f"resourceVersion={world.store.version}", path="/api/v1/namespaces") as lines:
        world.store.create(make_pod("a", world.clock.now(), namespace="other"))
        world.store.create(make_pod("b", world.clock.now(), namespace="other"))
        world.store.create(make_pod("c", world.clock.now(), namespace="third"))
        assert await lines.next() == ("ADDED", "other")
        assert await lines.next() == ("ADDED", "third")


async def test_a_client_that_goes_ends_its_watch(api: TestClient, world: World) -> None:
    async with watching(api) as lines:
        await lines.next()
        assert len(world.store._watches) == 1
        lines.answer.close()
    for _ in range(100):
        if not world.store._watches:
            break
        await (await api.get("/livez")).read()
    assert not world.store._watches


async def test_a_change_is_encoded_once_for_all_who_watch(
    api: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[str] = []

    def counted(item: ApiObject) -> dict[str, Any]:
        encoded.append(item.metadata.name)
        return encode(item)

    monkeypatch.setattr(encoder, "encode", counted)
    since = f"resourceVersion={world.store.version}"
    name = "readiness-rc-89d89"
    async with watching(api, since) as one, watching(api, since) as two, watching(api, since) as three:
        label(world, name, app="readiness", colour="red")
        changed = [await lines.document() for lines in (one, two, three)]
        world.store.remove(Pod, "default", name)
        removed = [await lines.document() for lines in (one, two, three)]
    assert [document["type"] for document in changed + removed] == ["MODIFIED"] * 3 + ["DELETED"] * 3
    assert changed[0] == changed[1] == changed[2]
    assert removed[0] == removed[1] == removed[2]
    assert encoded == [name, name]
