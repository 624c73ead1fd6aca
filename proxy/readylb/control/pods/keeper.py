"""One pod, from admission to removal: one task, level-triggered, woken by any change around it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from readylb.control.alarm import Alarm
from readylb.control.pods.container import ContainerKeeper
from readylb.control.pods.deps import RUNTIME_FAULTS, PodDeps
from readylb.control.pods.drained_notice import DrainedNotice
from readylb.control.pods.traffic import TrafficGate
from readylb.control.store import Store
from readylb.core.backoff import Backoff
from readylb.core.container_life import Stage
from readylb.core.disruption import blocking_service
from readylb.core.drained import drained_conditions
from readylb.core.init_containers import is_over, turn
from readylb.core.pod_lifecycle import Verdicts
from readylb.core.pod_status import ContainerView, PodNetwork, is_started, pod_status
from readylb.model import Pod, ProbeStatus, Service
from readylb.model.container import Container
from readylb.model.probe import ProbeKind, ProbeResult
from readylb.telemetry.events import container_path

#: Address of the machine as `status.hostIP` shows it until the runtime says which one the pod sees.
HOST_IP = "127.0.0.1"


class PodKeeper:
    """Keeps one pod as its spec and its probes say. Owns `status` and `spec.nodeName`."""

    def __init__(self, pod: Pod, store: Store, deps: PodDeps, node_name: str) -> None:
        """Have done nothing for the pod yet."""
        self._pod = pod
        self._store = store
        self._deps = deps
        self._node_name = node_name
        self._alarm = Alarm(deps.clock)
        self._network = PodNetwork(host_ip=HOST_IP)
        self._traffic = TrafficGate(pod, store, deps.clock)
        self._notice = DrainedNotice(deps.recorder)
        self._taken = False
        #: Containers whose liveness restart waits, and the incarnation of which that was told.
        self._postponed: dict[str, str] = {}
        self._containers = {item.name: self._keeper() for item in pod.spec.every_container}

    def see(self, pod: Pod) -> None:
        """Look again; a version older than the keeper's own last write tells nothing."""
        if int(pod.metadata.resource_version) > int(self._pod.metadata.resource_version):
            self._pod = pod
        self._alarm.ring()

    def gone(self) -> None:
        """Stop what runs: somebody else has taken the pod from the store."""
        self._taken = True
        self._alarm.ring()

    def wake(self) -> None:
        """Look again: something around the pod has changed."""
        self._traffic.look()
        self._alarm.ring()

    def starts_at(self) -> dict[str, float]:
        """Return when each container whose start was put off may start (epoch seconds)."""
        now = self._deps.clock.now()
        return {name: item.retry_at for name, item in self._containers.items() if item.retry_at > now}

    async def run(self) -> None:
        """Keep the pod until it is gone."""
        self._admit()
        if await self._prepare():
            while not self._attend():
                await self._alarm.wait(self._next_start())
        await self._remove()

    @property
    def postponed(self) -> tuple[str, ...]:
        """The containers whose restart waits for other pods to be Ready."""
        return tuple(self._postponed)

    @property
    def _leaving(self) -> bool:
        return self._taken or self._pod.terminating

    def _keeper(self) -> ContainerKeeper:
        return ContainerKeeper(self._deps, self._traffic, self._changed)

    def _admit(self) -> None:
        self._write(lambda pod: replace(pod, spec=replace(pod.spec, node_name=self._node_name)))
        self._publish()

    async def _prepare(self) -> bool:
        """Make the surroundings, however many attempts it takes; False when the pod goes before."""
        backoff = Backoff()
        while not self._leaving:
            try:
                sandbox = await self._deps.runtime.prepare(self._pod)
            except RUNTIME_FAULTS as error:
                text = f"Failed to create pod sandbox: {error}"
                self._deps.recorder.record(self._pod, "Warning", "FailedCreatePodSandBox", text)
                now = self._deps.clock.now()
                backoff = backoff.advance(now, now)
                await self._wait_until(now + backoff.delay_seconds)
            else:
                self._network = PodNetwork(sandbox.pod_ip, sandbox.host_ip, sandbox.port_mappings)
                for warning in sandbox.warnings:
                    self._deps.recorder.record(self._pod, "Warning", warning.reason, warning.message)
                self._publish()
                return True
        return False

    async def _wait_until(self, moment: float) -> None:
        while not self._leaving and await self._alarm.wait(moment):
            pass

    def _attend(self) -> bool:
        """Do what is due for every container; return True when the pod may be removed."""
        for container in self._pod.spec.every_container:
            self._containers.setdefault(container.name, self._keeper())
        if self._leaving:
            self._leave()
        else:
            self._keep()
        self._publish()
        return self._leaving and not any(item.life.up for item in self._containers.values())

    def _keep(self) -> None:
        """Keep those whose turn it is; sidecars go when nobody is left whom they could serve."""
        spec = self._pod.spec
        lives = {name: keeper.life for name, keeper in self._containers.items()}
        found = turn(self._pod, lives, self._started)
        done = found.failed or is_over(self._pod, lives)
        for container in spec.every_container:
            if container.name in found.names and not (done and container in spec.sidecars):
                verdicts = self._verdicts(container.name)
                self._containers[container.name].attend(self._pod, container, verdicts)
        if done:
            self._dismiss_sidecars()

    def _leave(self) -> None:
        """Stop all: at once, but for the stop signals of sidecars, which have an order."""
        for container in self._pod.spec.every_container:
            self._containers[container.name].leave(self._pod, container, partial(self._in_turn, container))

    def _dismiss_sidecars(self) -> None:
        for container in self._pod.spec.sidecars:
            self._containers[container.name].leave(self._pod, container, partial(self._in_turn, container))

    def _in_turn(self, container: Container) -> bool:
        """Say whether a container may have its stop signal: sidecars last, in the reverse order of starts.

        Source: kuberuntime_termination_order.go.
        """
        spec = self._pod.spec
        if container not in spec.sidecars:
            return True
        later = spec.sidecars[spec.sidecars.index(container) + 1 :]
        return not any(self._containers[item.name].life.up for item in (*spec.containers, *later))

    def _started(self, container: Container) -> bool:
        life = self._containers[container.name].life
        return is_started(container, ContainerView(life, self._verdicts(container.name)))

    def _next_start(self) -> float:
        """Return when a start that was put off is due."""
        if self._leaving:
            return math.inf
        return min(self.starts_at().values(), default=math.inf)

    def _verdicts(self, container: str) -> Verdicts:
        """Return what the probes say about the running incarnation; about an older one counts nothing."""
        life = self._containers[container].life

        def conclusion(kind: ProbeKind) -> ProbeStatus | None:
            meta = self._pod.metadata
            name = f"{meta.name}.{container}.{kind.lower()}"
            found = self._store.find(ProbeStatus, meta.namespace, name)
            current = found is not None and found.container_id == life.container_id
            return found if current else None

        found = {kind: conclusion(kind) for kind in ProbeKind}
        result = {kind: None if item is None else item.result for kind, item in found.items()}
        liveness = result[ProbeKind.LIVENESS]
        if liveness is ProbeResult.FAILURE and life.stage is Stage.RUNNING and self._must_wait(container):
            liveness = None
        else:
            self._postponed.pop(container, None)
        asked = (found[ProbeKind.LIVENESS], found[ProbeKind.STARTUP])
        output = next((item.message for item in asked if item and item.result is ProbeResult.FAILURE), "")
        return Verdicts(result[ProbeKind.STARTUP], liveness, result[ProbeKind.READINESS], output)

    def _must_wait(self, container: str) -> bool:
        """Say whether the restart of a container would leave a Service without a Ready pod; tell it once."""
        pod = self._pod
        namespace = pod.metadata.namespace
        services = self._store.objects(Service, namespace)
        blocking = blocking_service(pod, services, self._store.objects(Pod, namespace))
        if not blocking or self._leaving:
            return False
        incarnation = self._containers[container].life.container_id
        if self._postponed.get(container) != incarnation:
            self._postponed[container] = incarnation
            text = (
                f"Container {container} failed liveness probe, its restart is postponed: this is the last "
                f"Ready pod of service/{blocking}"
            )
            path = container_path(container)
            self._deps.recorder.record(pod, "Warning", "RestartPostponed", text, field_path=path)
        return True

    def _changed(self) -> None:
        """Tell the world at once, then see what follows from it."""
        self._publish()
        self._alarm.ring()

    def _publish(self) -> None:
        views = {
            name: ContainerView(keeper.life, self._verdicts(name))
            for name, keeper in self._containers.items()
        }
        terminal = self._leaving and not any(item.life.up for item in self._containers.values())
        now = self._deps.clock.now()
        flow = self._traffic.flow

        def published(pod: Pod) -> Pod:
            status = pod_status(pod, self._network, views, terminal=terminal, now=now)
            conditions = drained_conditions(pod, status.conditions, flow, now)
            return replace(pod, status=replace(status, conditions=conditions))

        self._write(published)
        self._notice.tell(self._pod)

    def _write(self, change: Callable[[Pod], Pod]) -> None:
        meta = self._pod.metadata
        found = self._store.find(Pod, meta.namespace, meta.name)
        if found is not None and found.metadata.uid == meta.uid:
            self._pod = self._store.update(Pod, meta.namespace, meta.name, change)

    async def _remove(self) -> None:
        """Remove what was prepared, then the pod."""
        try:
            await self._deps.runtime.remove(self._pod)
        except RUNTIME_FAULTS as error:
            self._deps.recorder.record(self._pod, "Warning", "FailedKillPod", f"error killing pod: {error}")
        meta = self._pod.metadata
        found = self._store.find(Pod, meta.namespace, meta.name)
        if found is not None and found.metadata.uid == meta.uid:
            self._store.remove(Pod, meta.namespace, meta.name)
