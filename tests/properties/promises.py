"""What must hold whatever happens: looked at before every start, at every attempt and at every rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.properties.runtime import Life, UnreliableRuntime
from tests.properties.waits import Waits
from tests.simulation import EPOCH

from readylb.control.alarm import SHORTEST_WAIT_SECONDS
from readylb.control.clock import Clock
from readylb.control.store import Change, ChangeType, Store, Watch
from readylb.core.pod_lifecycle import restart_policy
from readylb.model import EndpointSlice, Event, Object, Pod, PodTraffic, ProbeStatus, Service
from readylb.model.container import Container, ContainerStatus
from readylb.model.probe import ProbeKind, ProbeResult
from readylb.telemetry.correlation import SPAM_BURST, SPAM_REFILL_SECONDS

#: Two moments that are one: what a float of epoch seconds cannot tell apart, and then some.
SAME = 1e-3
KINDS: tuple[type[Object], ...] = (Pod, ProbeStatus, EndpointSlice, Event, PodTraffic, Service)


@dataclass
class Promises:
    """Judges a world. `rest` is to be called whenever time is about to pass."""

    store: Store
    runtime: UnreliableRuntime
    clock: Clock
    watch: Watch
    faults: list[BaseException]
    log: list[Change] = field(default_factory=list)
    _waits: dict[tuple[str, str], Waits] = field(default_factory=dict)
    _attempts: dict[tuple[str, str], float] = field(default_factory=dict)
    _written: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _held: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.runtime.asked = self._asked
        self.runtime.starting = self._starting
        self.runtime.stopping = self._stopping

    # -- before things happen

    def told(self, pod: Pod, field_path: str, reason: str, message: str) -> None:
        """Take note of an event about a pod, one that the spam filter drops included."""
        if reason == "Killing" and message.endswith("will be restarted"):
            container = field_path.removeprefix("spec.containers{").removesuffix("}")
            self.runtime.lives[pod.metadata.uid, container][-1].condemned = True

    def _starting(self, pod: Pod, container: Container) -> None:
        key = (pod.metadata.uid, container.name)
        lives = self.runtime.lives[key]
        waits = self._waits.setdefault(key, Waits())
        now = self.clock.now()
        if not lives:
            return
        last = lives[-1]
        policy = restart_policy(pod, container)
        due = waits.due(lives, condemned=last.condemned)
        at_once = last.condemned and abs(due - (last.finished_at or 0.0)) < SAME
        assert policy != "Never", f"{key} is never to start again"
        assert at_once or policy == "Always" or last.exit_code, f"{key} has done its work"
        assert now >= due - SAME, f"{key} starts {due - now:.3f} s before its back-off ends"
        late = now - due
        assert late <= SHORTEST_WAIT_SECONDS + SAME, f"{key} starts {late:.3f} s after its back-off ended"
        waits.started(now)

    def _asked(self, pod: Pod, container: str, word: str, container_id: str) -> None:
        """One question is about to be put; `word` is the lower-case kind of the probe."""
        now = self.clock.now()
        current = self.store.find(Pod, pod.metadata.namespace, pod.metadata.name)
        assert current is not None
        status = current.container_status(container)
        assert status is not None
        assert status.state.running is not None, f"{container_id} is asked while it does not run"
        assert (container_id, word) not in self._held, f"{word} of {container_id} is on hold"
        assert status.started is (word != "startup"), f"{word} of {container_id}: started={status.started}"
        if word == "readiness":
            return
        assert not current.terminating, f"{word} of {container_id} is asked while its pod goes"
        key = (container_id, word)
        gap = now - self._attempts.get(key, 0.0)
        assert gap < SAME or gap >= 1 - SAME, f"{key} is asked twice within {gap:.3f} s"
        self._attempts[key] = now

    def _stopping(self, pod: Pod, life: Life, grace: float) -> None:
        meta = pod.metadata
        assert grace >= 2, f"{life.container_id} gets {grace} s"
        if life.graces:
            return
        busy = self.store.find(PodTraffic, meta.namespace, meta.uid) is not None
        assert not busy or grace <= 2 + SAME, f"{life.container_id} is stopped under its requests"

    # -- when nothing happens any more

    def rest(self) -> None:
        """Judge what has changed since the last rest, and what is."""
        for fault in self.faults:
            raise fault
        changes = self.watch.drain()
        for change in changes:
            self.log.append(change)
            if isinstance(change.object, Pod) and change.type is not ChangeType.DELETED:
                self._judge_pod(change.object, change.old if isinstance(change.old, Pod) else None)
            elif isinstance(change.object, ProbeStatus):
                self._judge_conclusion(change.object)
            elif isinstance(change.object, Event) and change.type is not ChangeType.DELETED:
                self._judge_event(change.object)
        if changes:
            self._judge_endpoints()

    def _judge_pod(self, pod: Pod, old: Pod | None) -> None:
        for status in (*pod.status.container_statuses, *pod.status.init_container_statuses):
            self._judge_container(pod, status, old.container_status(status.name) if old else None)
        if pod.ready:
            assert not pod.finished
            assert all(status.ready for status in pod.status.container_statuses), pod.status
        if old is not None and old.finished:
            assert pod.status.phase is old.status.phase, f"{pod.metadata.name} is back from the dead"
        for condition in pod.status.conditions:
            before = old.condition(condition.type) if old else None
            if before is not None and before.status == condition.status:
                assert condition.last_transition_time == before.last_transition_time, condition

    def _judge_container(self, pod: Pod, status: ContainerStatus, before: ContainerStatus | None) -> None:
        states = (status.state.waiting, status.state.running, status.state.terminated)
        assert sum(state is not None for state in states) == 1, status
        if before is not None:
            risen = status.restart_count - before.restart_count
            assert risen in {0, 1}, f"restarts from {before.restart_count} to {status.restart_count}"
        container = next(item for item in pod.spec.every_container if item.name == status.name)
        plain = container in pod.spec.init_containers and not container.is_sidecar
        if status.ready and not plain:
            assert status.state.running is not None, status
            assert status.started, status
        for word, holds in (("readiness", status.ready), ("startup", status.started)):
            if holds and container.probe(ProbeKind(word.capitalize())) is not None:
                assert (status.container_id, word) in self.runtime.passed, f"{word} before a pass: {status}"

    def _judge_conclusion(self, found: ProbeStatus) -> None:
        holding = {(ProbeKind.LIVENESS, ProbeResult.FAILURE), (ProbeKind.STARTUP, ProbeResult.FAILURE)}
        if (found.kind, found.result) in holding:
            self._held.add((found.container_id, found.kind.lower()))

    def _judge_event(self, event: Event) -> None:
        """The spam filter of `client-go/tools/record/events_cache.go`."""
        about = event.involved_object
        key = (event.source.component, about.uid, event.type)
        self._written[key] += 1
        allowed = SPAM_BURST + (self.clock.now() - EPOCH) / SPAM_REFILL_SECONDS
        assert self._written[key] <= allowed, f"{self._written[key]} events of {key}"

    def _judge_endpoints(self) -> None:
        for item in self.store.objects(EndpointSlice):
            for endpoint in item.endpoints:
                ref, said = endpoint.target_ref, endpoint.conditions
                assert ref is not None
                pod = self.store.find(Pod, ref.namespace, ref.name)
                assert pod is not None, f"{ref.name} is gone, its endpoint is not"
                assert pod.metadata.uid == ref.uid, f"{ref.name} is another one now"
                assert said.serving == pod.ready, (ref.name, said)
                assert said.terminating == pod.terminating, (ref.name, said)
                assert said.ready == (pod.ready and not pod.terminating), (ref.name, said)
        found = {
            endpoint.target_ref.uid
            for item in self.store.objects(EndpointSlice)
            for endpoint in item.endpoints
            if endpoint.target_ref
        }
        for service in self.store.objects(Service):
            for pod in self.store.objects(Pod, service.metadata.namespace):
                if pod.ready and service.spec.selector.items() <= pod.metadata.labels.items():
                    assert pod.metadata.uid in found, f"{pod.metadata.name} is Ready and has no endpoint"
