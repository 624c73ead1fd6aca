"""The link to the data plane: what every Service port is and which endpoints it has, as soon as it changes.

Level-triggered like every controller: `reconcile` computes the whole message and sends it when it
differs from the one sent last. There is no timer and no delay between a changed slice and its message,
but for a rest of some milliseconds where a Service has a thousand endpoints (`control.controller`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from msgspec.structs import replace as altered

from readylb.control import controller
from readylb.control.clock import Clock
from readylb.control.store import Change, ChangeType, Key, Store
from readylb.control.workers import circles, service_status, suspicions
from readylb.control.workers.circle_watch import CircleWatch
from readylb.control.workers.ejections import Ejections
from readylb.control.workers.endpoint_table import (
    entries,
    is_starting,
    no_ready_reason,
    retry_after_seconds,
    slices_of,
)
from readylb.control.workers.latest_word import current
from readylb.control.workers.listen_errors import explain, explain_conflict
from readylb.control.workers.moments import dated
from readylb.control.workers.node_port_assigner import WITH_NODE_PORT, NodePortAssigner
from readylb.control.workers.pod_traffic import SURVIVAL_SECONDS, PodTrafficLedger
from readylb.control.workers.protocol import protocol_of
from readylb.control.workers.served import is_served, port_key, selects
from readylb.control.workers.service_port import ServicePortState
from readylb.control.workers.service_settings import ServiceSettings, read_settings
from readylb.model import EndpointSlice, Object, Pod, Service, Suspicion
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL
from readylb.model.service import ServicePort
from readylb.telemetry.events import EventRecorder
from readylb.telemetry.metrics import Metrics
from readylb.wire.channel import Channel, Message
from readylb.wire.messages import (
    Address,
    EndpointsApplied,
    Hello,
    ListenFailed,
    Listening,
    PassiveReport,
    RemoveService,
    ServiceRemoved,
    SetEndpoints,
    Stats,
)


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """`bind` is the address to listen on; `publish` maps (Service name, port) to another local port."""

    bind: str = "127.0.0.1"
    publish: Mapping[tuple[str, int], int] = field(default_factory=dict)


class Link:
    """Control's end of the channel to the worker."""

    kinds: tuple[type[Object], ...] = (Service, EndpointSlice, Pod, Suspicion)

    def __init__(  # noqa: PLR0913, PLR0917 - what it is wired with, each once
        self,
        store: Store,
        clock: Clock,
        channel: Channel,
        recorder: EventRecorder,
        metrics: Metrics,
        settings: LinkSettings,
        rng: random.Random | None = None,
    ) -> None:
        """Send nothing yet. `rng` chooses node ports."""
        self._store = store
        self._clock = clock
        self._channel = channel
        self._recorder = recorder
        self._metrics = metrics
        self._settings = settings
        rng = rng or random.Random()  # noqa: S311 - a port, not a secret
        self._node_ports = NodePortAssigner(store, rng, settings.publish.values())
        self._ports: dict[str, ServicePortState] = {}
        self._problems: dict[Key, tuple[tuple[str, str], ...]] = {}
        self._workers: set[int] = set()
        self._offset = clock.now() - monotonic()
        self._traffic = PodTrafficLedger(store, clock)
        self._progress = asyncio.Event()
        self._removals = 0
        #: Whom workers have left out for a time.
        self.ejections = Ejections()
        self._circles = CircleWatch(store, clock, recorder, self.ejections)
        #: Every failure to listen so far; `error` is the whole sentence with its remedy.
        self.listen_failures: list[ListenFailed] = []

    async def run(self) -> None:
        """Send and receive until the store closes."""
        self._channel.listen(self._receive)
        await controller.run(self._store, self)

    async def started(self) -> None:
        """Return when every port of the Services that exist now is listened on or has failed."""
        for service in self._store.objects(Service):
            self.reconcile((service.metadata.namespace, service.metadata.name))
        waiting = set(self._ports)
        while any(key in self._ports and self._ports[key].pending for key in waiting):
            self._progress.clear()
            await self._progress.wait()

    def retire(self) -> None:
        """Take note that the data plane has stopped: nothing is in flight any more."""
        self._traffic.retire()

    def unmatched_publish(self) -> tuple[str, ...]:
        """Return the `SERVICE:PORT` of `--publish` that no Service has now."""
        declared = {
            (service.metadata.name, port.port)
            for service in self._store.objects(Service)
            for port in service.spec.ports
        }
        return tuple(
            f"{name}:{port}" for name, port in self._settings.publish if (name, port) not in declared
        )

    def state(self, service: Service, port: ServicePort) -> ServicePortState | None:
        """Return what is known of a Service port: what was sent, listened on, confirmed."""
        return self._ports.get(port_key(service, port))

    def in_force(self) -> list[tuple[str, bool]]:
        """Return each Service port that is served, and whether every worker follows its newest endpoints."""
        return [(state.key, state.in_force) for state in self._ports.values() if state.endpoints is not None]

    def keys(self, change: Change) -> Iterator[Key]:
        """Return the Services that a change touches: itself, a slice's, those that select the pod."""
        item = change.object
        namespace = item.metadata.namespace
        if isinstance(item, Service):
            yield namespace, item.metadata.name
        elif isinstance(item, EndpointSlice):
            for version in (item, change.old):
                if version is not None and SERVICE_NAME_LABEL in version.metadata.labels:
                    yield namespace, version.metadata.labels[SERVICE_NAME_LABEL]
        elif isinstance(item, Suspicion):
            pod = self._store.find(Pod, namespace, item.pod_name)
            selecting = self._store.objects(Service, namespace) if isinstance(pod, Pod) else ()
            yield from ((namespace, one.metadata.name) for one in selecting if pod and selects(one, pod))
        elif isinstance(item, Pod):
            if change.type is ChangeType.DELETED:
                self._traffic.forget(item.metadata.uid)
                self.ejections.forget(item.metadata.uid)
                suspicions.forget(self._store, item)
            versions = [version for version in (item, change.old) if version is not None]
            for service in self._store.objects(Service, namespace):
                if any(selects(service, version) for version in versions):
                    yield namespace, service.metadata.name

    def reconcile(self, key: Key) -> float | None:
        """Tell the worker what it does not know yet about the Service, and write its status."""
        service = self._store.find(Service, *key)
        served = service is not None and is_served(service)
        ports = [port for port in service.spec.ports if port.protocol == "TCP"] if service and served else []
        self._drop(key, {port_key(service, port) for port in ports} if service else set())
        if service is None or not served:
            self._problems.pop(key, None)
            self._node_ports.forget(*key)
            return None
        settings = read_settings(service, self._settings.bind)
        self._report(service, settings)
        service = self._node_ports.assign(service, settings.bind)
        pods = [pod for pod in self._store.objects(Pod, service.metadata.namespace) if selects(service, pod)]
        for port in service.spec.ports:
            if port.protocol == "TCP":
                protocol = protocol_of(port, pods, settings.server_first)
                self._set_service(service, port, settings, protocol)
                self._set_endpoints(service, port, pods)
        self._write_status(service, settings.bind)
        return SURVIVAL_SECONDS if any(pod.terminating and pod.ready for pod in pods) else None

    def _set_service(
        self, service: Service, port: ServicePort, settings: ServiceSettings, protocol: str
    ) -> None:
        state = self._state(service, port)
        local = self._settings.publish.get((service.metadata.name, port.port), port.port)
        primary = Address(settings.bind, local)
        conflict = self._owner(primary, state.key)
        if conflict:
            self._fail_by_conflict(service, state, primary, conflict)
            return
        moved = state.primary != primary or bool(state.conflict)
        state.primary, state.conflict = primary, ""
        state.node_port = port.node_port if service.spec.type in WITH_NODE_PORT else 0
        listen = [primary]
        if state.node_port and state.node_port != primary.port:
            second = Address(settings.bind, state.node_port)
            if not self._owner(second, state.key):
                listen.append(second)
        message = settings.message(state.key, service, tuple(listen), protocol)
        if message == state.settings:
            return
        if moved:
            state.pending, state.failure, state.local_port = True, None, None
        state.settings = message
        self._channel.send(message)

    def _set_endpoints(self, service: Service, port: ServicePort, pods: Sequence[Pod]) -> None:
        state = self._state(service, port)
        if state.settings is None:
            return
        namespace = service.metadata.namespace
        slices = slices_of(service, self._store.objects(EndpointSlice, namespace))
        found = current(entries(port, slices, pods), service, pods, self._store, self._traffic.survived)
        found = suspicions.marked(found, pods, self._store)
        found = dated(found, pods, self._offset, slow_start=state.settings.slow_start_seconds > 0)
        found = self._circles.without(service, state, found, self._ports)
        reason = no_ready_reason(found, pods)
        if reason and state.circling:
            reason = circles.reason(state.circling)
        message = SetEndpoints(
            key=state.key,
            generation=state.generation,
            endpoints=found,
            no_ready_reason=reason,
            retry_after_seconds=retry_after_seconds(pods) if reason else 1,
            starting=is_starting(pods) and not state.circling,
        )
        if message == state.endpoints:
            return
        state.endpoints = altered(message, generation=state.generation + 1)
        state.sent_at = self._clock.now()
        self._traffic.sending(state.endpoints)
        self._channel.send(state.endpoints)
        self._look_again(state.service)

    def _drop(self, key: Key, kept: set[str]) -> None:
        """Forget the Service's ports that are gone; whoever was kept from their address may have it."""
        gone = [state for state in self._ports.values() if state.service == key and state.key not in kept]
        for state in gone:
            del self._ports[state.key]
            if state.settings is not None:
                self._remove(state.key)
            self._metrics.forget_service(state.key)
        if gone:
            self._progress.set()
            self._look_again(key)

    def _look_again(self, key: Key) -> None:
        """Let those have another try who were kept from something by others, after a change of `key`."""
        kept = (state.service for state in self._ports.values() if state.conflict or state.circling)
        for service in set(kept) - {key}:
            self.reconcile(service)

    def _remove(self, key: str) -> None:
        """Have a Service port served no more; its pods are waited for until all workers are done with it."""
        self._removals += 1
        self._circles.forget(key)
        self._traffic.leaving(key, self._removals)
        self._channel.send(RemoveService(key, self._removals))

    def _fail_by_conflict(
        self, service: Service, state: ServicePortState, primary: Address, other: str
    ) -> None:
        if state.settings is not None:
            self._remove(state.key)
            state.settings = state.endpoints = None
        if state.conflict == other:
            return
        state.primary, state.conflict = primary, other
        owner = other.rpartition(":")[0].rpartition("/")[2]
        self._fail(
            state, service, primary, 0, explain_conflict(service.metadata.name, state.port, primary, owner)
        )

    def _fail(
        self, state: ServicePortState, service: Service, address: Address, number: int, sentence: str
    ) -> None:
        failure = ListenFailed(state.key, address, number, sentence)
        state.failed(failure)
        self.listen_failures.append(failure)
        self._recorder.record(service, "Warning", "ListenFailed", sentence, component="readylb")
        self._progress.set()

    def _owner(self, address: Address, key: str) -> str:
        """Return the other Service port that listens on the address, or nothing."""
        owners = (state.key for state in self._ports.values() if state.key != key and state.claims(address))
        return next(owners, "")

    def _state(self, service: Service, port: ServicePort) -> ServicePortState:
        key = port_key(service, port)
        meta = service.metadata
        return self._ports.setdefault(key, ServicePortState(key, (meta.namespace, meta.name), port.port))

    def _report(self, service: Service, settings: ServiceSettings) -> None:
        """Record what cannot be honoured, once for each wording of it."""
        key = service.metadata.namespace, service.metadata.name
        known = self._problems.get(key, ())
        for reason, message in settings.problems:
            if (reason, message) not in known:
                self._recorder.record(service, "Warning", reason, message, component="readylb")
        self._problems[key] = settings.problems

    def _write_status(self, service: Service, bind: str) -> None:
        key = service.metadata.namespace, service.metadata.name
        states = [state for state in self._ports.values() if state.service == key]
        listening = bool(states) and all(state.local_port is not None for state in states)
        service_status.write(self._store, service, bind, listening=listening)

    def _receive(self, message: Message) -> None:
        match message:
            case Listening(key=key) if key in self._ports:
                self._listening(self._ports[key], message)
            case ListenFailed(key=key) if key in self._ports:
                self._listen_failed(self._ports[key], message)
            case EndpointsApplied(key=key) if key in self._ports:
                self._endpoints_applied(self._ports[key], message)
            case ServiceRemoved():
                self._traffic.removed(message.key, message.removal, message.busy)
            case PassiveReport():
                self._passive_report(message)
            case Stats():
                self._metrics.worker_stats(message)
            case Hello():
                self._greeted(message)
            case _:
                return  # about a port that is gone meanwhile, or a worker's end, which its owner awaits

    def _passive_report(self, message: PassiveReport) -> None:
        self._metrics.passive_report(message.key, message.reason)
        self.ejections.note(message, self._clock.now())
        if message.refused_at:
            pods = self._store.objects(Pod, message.key.partition("/")[0])
            for pod in (pod for pod in pods if pod.metadata.uid == message.uid):
                suspicions.suspect(self._store, pod, message.refused_at)

    def _listening(self, state: ServicePortState, message: Listening) -> None:
        if state.listening(message):
            self.reconcile(state.service)
        self._progress.set()

    def _listen_failed(self, state: ServicePortState, message: ListenFailed) -> None:
        service = self._store.find(Service, *state.service)
        if service is None:
            return
        address = message.address
        if not state.is_primary(address):
            self._node_port_failed(state, service, message)
            return
        sentence = explain(service.metadata.name, state.port, address, message.errno, message.error)
        self._fail(state, service, address, message.errno, sentence)
        self.reconcile(state.service)

    def _node_port_failed(self, state: ServicePortState, service: Service, message: ListenFailed) -> None:
        """Choose another node port where we chose it; one that the manifest names is only reported."""
        number = message.address.port
        if number != state.node_port:
            return
        if self._node_ports.give_up(service, number):
            self.reconcile(state.service)
            return
        text = f"cannot listen on nodePort {number}: {message.error.lower()} (port {state.port} goes on)"
        self._recorder.record(service, "Warning", "NodePortNotAvailable", text, component="readylb")

    def _endpoints_applied(self, state: ServicePortState, message: EndpointsApplied) -> None:
        if message.generation > state.applied.generation:
            state.applied.generation = message.generation
            if message.generation == state.generation:
                state.applied.seconds = self._clock.now() - state.sent_at
        if state.endpoints is not None and message.generation == state.generation:
            self._traffic.confirmed(state.endpoints, message.busy)

    def _greeted(self, message: Hello) -> None:
        """Say everything again to a worker that was started anew."""
        if message.worker in self._workers:
            for state in self._ports.values():
                for said in (state.settings, state.endpoints):
                    if said is not None:
                        self._channel.send(said)
        self._workers.add(message.worker)
