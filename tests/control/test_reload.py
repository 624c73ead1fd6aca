"""What the files say becomes what the store holds, and nothing else is touched."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from readylb.control.reload import Applier
from readylb.control.store import Store
from readylb.errors import AlreadyExistsError
from readylb.model import Deployment, Object, Pod, Service
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.service import ServicePort, ServiceSpec
from readylb.model.workload import DeploymentSpec


def a_service(name: str = "web", port: int = 80, node_port: int = 0) -> Service:
    ports = (ServicePort(name="http", port=port, node_port=node_port),)
    return Service(metadata=ObjectMeta(name=name), spec=ServiceSpec(ports=ports))


def a_deployment(name: str = "web", replicas: int = 1) -> Deployment:
    return Deployment(metadata=ObjectMeta(name=name), spec=DeploymentSpec(replicas=replicas))


def a_pod(name: str = "lone", image: str = "a") -> Pod:
    return Pod(metadata=ObjectMeta(name=name), spec=PodSpec(containers=(Container(name="c", image=image),)))


@pytest.fixture
def store(clock) -> Store:
    return Store(clock)


@pytest.fixture
def applier(store) -> Applier:
    return Applier(store)


def names(store: Store, kind: type[Object]) -> list[str]:
    return [item.metadata.name for item in store.objects(kind)]


def test_services_are_made_before_what_they_select(store, applier):
    applied = applier.apply([a_deployment(), a_service()])
    assert applied.created == ("Service/web", "Deployment/web")
    assert names(store, Service) == ["web"]


def test_applying_the_same_again_changes_nothing(store, applier):
    applier.apply([a_service(), a_deployment()])
    version = store.version
    applied = applier.apply([a_service(), a_deployment()])
    assert str(applied) == "nothing changed"
    assert store.version == version


def test_a_changed_spec_keeps_status_and_identity(store, applier):
    applier.apply([a_deployment()])
    before = store.update(
        Deployment,
        "default",
        "web",
        lambda old: replace(old, status=replace(old.status, ready_replicas=1)),
    )
    applied = applier.apply([a_deployment(replicas=3)])
    after = store.get(Deployment, "default", "web")
    assert applied.changed == ("Deployment/web",)
    assert after.spec.replicas == 3
    assert after.status.ready_replicas == 1
    assert after.metadata.uid == before.metadata.uid
    assert after.metadata.generation == 2


def test_what_others_have_annotated_outlives_a_changed_file(store, applier):
    def said(replicas: int, **annotations: str) -> Deployment:
        meta = ObjectMeta(name="web", annotations=annotations, labels=annotations)
        template = PodTemplateSpec(metadata=ObjectMeta(annotations=annotations))
        return Deployment(metadata=meta, spec=DeploymentSpec(replicas=replicas, template=template))

    applier.apply([said(1, a="1", b="1")])
    restarted = said(1, a="1", b="1", restarted="now")
    store.update(
        Deployment,
        "default",
        "web",
        lambda item: replace(
            item,
            spec=restarted.spec,
            metadata=replace(item.metadata, labels={**item.metadata.labels, "restarted": "now"}),
        ),
    )
    applier.apply([said(2, a="2")])
    found = store.get(Deployment, "default", "web")
    assert found.spec.template.metadata.annotations == {"a": "2", "restarted": "now"}
    assert found.metadata.labels == {"a": "2", "restarted": "now"}
    assert found.metadata.annotations == {"a": "2"}
    assert found.spec.replicas == 2


def test_a_changed_service_keeps_the_node_port_it_was_given(store, applier):
    applier.apply([a_service()])
    store.update(
        Service,
        "default",
        "web",
        lambda old: replace(
            old,
            spec=replace(
                old.spec, cluster_ip="127.0.0.1", ports=(replace(old.spec.ports[0], node_port=31619),)
            ),
        ),
    )
    changed = a_service()
    applier.apply([replace(changed, spec=replace(changed.spec, session_affinity="ClientIP"))])
    after = store.get(Service, "default", "web")
    assert after.spec.session_affinity == "ClientIP"
    assert after.spec.ports[0].node_port == 31619
    assert after.spec.cluster_ip == "127.0.0.1"


def test_what_is_gone_from_the_files_goes_from_the_store(store, applier):
    applier.apply([a_service(), a_deployment()])
    applied = applier.apply([a_service()])
    assert applied.deleted == ("Deployment/web",)
    assert names(store, Deployment) == []


def test_what_the_files_never_named_is_left_alone(store, applier):
    store.create(a_pod("made-by-a-controller"))
    applier.apply([a_service()])
    applier.apply([])
    assert names(store, Pod) == ["made-by-a-controller"]


def test_a_name_that_is_taken_is_refused_before_anything_is_touched(store, applier):
    store.create(a_pod("lone"))
    with pytest.raises(AlreadyExistsError, match="another Pod has that name"):
        applier.apply([a_service(), a_pod("lone")])
    assert names(store, Service) == []


async def test_a_changed_pod_is_deleted_and_made_anew_when_the_old_one_is_gone(store, applier):
    applier.apply([a_pod(image="a")])
    task = asyncio.get_running_loop().create_task(applier.run())
    await asyncio.sleep(0)
    applier.apply([a_pod(image="b")])
    assert store.get(Pod, "default", "lone").terminating
    store.remove(Pod, "default", "lone")
    for _ in range(3):
        await asyncio.sleep(0)
    again = store.get(Pod, "default", "lone")
    assert again.spec.containers[0].image == "b"
    assert not again.terminating
    store.close()
    await task


async def test_a_pod_that_the_user_deleted_stays_deleted(store, applier):
    applier.apply([a_pod()])
    task = asyncio.get_running_loop().create_task(applier.run())
    await asyncio.sleep(0)
    store.mark_deleted(Pod, "default", "lone", 0)
    store.remove(Pod, "default", "lone")
    for _ in range(3):
        await asyncio.sleep(0)
    assert names(store, Pod) == []
    store.close()
    await task
