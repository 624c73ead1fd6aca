from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from readylb.control import store as store_module
from readylb.control.store import ChangeType, Store
from readylb.errors import AlreadyExistsError, ConflictError, GoneError, NotFoundError
from readylb.model import Pod, Service
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodPhase, PodSpec, PodStatus


@pytest.fixture
def store(clock) -> Store:
    return Store(clock)


def a_pod(name: str = "a", namespace: str = "default") -> Pod:
    return Pod(metadata=ObjectMeta(name=name, namespace=namespace))


def running(pod: Pod) -> Pod:
    return replace(pod, status=PodStatus(phase=PodPhase.RUNNING))


def test_a_created_object_gets_uid_version_generation_and_time(store, clock) -> None:
    meta = store.create(a_pod()).metadata
    assert len(meta.uid) == 36
    assert (meta.resource_version, meta.generation, meta.creation_timestamp) == ("1", 1, clock.now())


def test_a_name_can_be_taken_once_per_kind_and_namespace(store) -> None:
    store.create(a_pod())
    store.create(a_pod(namespace="other"))
    store.create(Service(metadata=ObjectMeta(name="a")))
    with pytest.raises(AlreadyExistsError, match='Pod "a" already exists'):
        store.create(a_pod())


def test_what_is_not_there_is_none_or_an_error(store) -> None:
    assert store.find(Pod, "default", "a") is None
    with pytest.raises(NotFoundError, match='Pod "a" not found'):
        store.get(Pod, "default", "a")


def test_objects_come_in_order_of_creation_also_after_updates(store) -> None:
    for name in ("b", "a"):
        store.create(a_pod(name))
    store.create(a_pod("c", "other"))
    store.update(Pod, "default", "b", running)
    assert [pod.metadata.name for pod in store.objects(Pod)] == ["b", "a", "c"]
    assert [pod.metadata.name for pod in store.objects(Pod, "other")] == ["c"]


def test_an_update_that_changes_nothing_makes_no_version(store) -> None:
    created = store.create(a_pod())
    assert store.update(Pod, "default", "a", lambda pod: pod) == created
    assert store.version == 1


def test_the_generation_rises_with_the_spec_only(store) -> None:
    store.create(a_pod())
    assert store.update(Pod, "default", "a", running).metadata.generation == 1
    changed = store.update(Pod, "default", "a", lambda pod: replace(pod, spec=PodSpec(hostname="x")))
    assert changed.metadata.generation == 2


def test_the_identity_of_an_object_cannot_change(store) -> None:
    store.create(a_pod())
    with pytest.raises(ValueError, match="cannot change"):
        store.update(Pod, "default", "a", lambda _: a_pod("b"))


def test_a_write_over_an_older_version_conflicts(store) -> None:
    old = store.create(a_pod())
    store.update(Pod, "default", "a", running)
    with pytest.raises(ConflictError, match="the object has been modified"):
        store.replace_version(replace(old, spec=PodSpec(hostname="x")))


def test_a_write_over_the_present_version_or_without_one_succeeds(store) -> None:
    old = store.create(a_pod())
    new = store.replace_version(running(old))
    blind = replace(new, metadata=replace(new.metadata, resource_version=""))
    assert store.replace_version(replace(blind, spec=PodSpec(hostname="x"))).spec.hostname == "x"


def test_deletion_is_a_deadline(store, clock) -> None:
    store.create(a_pod())
    meta = store.mark_deleted(Pod, "default", "a", 30).metadata
    assert meta.deletion_timestamp == clock.now() + 30
    assert meta.deletion_grace_period_seconds == 30


def test_a_later_deletion_can_only_shorten_the_deadline(store, clock) -> None:
    store.create(a_pod())
    first = store.mark_deleted(Pod, "default", "a", 30)
    assert store.mark_deleted(Pod, "default", "a", 60) == first
    assert store.mark_deleted(Pod, "default", "a", 0).metadata.deletion_timestamp == clock.now()


def test_a_removed_object_is_returned_once(store) -> None:
    store.create(a_pod())
    assert store.remove(Pod, "default", "a").metadata.resource_version == "2"
    assert store.remove(Pod, "default", "a") is None


def test_a_watch_begins_with_what_exists(store) -> None:
    store.create(a_pod())
    with store.watch(Pod) as watch:
        store.update(Pod, "default", "a", running)
        store.remove(Pod, "default", "a")
        changes = watch.drain()
    assert [change.type for change in changes] == [
        ChangeType.ADDED,
        ChangeType.MODIFIED,
        ChangeType.DELETED,
    ]
    assert changes[1].old == changes[0].object
    assert [change.version for change in changes] == [1, 2, 3]


def test_a_watch_sees_its_kinds_only(store) -> None:
    with store.watch(Service) as watch:
        store.create(a_pod())
        store.create(Service(metadata=ObjectMeta(name="web")))
        assert [change.object.KIND for change in watch.drain()] == ["Service"]


def test_a_watch_that_was_left_sees_nothing_more(store) -> None:
    with store.watch(Pod) as watch:
        pass
    store.create(a_pod())
    assert watch.drain() == []


def test_a_watch_resumes_after_a_version(store) -> None:
    for name in "abc":
        store.create(a_pod(name))
    with store.watch(Pod, since=1) as watch:
        assert [change.object.metadata.name for change in watch.drain()] == ["b", "c"]
    with store.watch(Pod, since=3) as watch:
        assert watch.drain() == []


def test_a_version_that_is_no_longer_remembered_is_gone(store, monkeypatch, clock) -> None:
    monkeypatch.setattr(store_module, "HISTORY", 2)
    small = Store(clock)
    for name in "abcd":
        small.create(a_pod(name))
    with small.watch(Pod, since=2) as watch:
        assert len(watch.drain()) == 2
    with pytest.raises(GoneError, match="too old resource version: 1"), small.watch(Pod, since=1):
        pass


async def test_a_batch_is_everything_that_is_queued(store) -> None:
    with store.watch(Pod) as watch:
        store.create(a_pod("a"))
        store.create(a_pod("b"))
        assert len(await watch.batch()) == 2


async def test_a_batch_that_takes_too_long_is_empty_and_loses_nothing(store) -> None:
    with store.watch(Pod) as watch:
        assert await watch.batch(0.001) == []
        store.create(a_pod())
        assert len(await watch.batch(1.0)) == 1


async def test_a_closed_store_ends_iteration_after_what_was_queued(store) -> None:
    with store.watch(Pod) as watch:
        store.create(a_pod())
        store.close()
        assert [change.object.metadata.name async for change in watch] == ["a"]


async def test_a_closed_store_ends_batches_after_what_was_queued(store) -> None:
    with store.watch(Pod) as watch:
        store.create(a_pod())
        store.close()
        assert len(await watch.batch()) == 1
        assert await watch.batch() is None
        assert await watch.batch() is None


async def test_a_watch_of_a_closed_store_ends_too(store) -> None:
    store.close()
    with store.watch(Pod) as watch:
        async with asyncio.timeout(1):
            assert await watch.batch() is None
