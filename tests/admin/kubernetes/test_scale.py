from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World
from tests.admin.workloads import create_web

from readylb.model import Deployment, ReplicaSet, ReplicationController

SCALE = "/apis/apps/v1/namespaces/default/deployments/web/scale"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(autouse=True)
def web(world: World) -> Deployment:
    return create_web(world.store)


def replicas(world: World) -> int:
    return world.store.get(Deployment, "default", "web").spec.replicas


async def test_a_scale_tells_wanted_and_present_replicas_and_the_selector(api: TestClient) -> None:
    document = await (await api.get(SCALE)).json()
    assert (document["apiVersion"], document["kind"]) == ("autoscaling/v1", "Scale")
    assert document["metadata"]["name"] == "web"
    assert document["spec"] == {"replicas": 3}
    assert document["status"] == {"replicas": 0, "selector": "app=web"}


async def test_a_patch_changes_the_number(api: TestClient, world: World) -> None:
    answer = await api.patch(SCALE, data='{"spec":{"replicas":5}}', headers=MERGE)
    assert (answer.status, (await answer.json())["spec"]) == (200, {"replicas": 5})
    assert replicas(world) == 5


async def test_an_update_of_an_older_version_is_a_conflict(api: TestClient, world: World) -> None:
    scale = await (await api.get(SCALE)).json()
    scale["spec"]["replicas"] = 0
    assert (await api.put(SCALE, json=scale)).status == 200
    assert (await api.put(SCALE, json=scale)).status == 409
    assert replicas(world) == 0


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        (
            "/api/v1/namespaces/default/replicationcontrollers/readiness-rc/scale",
            ReplicationController,
            "readiness-rc",
        ),
        (
            "/apis/apps/v1/namespaces/default/replicasets/nodeapp-5cc89fd495/scale",
            ReplicaSet,
            "nodeapp-5cc89fd495",
        ),
    ],
)
async def test_the_other_workloads_are_scaled_alike(
    api: TestClient, world: World, path: str, kind: Any, name: str
) -> None:
    assert (await api.patch(path, data='{"spec":{"replicas":7}}', headers=MERGE)).status == 200
    assert world.store.get(kind, "default", name).spec.replicas == 7


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"spec":{"replicas":-1}}', 422),
        ('{"spec":{"replicas":"3"}}', 400),
        ('{"spec":{"replicas":true}}', 400),
        ('{"spec":{"replicas":4294967296}}', 400),
        ('{"spec":3}', 400),
        ('{"metadata":null}', 400),
        ("x", 400),
        ('{"metadata":{"resourceVersion":"1"},"spec":{"replicas":1}}', 409),
    ],
)
async def test_what_is_no_scale_changes_nothing(
    api: TestClient, world: World, body: str, status: int
) -> None:
    answer = await api.patch(SCALE, data=body, headers=MERGE)
    assert answer.status == status
    assert replicas(world) == 3


async def test_too_few_replicas_are_told_as_the_api_server_tells_them(api: TestClient) -> None:
    answer = await api.patch(SCALE, data='{"spec":{"replicas":-1}}', headers=MERGE)
    message = (await answer.json())["message"]
    assert message == (
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: '
        "must be greater than or equal to 0"
    )


async def test_a_dry_run_writes_nothing(api: TestClient, world: World) -> None:
    answer = await api.patch(f"{SCALE}?dryRun=All", data='{"spec":{"replicas":9}}', headers=MERGE)
    assert (await answer.json())["spec"] == {"replicas": 9}
    assert replicas(world) == 3
    assert (await api.patch(f"{SCALE}?dryRun=some", data="{}", headers=MERGE)).status == 400


async def test_what_has_no_replicas_has_no_scale(api: TestClient) -> None:
    assert (await api.get("/api/v1/namespaces/default/pods/readiness-rc-5v64f/scale")).status == 404
    assert (await api.get(SCALE.replace("web", "nope"))).status == 404
