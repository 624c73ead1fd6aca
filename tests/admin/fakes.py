"""A world to look at: a store with pods, a Service, workloads and events, and a runtime of words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from readylb.admin.deps import AdminDeps
from readylb.control.clock import Clock
from readylb.control.runtimes.runtime import Runtime
from readylb.control.store import Store
from readylb.core.explanation import Evidence
from readylb.core.passive import PassiveSignal
from readylb.errors import RuntimeFailureError
from readylb.model import (
    Deployment,
    EndpointSlice,
    Event,
    Pod,
    ReplicaSet,
    ReplicationController,
    Service,
)
from readylb.model.container import (
    Container,
    ContainerPort,
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    ContainerStatus,
    EnvVar,
)
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint, EndpointConditions, EndpointPort
from readylb.model.event import EventSource
from readylb.model.meta import ObjectMeta, ObjectReference, OwnerReference
from readylb.model.pod import PodCondition, PodIP, PodPhase, PodSpec, PodStatus, PodTemplateSpec
from readylb.model.probe import ExecAction, HTTPGetAction, HTTPHeader, Probe, TCPSocketAction
from readylb.model.service import (
    LoadBalancerIngress,
    LoadBalancerStatus,
    ServicePort,
    ServiceSpec,
    ServiceStatus,
)
from readylb.model.workload import (
    DeploymentSpec,
    DeploymentStatus,
    LabelSelector,
    ReplicaSetSpec,
    ReplicaStatus,
    ReplicationControllerSpec,
)
from readylb.telemetry.events import EventRecorder

LABELS = {"app": "readiness"}


class FakeSession:
    """A command that says what it was asked, echoes stdin, and ends with the status in its name."""

    def __init__(self, command: tuple[str, ...], *, stdin: bool, tty: bool) -> None:
        self.command = command
        self.code = int(command[1]) if command[0] == "exit" else 0
        self.size: tuple[int, int] | None = None
        self.killed = False
        self._queue: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue()
        if command[0] in {"cat", "sleep"} and (stdin or command[0] == "sleep"):
            return
        self._queue.put_nowait((1, f"ran {' '.join(command)} tty={tty}\n".encode()))
        if command[0] == "warn":
            self._queue.put_nowait((2, b"careful\n"))
        self._queue.put_nowait(None)

    async def read(self) -> tuple[int, bytes] | None:
        return await self._queue.get()

    def write(self, data: bytes) -> None:
        self._queue.put_nowait((1, data))

    def close_stdin(self) -> None:
        self._queue.put_nowait(None)

    def resize(self, rows: int, columns: int) -> None:
        self.size = rows, columns

    async def wait(self) -> int:
        return self.code

    async def kill(self) -> None:
        if not self.killed:
            self.killed = True
            self._queue.put_nowait(None)


@dataclass
class FakeRuntime:
    """Keeps log lines and starts sessions of words."""

    lines: list[tuple[float, bytes]] = field(default_factory=list)
    previous: list[tuple[float, bytes]] = field(default_factory=list)
    sessions: list[FakeSession] = field(default_factory=list)
    more: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    following: int = 0

    async def exec_session(
        self, pod: Pod, container: str, command: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> FakeSession:
        if command[0] == "missing":
            msg = "cannot run missing: no such file or directory (is it installed?)"
            raise RuntimeFailureError(msg)
        session = FakeSession(command, stdin=stdin, tty=tty)
        self.sessions.append(session)
        return session

    async def logs(
        self, pod: Pod, container: str, *, previous: bool, follow: bool, tail: int | None
    ) -> AsyncIterator[tuple[float, bytes]]:
        lines = self.previous if previous else self.lines
        for line in lines if tail is None else lines[len(lines) - tail :]:
            yield line
        if not follow:
            return
        self.following += 1
        try:
            while True:
                yield 1_700_000_000.0, await self.more.get()
        finally:
            self.following -= 1


class FakeMetrics:
    def parts(self) -> tuple[bytes, ...]:
        return b"readylb_requests_total ", b"1\n"


class NoEvents:
    def write(self, event: Event) -> None:
        pass


@dataclass
class FakeInsight:
    """Knows what it is told, of every pod alike."""

    known: tuple[Evidence, ...] = ()
    waits: dict[str, float] = field(default_factory=dict)
    waiting_for_others: tuple[str, ...] = ()
    #: By uid.
    ejections: dict[str, tuple[PassiveSignal, ...]] = field(default_factory=dict)

    def evidence(self, pod_uid: str) -> tuple[Evidence, ...]:
        assert pod_uid
        return self.known

    def starts_at(self, pod_uid: str) -> dict[str, float]:
        assert pod_uid
        return self.waits

    def postponed(self, pod_uid: str) -> tuple[str, ...]:
        assert pod_uid
        return self.waiting_for_others

    def signals(self, pod_uid: str) -> tuple[PassiveSignal, ...]:
        return self.ejections.get(pod_uid, ())


@dataclass
class World:
    """Store, runtime and deps together."""

    store: Store
    clock: Clock
    runtime: FakeRuntime
    reasons: list[str] = field(default_factory=list)
    insight: FakeInsight = field(default_factory=FakeInsight)
    images: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def deps(self) -> AdminDeps:
        runtime: Runtime = self.runtime  # type: ignore[assignment]
        return AdminDeps(
            store=self.store,
            clock=self.clock,
            runtime_for=lambda _pod: runtime,
            recorder=EventRecorder(NoEvents(), self.clock.now),
            metrics=FakeMetrics(),
            ready=lambda: (not self.reasons, "\n".join(self.reasons)),
            insight=self.insight,
            images=lambda: self.images,
        )


def make_world(clock: Clock) -> World:
    now = clock.now()
    lines = [(now + i / 10, f"line {i}".encode()) for i in range(5)]
    return World(Store(clock), clock, FakeRuntime(lines=lines, previous=[(now - 60, b"I was here")]))


def running(
    now: float, *, ready: bool = True, restarts: int = 0, ended: float | None = None
) -> ContainerStatus:
    last = ContainerState()
    if ended is not None:
        last = ContainerState(
            terminated=ContainerStateTerminated(
                exit_code=137,
                reason="Error",
                started_at=ended - 30,
                finished_at=ended,
                container_id="process://old",
            )
        )
    return ContainerStatus(
        name="readiness",
        state=ContainerState(running=ContainerStateRunning(started_at=now)),
        last_state=last,
        ready=ready,
        started=True,
        restart_count=restarts,
        image="gcr.io/terrycho-sandbox/readiness:v1",
        container_id="process://1",
    )


def waiting(reason: str, *, restarts: int = 0) -> ContainerStatus:
    return ContainerStatus(
        name="readiness",
        state=ContainerState(waiting=ContainerStateWaiting(reason=reason, message=f"because of {reason}")),
        restart_count=restarts,
    )


def make_container() -> Container:
    return Container(
        name="readiness",
        image="gcr.io/terrycho-sandbox/readiness:v1",
        ports=(ContainerPort(container_port=8080),),
        command=("python3", "server.py"),
        env=(EnvVar(name="MODE", value="test"),),
        readiness_probe=Probe(
            http_get=HTTPGetAction(
                path="/readiness", port=8080, http_headers=(HTTPHeader(name="health", value="check"),)
            ),
            initial_delay_seconds=5,
            period_seconds=5,
        ),
        liveness_probe=Probe(exec=ExecAction(command=("cat", "/tmp/healthy")), period_seconds=5),
        startup_probe=Probe(tcp_socket=TCPSocketAction(port=8080), failure_threshold=30),
    )


def make_pod(name: str, now: float, status: ContainerStatus | None = None, **meta: object) -> Pod:
    shown = status or running(now)
    ready = "True" if shown.ready else "False"
    conditions = tuple(
        PodCondition(type=kind, status=state, last_transition_time=now)
        for kind, state in (
            ("PodReadyToStartContainers", "True"),
            ("Initialized", "True"),
            ("Ready", ready),
            ("ContainersReady", ready),
            ("PodScheduled", "True"),
        )
    )
    return Pod(
        metadata=replace(ObjectMeta(name=name, labels=LABELS), **meta),
        spec=PodSpec(containers=(make_container(),), node_name="here"),
        status=PodStatus(
            phase=PodPhase.RUNNING,
            conditions=conditions,
            pod_ip="127.0.0.1",
            pod_ips=(PodIP(ip="127.0.0.1"),),
            host_ip="127.0.0.1",
            start_time=now,
            container_statuses=(shown,),
            qos_class="BestEffort",
        ),
    )


def make_service(name: str = "readiness-svc") -> Service:
    return Service(
        metadata=ObjectMeta(name=name),
        spec=ServiceSpec(
            type="LoadBalancer",
            ports=(ServicePort(name="http", port=80, target_port=8080, node_port=31619),),
            selector=LABELS,
            cluster_ip="127.0.0.1",
            cluster_ips=("127.0.0.1",),
            ip_families=("IPv4",),
            ip_family_policy="SingleStack",
            external_traffic_policy="Cluster",
            internal_traffic_policy="Cluster",
        ),
        status=ServiceStatus(
            load_balancer=LoadBalancerStatus(ingress=(LoadBalancerIngress(ip="127.0.0.1"),))
        ),
    )


def make_slice(service: str = "readiness-svc") -> EndpointSlice:
    def endpoint(ip: str, pod: str, ready: bool) -> Endpoint:
        return Endpoint(
            addresses=(ip,),
            conditions=EndpointConditions(ready=ready, serving=ready),
            target_ref=ObjectReference(kind="Pod", name=pod),
        )

    return EndpointSlice(
        metadata=ObjectMeta(name=f"{service}-abcde", labels={SERVICE_NAME_LABEL: service}),
        endpoints=(
            endpoint("10.0.0.1", "readiness-rc-5v64f", ready=True),
            endpoint("10.0.0.2", "readiness-rc-89d89", ready=False),
        ),
        ports=(EndpointPort(name="http", port=8080),),
    )


def make_event(pod: Pod, now: float, *, count: int = 9, name: str = "") -> Event:
    return Event(
        metadata=ObjectMeta(name=name or f"{pod.metadata.name}.17a"),
        involved_object=ObjectReference(
            kind="Pod",
            name=pod.metadata.name,
            uid=pod.metadata.uid,
            api_version="v1",
            field_path="spec.containers{readiness}",
        ),
        type="Warning",
        reason="Unhealthy",
        message="Readiness probe failed: HTTP probe failed with statuscode: 500",
        source=EventSource(component="kubelet", host="here"),
        count=count,
        first_timestamp=now - 295,
        last_timestamp=now - 4,
    )


def template() -> PodTemplateSpec:
    return PodTemplateSpec(
        metadata=ObjectMeta(name="readiness-pod", labels=LABELS), spec=PodSpec(containers=(make_container(),))
    )


def fill(world: World) -> None:
    """Put in what S1 has, a Deployment with its ReplicaSet, and one counted event."""
    store, now = world.store, world.clock.now()
    controller = store.create(
        ReplicationController(
            metadata=ObjectMeta(name="readiness-rc"),
            spec=ReplicationControllerSpec(replicas=2, selector=LABELS, template=template()),
            status=ReplicaStatus(replicas=2, ready_replicas=1, available_replicas=1),
        )
    )
    owner = OwnerReference(
        api_version="v1",
        kind="ReplicationController",
        name="readiness-rc",
        uid=controller.metadata.uid,
        controller=True,
    )
    first = store.create(make_pod("readiness-rc-5v64f", now, owner_references=(owner,)))
    status = running(now, ready=False, restarts=6, ended=now - 23)
    store.create(make_pod("readiness-rc-89d89", now, status, owner_references=(owner,)))
    store.create(make_service())
    store.create(make_slice())
    store.create(make_event(first, now))
    selector = LabelSelector(match_labels={"app": "nodeapp"})
    store.create(
        Deployment(
            metadata=ObjectMeta(name="nodeapp"),
            spec=DeploymentSpec(replicas=1, selector=selector, template=template()),
            status=DeploymentStatus(replicas=1, updated_replicas=1, ready_replicas=1, available_replicas=1),
        )
    )
    store.create(
        ReplicaSet(
            metadata=ObjectMeta(name="nodeapp-5cc89fd495"),
            spec=ReplicaSetSpec(replicas=1, selector=selector, template=template()),
            status=ReplicaStatus(replicas=1, ready_replicas=1, available_replicas=1),
        )
    )
