from __future__ import annotations

from dataclasses import replace

from aiohttp.test_utils import TestClient
from tests.admin.fakes import World

from readylb.core.drained import DRAINED
from readylb.model import Pod
from readylb.model.pod import PodCondition

PODS = "/api/v1/namespaces/default/pods"
READY = "readiness-rc-5v64f"
OTHER = "readiness-rc-89d89"


def make_ready(world: World, name: str) -> None:
    condition = PodCondition(type="Ready", status="True")
    world.store.update(
        Pod, "default", name, lambda pod: replace(pod, status=replace(pod.status, conditions=(condition,)))
    )


def note(world: World, name: str) -> str | None:
    return world.store.get(Pod, "default", name).metadata.annotations.get(DRAINED)


async def test_a_pod_is_drained_and_told(api: TestClient, world: World) -> None:
    make_ready(world, OTHER)
    answer = await api.post(f"{PODS}/{READY}/drain", json={"force": False})
    assert answer.status == 200
    assert (await answer.json())["metadata"]["annotations"][DRAINED] == "true"
    assert note(world, READY) == "true"


async def test_the_last_pod_of_a_service_is_drained_by_force_only(api: TestClient, world: World) -> None:
    answer = await api.post(f"{PODS}/{READY}/drain", json={})
    document = await answer.json()
    assert (answer.status, document["reason"]) == (429, "TooManyRequests")
    assert document["message"] == (
        "Cannot drain pod as it is the last one with traffic of service/readiness-svc, whose clients "
        "would get nothing but 503"
    )
    assert note(world, READY) is None
    assert (await api.post(f"{PODS}/{READY}/drain", json={"force": True})).status == 200
    assert note(world, READY) == "true"


async def test_of_two_pods_only_one_is_drained(api: TestClient, world: World) -> None:
    make_ready(world, OTHER)
    assert (await api.post(f"{PODS}/{READY}/drain", json={})).status == 200
    assert (await api.post(f"{PODS}/{OTHER}/drain", json={})).status == 429


async def test_what_makes_no_sense_is_refused(api: TestClient, world: World) -> None:
    assert (await api.post(f"{PODS}/nope/drain", json={})).status == 404
    for body in ({"force": "yes"}, []):
        assert (await api.post(f"{PODS}/{READY}/drain", json=body)).status == 400
    assert (await api.post(f"{PODS}/{READY}/drain?dryRun=All", json={"force": True})).status == 200
    assert note(world, READY) is None
