from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World, make_pod

from readylb.model import Deployment, Pod, Service

PODS = "/api/v1/namespaces/default/pods"


async def test_a_list_has_kind_version_and_items_sorted_by_name(api: TestClient, world: World) -> None:
    world.store.create(make_pod("a-first", world.clock.now()))
    document = await (await api.get(PODS)).json()
    assert document["kind"] == "PodList"
    assert document["apiVersion"] == "v1"
    assert document["metadata"]["resourceVersion"] == str(world.store.version)
    names = [item["metadata"]["name"] for item in document["items"]]
    assert names == ["a-first", "readiness-rc-5v64f", "readiness-rc-89d89"]


async def test_an_empty_list_has_an_empty_array(api: TestClient) -> None:
    document = await (await api.get("/api/v1/namespaces/other/pods")).json()
    assert document["items"] == []


async def test_a_list_without_a_namespace_is_of_all(api: TestClient, world: World) -> None:
    world.store.create(make_pod("elsewhere", world.clock.now(), namespace="other"))
    document = await (await api.get("/api/v1/pods")).json()
    assert {item["metadata"]["namespace"] for item in document["items"]} == {"default", "other"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=app%3Dreadiness", 2),
        ("labelSelector=app!%3Dreadiness", 0),
        ("labelSelector=app in (readiness,x)", 2),
        ("fieldSelector=metadata.name%3Dreadiness-rc-5v64f", 1),
        ("fieldSelector=status.phase%3DPending", 0),
    ],
)
async def test_selectors_choose(api: TestClient, query: str, names: int) -> None:
    assert len((await (await api.get(f"{PODS}?{query}")).json())["items"]) == names


@pytest.mark.parametrize(
    "query", ["labelSelector=a=b=c", "fieldSelector=spec.colour=red", "watch=1&timeoutSeconds=x"]
)
async def test_what_cannot_be_read_is_a_bad_request(api: TestClient, query: str) -> None:
    answer = await api.get(f"{PODS}?{query}")
    assert answer.status == 400
    assert (await answer.json())["reason"] == "BadRequest"


async def test_one_object_is_given_with_kind_and_version(api: TestClient) -> None:
    document = await (await api.get(f"{PODS}/readiness-rc-5v64f")).json()
    assert (document["apiVersion"], document["kind"]) == ("v1", "Pod")
    assert document["status"]["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{PODS}/nope", 'pods "nope" not found'),
        ("/apis/apps/v1/namespaces/default/deployments/nope", 'deployments.apps "nope" not found'),
        ("/api/v1/namespaces/nope", 'namespaces "nope" not found'),
        ("/api/v1/namespaces/default/configmaps", "the server could not find the requested resource"),
        ("/apis/batch/v1/jobs", "the server could not find the requested resource"),
    ],
)
async def test_what_is_not_there_is_404_in_kubernetes_words(api: TestClient, path: str, message: str) -> None:
    answer = await api.get(path)
    assert answer.status == 404
    assert (await answer.json())["message"] == message


async def test_a_template_shows_only_what_means_something_there(api: TestClient) -> None:
    document = await (await api.get("/apis/apps/v1/namespaces/default/deployments/nodeapp")).json()
    assert document["spec"]["template"]["metadata"] == {
        "name": "readiness-pod",
        "labels": {"app": "readiness"},
    }


async def test_endpoints_are_made_of_the_slices_of_a_service(api: TestClient) -> None:
    document = await (await api.get("/api/v1/namespaces/default/endpoints/readiness-svc")).json()
    (subset,) = document["subsets"]
    assert [address["ip"] for address in subset["addresses"]] == ["10.0.0.1"]
    assert [address["ip"] for address in subset["notReadyAddresses"]] == ["10.0.0.2"]
    assert subset["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]


async def test_namespaces_are_those_in_use_and_default(api: TestClient, world: World) -> None:
    world.store.create(make_pod("elsewhere", world.clock.now(), namespace="other"))
    document = await (await api.get("/api/v1/namespaces")).json()
    assert [item["metadata"]["name"] for item in document["items"]] == ["default", "other"]
    assert "namespace" not in document["items"][0]["metadata"]


async def test_deleting_a_pod_marks_it_with_its_own_grace_period(api: TestClient, world: World) -> None:
    answer = await api.delete(f"{PODS}/readiness-rc-5v64f")
    assert answer.status == 200
    assert (await answer.json())["metadata"]["deletionGracePeriodSeconds"] == 30
    pod = world.store.get(Pod, "default", "readiness-rc-5v64f")
    assert pod.metadata.deletion_timestamp == world.clock.now() + 30


@pytest.mark.parametrize(
    ("query", "body", "seconds"),
    [
        ("?gracePeriodSeconds=7", None, 7),
        ("", {"gracePeriodSeconds": 5}, 5),
        ("?gracePeriodSeconds=7", {"gracePeriodSeconds": 0}, 0),
        ("", {"gracePeriodSeconds": None}, 30),
        ("?gracePeriodSeconds=-1", None, 1),
    ],
)
async def test_a_grace_period_may_be_asked_for(
    api: TestClient, world: World, query: str, body: object, seconds: int
) -> None:
    await api.delete(f"{PODS}/readiness-rc-5v64f{query}", json=body)
    pod = world.store.get(Pod, "default", "readiness-rc-5v64f")
    assert pod.metadata.deletion_grace_period_seconds == seconds


async def test_deleting_a_service_or_workload_removes_it_at_once(api: TestClient, world: World) -> None:
    answer = await api.delete("/api/v1/namespaces/default/services/readiness-svc")
    status = await answer.json()
    assert (status["kind"], status["status"]) == ("Status", "Success")
    assert status["details"]["name"] == "readiness-svc"
    assert world.store.find(Service, "default", "readiness-svc") is None
    await api.delete("/apis/apps/v1/namespaces/default/deployments/nodeapp")
    assert world.store.find(Deployment, "default", "nodeapp") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"gracePeriodSeconds": "soon"}', 400),
        (b'{"propagationPolicy": "Orphan"}', 400),
        (b'{"preconditions": {"uid": "another"}}', 409),
        (b'{"preconditions": {"resourceVersion": "99999"}}', 409),
        (b'{"dryRun": ["All"]}', 200),
    ],
)
async def test_a_delete_that_must_not_happen_changes_nothing(
    api: TestClient, world: World, body: bytes, status: int
) -> None:
    answer = await api.delete(f"{PODS}/readiness-rc-5v64f", data=body)
    assert answer.status == status
    assert world.store.get(Pod, "default", "readiness-rc-5v64f").metadata.deletion_timestamp is None


async def test_what_follows_from_others_cannot_be_deleted(api: TestClient) -> None:
    answer = await api.delete("/api/v1/namespaces/default/endpoints/readiness-svc")
    assert answer.status == 405
    assert "cannot be deleted" in (await answer.json())["message"]


async def test_deleting_what_is_not_there_is_404(api: TestClient) -> None:
    answer = await api.delete(f"{PODS}/nope")
    assert answer.status == 404
    assert (await answer.json())["details"] == {"name": "nope", "kind": "pods"}
