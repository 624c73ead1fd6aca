from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World
from tests.admin.workloads import create_web

from readylb.admin.kubernetes.objects import encode
from readylb.config.documents import read_document
from readylb.model import Deployment, ReplicationController

WEB = "/apis/apps/v1/namespaces/default/deployments/web"
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"


@pytest.fixture(autouse=True)
def web(world: World) -> Deployment:
    return create_web(world.store)


async def send(api: TestClient, body: Any, kind: str = STRATEGIC, path: str = WEB) -> tuple[int, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = await api.patch(path, data=text, headers={"Content-Type": kind})
    return answer.status, await answer.json()


def stored(world: World) -> Deployment:
    return world.store.get(Deployment, "default", "web")


def test_an_object_that_is_encoded_and_read_again_is_the_same(web: Deployment) -> None:
    read, problems, _ = read_document(encode(web))
    assert problems == ()
    assert isinstance(read, Deployment)
    assert (read.spec, read.metadata.labels) == (web.spec, web.metadata.labels)


async def test_a_restart_annotates_the_template_alone(api: TestClient, world: World, web: Deployment) -> None:
    at = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    status, document = await send(api, {"spec": {"template": {"metadata": {"annotations": at}}}})
    assert (status, document["metadata"]["generation"]) == (200, 2)
    assert stored(world).spec.template.metadata.annotations == at
    assert stored(world).spec.template.spec == web.spec.template.spec


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (STRATEGIC, {"spec": {"paused": True}}),
        (MERGE, {"spec": {"paused": True}}),
        ("application/json-patch+json", [{"op": "add", "path": "/spec/paused", "value": True}]),
    ],
)
async def test_three_kinds_of_patches_are_taken(api: TestClient, world: World, kind: str, body: Any) -> None:
    assert (await send(api, body, kind))[0] == 200
    assert stored(world).spec.paused is True


async def test_null_brings_the_default_back(api: TestClient, world: World) -> None:
    await send(api, {"spec": {"paused": True}})
    await send(api, {"spec": {"paused": None}})
    assert stored(world).spec.paused is False


async def test_a_container_is_patched_by_its_name(api: TestClient, world: World) -> None:
    containers = [{"name": "web", "image": "web:2", "env": [{"name": "B", "value": "2"}]}]
    await send(api, {"spec": {"template": {"spec": {"containers": containers}}}})
    (container,) = stored(world).spec.template.spec.containers
    assert (container.image, [item.name for item in container.env]) == ("web:2", ["A", "B"])
    assert container.readiness_probe is not None


async def test_labels_and_annotations_change_without_a_new_generation(api: TestClient, world: World) -> None:
    await send(api, {"metadata": {"labels": {"app": None, "b": "c"}, "annotations": {"d": "e"}}}, MERGE)
    meta = stored(world).metadata
    assert (meta.labels, meta.annotations["d"], meta.generation) == ({"b": "c"}, "e", 1)


async def test_a_replication_controller_is_patched_too(api: TestClient, world: World) -> None:
    path = "/api/v1/namespaces/default/replicationcontrollers/readiness-rc"
    assert (await send(api, {"spec": {"replicas": 5}}, path=path))[0] == 200
    assert world.store.get(ReplicationController, "default", "readiness-rc").spec.replicas == 5


async def test_a_patch_of_the_status_changes_nothing(api: TestClient, world: World, web: Deployment) -> None:
    assert (await send(api, {"status": {"replicas": 9}}))[0] == 200
    assert stored(world) == web


async def test_a_dry_run_shows_and_writes_nothing(api: TestClient, world: World, web: Deployment) -> None:
    status, document = await send(api, {"spec": {"replicas": 9}}, path=f"{WEB}?dryRun=All")
    assert (status, document["spec"]["replicas"]) == (200, 9)
    assert stored(world) == web


async def test_every_broken_rule_is_a_cause(api: TestClient, world: World, web: Deployment) -> None:
    containers = [{"name": "web", "image": ""}]
    status, document = await send(
        api, {"spec": {"replicas": -1, "template": {"spec": {"containers": containers}}}}
    )
    assert (status, document["reason"]) == (422, "Invalid")
    assert document["message"].startswith(
        'Deployment.apps "web" is invalid: [spec.replicas: Invalid value: -1'
    )
    causes = {cause["field"]: cause["reason"] for cause in document["details"]["causes"]}
    assert causes["spec.replicas"] == "FieldValueInvalid"
    assert causes["spec.template.spec.containers[0].image"] == "FieldValueRequired"
    assert stored(world) == web


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"metadata": {"name": "other"}}, "metadata.name"),
        ({"metadata": {"uid": "other"}}, "metadata.uid"),
        ({"kind": "ReplicaSet"}, "kind"),
        ({"spec": {"selector": {"matchLabels": {"a": "b"}}}}, "spec.selector"),
        ({"spec": None}, "spec.selector"),
        ({"spec": {"replicas": "three"}}, "spec.replicas"),
        ({"spec": {"replica": 3}}, "spec.replica"),
    ],
)
async def test_what_cannot_change_or_be_is_refused(
    api: TestClient, world: World, web: Deployment, body: Any, field: str
) -> None:
    status, document = await send(api, body, MERGE)
    assert status == 422
    assert field in document["message"]
    assert stored(world) == web


@pytest.mark.parametrize("version", [[], {}, 1])
async def test_what_is_no_version_is_a_conflict_too(
    api: TestClient, world: World, web: Deployment, version: Any
) -> None:
    body = {"metadata": {"resourceVersion": version}, "spec": {"replicas": 4}}
    assert (await send(api, body, MERGE))[0] == 409
    assert stored(world) == web


async def test_a_patch_of_an_older_version_is_a_conflict(api: TestClient, web: Deployment) -> None:
    version = web.metadata.resource_version
    body = {"metadata": {"resourceVersion": version}, "spec": {"replicas": 4}}
    assert (await send(api, body))[0] == 200
    status, document = await send(api, body)
    assert (status, document["reason"]) == (409, "Conflict")
    assert 'deployments.apps "web": the object has been modified' in document["message"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", MERGE, 400),
        ("[" * 100_000, MERGE, 400),
        ('{"spec":' * 5000 + "1" + "}" * 5000, MERGE, 400),
        ("NaN", MERGE, 400),
        ("3", STRATEGIC, 400),
        ('{"metadata": 3}', MERGE, 400),
        ('[{"op": "remove", "path": "/nope"}]', "application/json-patch+json", 400),
        ('[{"op": "remove", "path": ""}]', "application/json-patch+json", 400),
        ('[{"op": {}, "path": "/spec"}]', "application/json-patch+json", 400),
        ("{}", "application/apply-patch+yaml", 415),
        ("{}", "application/json", 415),
    ],
)
async def test_what_cannot_be_read_is_refused(api: TestClient, body: str, kind: str, status: int) -> None:
    assert (await send(api, body, kind))[0] == status


async def test_server_side_apply_is_415_with_a_way_out(api: TestClient) -> None:
    status, document = await send(api, "{}", "application/apply-patch+yaml")
    assert status == 415
    assert "leave out --server-side" in document["message"]


async def test_a_missing_object_and_a_resource_without_patches_say_so(api: TestClient) -> None:
    assert (await send(api, {}, path=f"{WEB}x"))[0] == 404
    assert (await send(api, {}, path="/api/v1/namespaces/default/endpoints/x"))[0] == 405
