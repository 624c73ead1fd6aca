from __future__ import annotations

from dataclasses import replace

from tests.conftest import FakeClock

from readylb.control.store import Store
from readylb.control.workers.suspicions import forget, marked, suspect
from readylb.model import Pod, Suspicion
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.probe import Probe
from readylb.wire.messages import EndpointEntry


def pod(name: str, *, probed: bool = True) -> Pod:
    container = Container(name="c", readiness_probe=Probe() if probed else None)
    meta = ObjectMeta(name=name, uid=f"uid-{name}")
    return Pod(metadata=meta, spec=PodSpec(containers=(container,)))


def entry(name: str) -> EndpointEntry:
    return EndpointEntry(f"uid-{name}", name, "127.0.0.1", 80, True, True, False)


def test_what_is_held_against_a_pod_is_told_to_every_worker(clock: FakeClock) -> None:
    store, web = Store(clock), pod("web")
    suspect(store, web, 5.0)
    (told,) = marked([entry("web")], [web], store)
    assert (told.probed, told.suspected_at, told.vouched_at) == (True, 5.0, 0.0)


def test_the_latest_refusal_counts(clock: FakeClock) -> None:
    store, web = Store(clock), pod("web")
    for moment in (5.0, 7.0, 6.0):
        suspect(store, web, moment)
    assert store.get(Suspicion, "default", "uid-web").suspected_at == 7.0


def test_a_pod_that_nobody_can_vouch_for_is_left_to_the_workers(clock: FakeClock) -> None:
    store, web = Store(clock), pod("web", probed=False)
    suspect(store, web, 5.0)
    assert store.objects(Suspicion) == []
    assert marked([entry("web"), entry("alien")], [web], store) == (entry("web"), entry("alien"))


def test_a_pod_without_suspicion_is_only_known_to_be_probed(clock: FakeClock) -> None:
    (told,) = marked([entry("web")], [pod("web")], Store(clock))
    assert (told.probed, told.suspected_at) == (True, 0.0)


def test_nothing_is_held_against_a_pod_that_is_gone(clock: FakeClock) -> None:
    store, web = Store(clock), pod("web")
    suspect(store, web, 5.0)
    forget(store, web)
    assert store.objects(Suspicion) == []
    forget(store, replace(web))
