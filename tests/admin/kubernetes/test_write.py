"""POST and PUT: the API server's codes, reasons and words."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World

from readylb.admin.kubernetes.objects import encode
from readylb.model import Deployment, Pod, Service

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"
SERVICES = "/api/v1/namespaces/default/services"


def deployment(name: str = "new", **spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "web:1", "command": ["true"], "ports": [{"containerPort": 80}]}
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def service(**spec: Any) -> dict[str, Any]:
    known = {"selector": {"app": "new"}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "new"}, "spec": known}


async def post(api: TestClient, body: Any, path: str = DEPLOYMENTS, kind: str = "") -> tuple[int, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = await api.post(path, data=text, headers={"Content-Type": kind or "application/json"})
    return answer.status, await answer.json()


async def put(api: TestClient, body: Any, path: str = f"{DEPLOYMENTS}/new") -> tuple[int, Any]:
    answer = await api.put(path, json=body)
    return answer.status, await answer.json()


async def test_what_is_posted_is_made_with_every_default(api: TestClient, world: World) -> None:
    status, document = await post(api, deployment())
    assert (status, document["metadata"]["namespace"], document["metadata"]["generation"]) == (
        201,
        "default",
        1,
    )
    assert document["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    assert world.store.get(Deployment, "default", "new").spec.replicas == 1


async def test_every_kind_that_files_may_hold_can_be_made(api: TestClient, world: World) -> None:
    container = {"name": "a", "image": "i", "command": ["x"]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "p-"},
        "spec": {"containers": [container]},
    }
    status, made = await post(api, pod, PODS)
    assert status == 201
    assert made["metadata"]["name"].startswith("p-")
    assert (await post(api, service(), SERVICES))[0] == 201
    replica_set = {**deployment(), "kind": "ReplicaSet"}
    assert (await post(api, replica_set, "/apis/apps/v1/namespaces/default/replicasets"))[0] == 201
    rc = {**deployment(), "apiVersion": "v1", "kind": "ReplicationController"}
    rc["spec"] = {**rc["spec"], "selector": {"app": "new"}}
    assert (await post(api, rc, "/api/v1/namespaces/other/replicationcontrollers"))[0] == 201
    assert world.store.find(Pod, "default", made["metadata"]["name"]) is not None


async def test_yaml_is_read_too(api: TestClient) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: new}\nspec: {ports: [{port: 80}]}\n"
    assert (await post(api, text, SERVICES, "application/yaml"))[0] == 201
    status, document = await post(api, f"{text}---\n{text}", SERVICES, "application/yaml")
    assert (status, "there must be one document, and there are 2" in document["message"]) == (400, True)
    assert (await post(api, "{", SERVICES, "application/yaml"))[0] == 400


async def test_a_name_that_is_taken_is_409(api: TestClient, world: World) -> None:
    await post(api, deployment())
    version = world.store.version
    status, document = await post(api, deployment(replicas=3))
    assert (status, document["reason"]) == (409, "AlreadyExists")
    assert document["message"] == 'deployments.apps "new" already exists'
    assert document["details"] == {"name": "new", "kind": "deployments", "group": "apps"}
    assert world.store.version == version


async def test_every_broken_rule_is_a_cause_of_422(api: TestClient, world: World) -> None:
    status, document = await post(api, deployment("Bad", replicas=-1))
    assert (status, document["reason"]) == (422, "Invalid")
    assert {cause["field"] for cause in document["details"]["causes"]} >= {"metadata.name", "spec.replicas"}
    assert world.store.find(Deployment, "default", "Bad") is None


async def test_a_container_without_a_local_command_is_refused(api: TestClient, world: World) -> None:
    body = deployment()
    del body["spec"]["template"]["spec"]["containers"][0]["command"]
    status, document = await post(api, body)
    (cause,) = document["details"]["causes"]
    assert (status, cause["field"]) == (422, "spec.template.spec.containers[0].image")
    assert 'cannot run image "web:1": no local command is known for it' in cause["message"]
    world.images["web:1"] = ("true",)
    assert (await post(api, body))[0] == 201
    world.images.clear()
    # What was there before is no reason to refuse another change.
    body["spec"]["replicas"] = 2
    assert (await put(api, body))[0] == 200
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"
    assert (await put(api, body))[0] == 422


async def test_more_pods_than_the_machine_has_ports_are_refused(api: TestClient) -> None:
    assert (await post(api, deployment(replicas=9000)))[0] == 201
    status, document = await post(api, deployment("more", replicas=1001))
    assert (status, document["details"]["causes"][0]["field"]) == (422, "spec.replicas")
    assert "ports, one for each that they declare" in document["message"]
    change = json.dumps({"spec": {"replicas": 2_000_000}})
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = await api.patch(f"{DEPLOYMENTS}/new/scale", data=change, headers=headers)
    assert answer.status == 422


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("{", "json parse error"),
        ("[]", "the object provided is unrecognized (must be of type Deployment)"),
        ({}, "the object provided is unrecognized (must be of type Deployment)"),
        (service(), 'Service in version "v1" cannot be handled as a Deployment'),
        ({**deployment(), "metadata": 3}, "metadata must be an object"),
        (
            {**deployment(), "metadata": {"name": "x", "namespace": "y"}},
            "the namespace of the provided object",
        ),
        (deployment(replicas="many"), "json: cannot unmarshal string into DeploymentSpec.replicas"),
        (deployment(replica=1), 'strict decoding error: unknown field "spec.replica"'),
    ],
)
async def test_what_cannot_be_read_is_400(api: TestClient, body: Any, part: str) -> None:
    status, document = await post(api, body)
    assert (status, document["reason"]) == (400, "BadRequest")
    assert part in document["message"]


async def test_unknown_fields_are_warnings_for_whoever_asks_for_that(api: TestClient) -> None:
    answer = await api.post(f"{DEPLOYMENTS}?fieldValidation=Warn", json=deployment(replica=1))
    assert answer.status == 201
    (warning,) = answer.headers.getall("Warning")
    assert warning.startswith('299 - "unknown field \\"spec.replica\\"')
    assert (await api.post(f"{DEPLOYMENTS}?fieldValidation=Loudly", json=deployment("x"))).status == 400


async def test_protobuf_is_415_with_a_way_out(api: TestClient) -> None:
    status, document = await post(api, "k8s", DEPLOYMENTS, "application/vnd.kubernetes.protobuf")
    assert status == 415
    assert "kubectl create ... --dry-run=client -o yaml | kubectl create -f -" in document["message"]


async def test_a_dry_run_judges_and_writes_nothing(api: TestClient, world: World) -> None:
    version = world.store.version
    assert (await api.post(f"{DEPLOYMENTS}?dryRun=All", json=deployment())).status == 201
    assert (await api.post(f"{DEPLOYMENTS}?dryRun=All", json=deployment(replicas=-1))).status == 422
    assert world.store.version == version


async def test_a_put_replaces_what_an_author_says_and_nothing_else(api: TestClient, world: World) -> None:
    _, made = await post(api, deployment(replicas=3, minReadySeconds=5))
    body = {**deployment(replicas=4), "status": {"replicas": 9}}
    status, document = await put(api, body)
    assert (status, document["spec"]["replicas"], document["spec"]["minReadySeconds"]) == (200, 4, 0)
    assert document["metadata"]["uid"] == made["metadata"]["uid"]
    assert document["metadata"]["generation"] == 2
    assert world.store.get(Deployment, "default", "new").status.replicas == 0


async def test_a_put_of_what_is_there_changes_nothing(api: TestClient, world: World) -> None:
    await post(api, deployment())
    version = world.store.version
    assert (await put(api, encode(world.store.get(Deployment, "default", "new"))))[0] == 200
    assert world.store.version == version


async def test_a_put_of_another_version_or_another_object_is_a_conflict(api: TestClient) -> None:
    _, made = await post(api, deployment())
    older = deepcopy(made)
    assert (await put(api, deployment(replicas=2)))[0] == 200
    status, document = await put(api, older)
    assert (status, document["reason"]) == (409, "Conflict")
    assert "the object has been modified; please apply your changes" in document["message"]
    other = {**deployment(), "metadata": {"name": "new", "uid": "another"}}
    status, document = await put(api, other)
    assert (status, "UID in precondition: another" in document["message"]) == (409, True)


async def test_a_put_needs_an_object_of_that_name(api: TestClient) -> None:
    assert (await put(api, deployment()))[0] == 404
    await post(api, deployment())
    status, document = await put(api, deployment("other"))
    assert (status, "does not match the name on the URL (new)" in document["message"]) == (400, True)


async def test_a_selector_cannot_be_replaced(api: TestClient) -> None:
    await post(api, deployment())
    body = deployment()
    body["spec"]["selector"] = {"matchLabels": {"b": "c"}}
    body["spec"]["template"]["metadata"]["labels"] = {"b": "c"}
    status, document = await put(api, body)
    assert (status, document["details"]["causes"][0]["message"]) == (
        422,
        'Invalid value: {"matchLabels":{"b":"c"}}: field is immutable',
    )


async def test_a_service_that_is_replaced_keeps_what_it_was_given(api: TestClient, world: World) -> None:
    await post(api, service(type="LoadBalancer", ports=[{"port": 80, "nodePort": 31000}]), SERVICES)
    status, document = await put(
        api, service(type="LoadBalancer", sessionAffinity="ClientIP"), f"{SERVICES}/new"
    )
    assert (status, document["spec"]["ports"][0]["nodePort"]) == (200, 31000)
    assert (await put(api, service(type="ClusterIP"), f"{SERVICES}/new"))[0] == 200
    assert world.store.get(Service, "default", "new").spec.ports[0].node_port == 0


async def test_what_follows_from_other_objects_cannot_be_written(api: TestClient) -> None:
    status, document = await post(api, {}, "/api/v1/namespaces/default/endpoints")
    assert (status, document["reason"]) == (405, "MethodNotAllowed")


async def test_pods_that_are_probably_not_meant_so_are_warned_of_as_they_change(api: TestClient) -> None:
    body = deployment()
    (container,) = body["spec"]["template"]["spec"]["containers"]
    container["readinessProbe"] = {"tcpSocket": {"port": 80}, "periodSeconds": 60}
    answer = await api.post(DEPLOYMENTS, json=body)
    (warning,) = answer.headers.getall("Warning")
    assert warning.startswith(
        '299 - "spec.template.spec.containers[0].readinessProbe.periodSeconds: a replica that hangs goes on'
    )
    again = await api.put(f"{DEPLOYMENTS}/new", json={**body, "spec": {**body["spec"], "replicas": 2}})
    assert (again.status, again.headers.getall("Warning", [])) == (200, [])
    container["readinessProbe"]["periodSeconds"] = 61
    assert (await api.put(f"{DEPLOYMENTS}/new", json=body)).headers.getall("Warning")


async def test_what_a_service_says_of_new_pods_is_warned_of(api: TestClient) -> None:
    assert (await api.post(SERVICES, json=service())).status == 201
    (warning,) = (await api.post(DEPLOYMENTS, json=deployment())).headers.getall("Warning")
    assert "service/new sends it requests from the moment its process starts" in warning
