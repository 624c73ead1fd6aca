"""What the files say becomes what the store holds, and nothing else is touched."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from readylb.config.load import load
from readylb.control.reload import Applier
from readylb.control.store import Store
from readylb.errors import AlreadyExistsError, InvalidError
from readylb.model import Deployment, Object, Pod, Service
from readylb.model.meta import ObjectMeta, OwnerReference
from readylb.model.pod import PodPhase, PodStatus

LABELS = {"app": "web"}


def read(*documents: Mapping[str, Any]) -> list[Object]:
    """Return the objects as files bring them."""
    text = yaml.safe_dump_all(documents)
    return list(load(["-"], stdin=io.BytesIO(text.encode())).objects)


def a_service(**spec: Any) -> dict[str, Any]:
    known = {"selector": LABELS, "ports": [{"name": "http", "port": 80}], "type": "LoadBalancer", **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": known}


def a_deployment(name: str = "web", image: str = "a", notes: Any = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": image, "command": ["x"]}
    template = {
        "metadata": {"labels": LABELS, "annotations": notes or {}},
        "spec": {"containers": [container]},
    }
    metadata = {"name": name, "labels": dict(notes or {}), "annotations": dict(notes or {})}
    spec = {"selector": {"matchLabels": LABELS}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def a_pod(image: str = "a", **labels: str) -> dict[str, Any]:
    container = {"name": "c", "image": image, "command": ["x"]}
    metadata = {"name": "lone", "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


@pytest.fixture
def store(clock) -> Store:
    return Store(clock)


@pytest.fixture
def applier(store) -> Applier:
    return Applier(store)


def names(store: Store, kind: type[Object]) -> list[str]:
    return [item.metadata.name for item in store.objects(kind)]


def web(store: Store) -> Deployment:
    return store.get(Deployment, "default", "web")


def scale(store: Store, replicas: int) -> None:
    store.update(
        Deployment, "default", "web", lambda item: replace(item, spec=replace(item.spec, replicas=replicas))
    )


async def test_services_are_made_before_what_they_select(store, applier):
    applied = await applier.apply(read(a_deployment(), a_service()))
    assert applied.created == ("Service/web", "Deployment/web")
    assert names(store, Service) == ["web"]


async def test_applying_the_same_again_changes_nothing(store, applier):
    await applier.apply(read(a_service(), a_deployment()))
    version = store.version
    applied = await applier.apply(read(a_service(), a_deployment()))
    assert str(applied) == "nothing changed"
    assert store.version == version


async def test_a_changed_spec_keeps_status_and_identity(store, applier):
    await applier.apply(read(a_deployment()))
    before = store.update(
        Deployment,
        "default",
        "web",
        lambda old: replace(old, status=replace(old.status, ready_replicas=1)),
    )
    applied = await applier.apply(read(a_deployment(replicas=3)))
    after = web(store)
    assert applied.changed == ("Deployment/web",)
    assert after.spec.replicas == 3
    assert after.status.ready_replicas == 1
    assert after.metadata.uid == before.metadata.uid
    assert after.metadata.generation == 2


async def test_a_file_that_says_the_same_in_other_words_starts_no_rollout(store, applier):
    await applier.apply(read(a_deployment()))
    await applier.apply(read(a_deployment(replicas=1, paused=False)))
    assert web(store).metadata.generation == 1


async def test_what_others_have_set_outlives_a_changed_file(store, applier):
    await applier.apply(read(a_deployment(notes={"a": "1", "b": "1"}, minReadySeconds=1)))
    others = read(a_deployment(notes={"a": "1", "b": "1", "restarted": "now"}, minReadySeconds=1))[0]

    def restarted(item: Deployment) -> Deployment:
        labels = {**item.metadata.labels, "restarted": "now"}
        return replace(item, spec=others.spec, metadata=replace(item.metadata, labels=labels))

    store.update(Deployment, "default", "web", restarted)
    scale(store, 5)
    await applier.apply(read(a_deployment(notes={"a": "2"})))
    found = web(store)
    assert found.spec.template.metadata.annotations == {"a": "2", "restarted": "now"}
    assert found.metadata.labels == {"a": "2", "restarted": "now"}
    assert {name: text for name, text in found.metadata.annotations.items() if "/" not in name} == {"a": "2"}
    assert (found.spec.replicas, found.spec.min_ready_seconds) == (5, 0)


async def test_what_was_scaled_stays_until_the_file_says_another_number(store, applier):
    await applier.apply(read(a_deployment(replicas=2), a_service()))
    scale(store, 5)
    await applier.apply(read(a_deployment(replicas=2), a_service(sessionAffinity="ClientIP")))
    assert web(store).spec.replicas == 5
    await applier.apply(read(a_deployment(replicas=2, image="b"), a_service()))
    assert web(store).spec.replicas == 2


async def test_a_changed_service_keeps_the_node_port_it_was_given(store, applier):
    await applier.apply(read(a_service()))
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
    await applier.apply(read(a_service(sessionAffinity="ClientIP")))
    after = store.get(Service, "default", "web")
    assert after.spec.session_affinity == "ClientIP"
    assert after.spec.ports[0].node_port == 31619
    assert after.spec.cluster_ip == "127.0.0.1"


async def test_what_is_gone_from_the_files_goes_from_the_store(store, applier):
    await applier.apply(read(a_service(), a_deployment()))
    applied = await applier.apply(read(a_service()))
    assert applied.deleted == ("Deployment/web",)
    assert names(store, Deployment) == []


async def test_what_was_deleted_by_hand_is_back_as_the_files_say_it(store, applier):
    await applier.apply(read(a_deployment()))
    store.remove(Deployment, "default", "web")
    assert (await applier.apply(read(a_deployment()))).created == ("Deployment/web",)
    assert names(store, Deployment) == ["web"]


async def test_what_others_made_anew_is_theirs(store, applier):
    await applier.apply(read(a_service(), a_deployment()))
    store.remove(Deployment, "default", "web")
    store.create(read(a_deployment(replicas=7))[0])
    applied = await applier.apply(read(a_service()))
    assert str(applied) == "left what others made anew: Deployment/web"
    assert web(store).spec.replicas == 7


async def test_what_others_made_is_the_files_own_from_when_they_name_it(store, applier):
    await applier.apply(read(a_service()))
    before = store.create(read(a_deployment(replicas=7, image="b"))[0])
    applied = await applier.apply(read(a_service(), a_deployment()))
    assert applied.changed == ("Deployment/web",)
    found = web(store)
    assert found.metadata.uid == before.metadata.uid
    assert (found.spec.replicas, found.spec.template.spec.containers[0].image) == (1, "a")
    assert (await applier.apply(read(a_service()))).deleted == ("Deployment/web",)


async def test_what_the_files_never_named_is_left_alone(store, applier):
    store.create(read(a_pod())[0])
    await applier.apply(read(a_service()))
    await applier.apply([])
    assert names(store, Pod) == ["lone"]


async def test_what_a_controller_made_is_refused_before_anything_is_touched(store, applier):
    owner = OwnerReference(api_version="apps/v1", kind="ReplicaSet", name="rs", uid="u", controller=True)
    (pod,) = read(a_pod())
    store.create(replace(pod, metadata=replace(pod.metadata, owner_references=(owner,))))
    with pytest.raises(AlreadyExistsError, match="ReplicaSet/rs has made a Pod of that name"):
        await applier.apply(read(a_service(), a_pod()))
    assert names(store, Service) == []


async def test_what_cannot_change_is_refused_before_anything_is_touched(store, applier):
    await applier.apply(read(a_deployment(), a_service()))
    version = store.version
    moved = a_deployment()
    moved["spec"]["selector"] = {"matchLabels": {"b": "c"}}
    moved["spec"]["template"]["metadata"]["labels"] = {"b": "c"}
    with pytest.raises(
        InvalidError, match=r"spec.selector: .*field is immutable.*readylb delete deployment web"
    ):
        await applier.apply(read(moved, a_service(sessionAffinity="ClientIP")))
    assert store.version == version
    assert str(await applier.apply(read(a_deployment(), a_service()))) == "nothing changed"


async def test_labels_of_a_pod_change_in_place(store, applier):
    await applier.apply(read(a_pod(a="1")))
    before = store.get(Pod, "default", "lone")
    await applier.apply(read(a_pod(a="2")))
    after = store.get(Pod, "default", "lone")
    assert (after.metadata.labels, after.metadata.uid) == ({"a": "2"}, before.metadata.uid)
    assert not after.terminating


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_changed_pod_is_deleted_and_made_anew_when_the_old_one_is_gone(store, applier):
    await applier.apply(read(a_pod("a")))
    task = asyncio.get_running_loop().create_task(applier.run())
    await asyncio.sleep(0)
    await applier.apply(read(a_pod("b")))
    assert store.get(Pod, "default", "lone").terminating
    await applier.apply(read(a_pod("c")))
    store.remove(Pod, "default", "lone")
    await settle()
    again = store.get(Pod, "default", "lone")
    assert again.spec.containers[0].image == "c"
    assert not again.terminating
    assert (await applier.apply([])).deleted == ("Pod/lone",)
    store.close()
    await task


async def test_a_pod_that_others_make_in_between_is_not_made_twice(store, applier):
    await applier.apply(read(a_pod("a")))
    task = asyncio.get_running_loop().create_task(applier.run())
    await asyncio.sleep(0)
    await applier.apply(read(a_pod("b")))
    store.remove(Pod, "default", "lone")
    store.create(read(a_pod("theirs"))[0])
    await settle()
    assert store.get(Pod, "default", "lone").spec.containers[0].image == "theirs"
    store.close()
    await task


async def test_a_pod_that_the_user_deleted_stays_deleted_until_the_files_are_read_again(store, applier):
    await applier.apply(read(a_pod()))
    task = asyncio.get_running_loop().create_task(applier.run())
    await asyncio.sleep(0)
    store.mark_deleted(Pod, "default", "lone", 0)
    store.remove(Pod, "default", "lone")
    await settle()
    assert names(store, Pod) == []
    await applier.apply(read(a_pod()))
    assert names(store, Pod) == ["lone"]
    store.close()
    await task


class WorkClock:
    """Time goes on by a millisecond whenever somebody looks."""

    moment = 0.0

    def now(self) -> float:
        self.moment += 0.001
        return self.moment


def pods(count: int, image: str = "a", **labels: str) -> list[Object]:
    documents = [a_pod(image, **labels) for _ in range(count)]
    for number, document in enumerate(documents):
        document["metadata"]["name"] = f"pod-{number}"
    return read(*documents)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it never happens")


async def turns_of(work: Any, look: Any) -> list[Any]:
    """Return what `look` finds in each turn of the loop while `work` goes on."""
    found = []
    task = asyncio.get_running_loop().create_task(work)
    while not task.done():
        await asyncio.sleep(0)
        found.append(look())
    await task
    return found


async def test_many_pods_are_applied_in_turns_with_others() -> None:
    store = Store(WorkClock())
    applier = Applier(store)
    counts = await turns_of(applier.apply(pods(200)), lambda: len(store.objects(Pod)))
    steps = [later - sooner for sooner, later in itertools.pairwise(counts)]
    assert counts[-1] == 200
    assert max(steps) <= 5


async def test_nothing_is_touched_before_all_of_many_objects_are_decided_on() -> None:
    store = Store(WorkClock())
    applier = Applier(store)
    await applier.apply([*pods(50), *read(a_deployment())])
    moved = {**a_deployment(selector={"matchLabels": {"app": "other"}})}
    moved["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    version = store.version
    with pytest.raises(InvalidError):
        await applier.apply([*pods(50, a="2"), *read(moved)])
    assert store.version == version


async def test_what_others_did_to_a_pod_while_it_was_decided_on_is_kept() -> None:
    store = Store(WorkClock())
    applier = Applier(store)
    await applier.apply(pods(50))
    task = asyncio.get_running_loop().create_task(applier.apply(pods(50, a="2")))
    seen = set()
    while not task.done():
        await asyncio.sleep(0)
        for name in ("pod-0", "pod-49"):  # a status that comes while others are still decided on or written
            phase = PodPhase.RUNNING if name not in seen else PodPhase.SUCCEEDED
            seen.add(name)
            store.update(
                Pod, "default", name, lambda pod, phase=phase: replace(pod, status=PodStatus(phase=phase))
            )
    await task
    for name in ("pod-0", "pod-49"):
        pod = store.get(Pod, "default", name)
        assert (pod.metadata.labels, pod.status.phase) == ({"a": "2"}, PodPhase.SUCCEEDED)


async def test_a_pod_that_went_before_it_could_be_let_go_is_made_anew() -> None:
    store = Store(WorkClock())
    applier = Applier(store)
    await applier.apply(pods(50, "a"))
    task = asyncio.get_running_loop().create_task(applier.apply(pods(50, "b")))
    await until(lambda: any(pod.terminating for pod in store.objects(Pod)))
    store.remove(Pod, "default", "pod-49")
    await task
    last = store.get(Pod, "default", "pod-49")
    assert (last.spec.containers[0].image, last.terminating) == ("b", False)


async def test_a_pod_that_somebody_made_meanwhile_is_theirs() -> None:
    store = Store(WorkClock())
    applier = Applier(store)
    task = asyncio.get_running_loop().create_task(applier.apply(pods(50)))
    await until(lambda: bool(store.objects(Pod)))
    theirs = store.create(Pod(metadata=ObjectMeta(name="pod-49")))
    await task
    assert store.get(Pod, "default", "pod-49") == theirs
    assert (await applier.apply([])).left == ("Pod/pod-49",)
