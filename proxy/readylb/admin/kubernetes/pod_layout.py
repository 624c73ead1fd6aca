"""The columns of `get pods`: READY, STATUS and RESTARTS as Kubernetes derives them.

Source: pkg/printers/internalversion/printers.go, printPod. What keeps a pod from traffic beside its probes
is added as it is for a cordoned node (printNode): `Running,Drained`, `Running,LeadsBack`.
"""

from __future__ import annotations

from collections.abc import Sequence

from readylb.admin.kubernetes.tables import AGE, NAME, NONE, Cell, Column, Layout, age
from readylb.core.drained import drained_word
from readylb.core.leads_back import leads_back_word
from readylb.model import Pod
from readylb.model.container import ContainerStateTerminated, ContainerStatus


def pod_row(pod: Pod, now: float) -> Sequence[Cell]:
    """Return the cells of one pod."""
    sidecars = {item.name for item in pod.spec.sidecars}
    beside = [item for item in pod.status.init_container_statuses if item.name in sidecars]
    statuses = [*beside, *pod.status.container_statuses]
    ready = sum(1 for status in statuses if status.ready and status.state.running is not None)
    waiting = init_reason(pod)
    return (
        pod.metadata.name,
        f"{ready}/{len(pod.spec.long_running)}",
        ",".join(filter(None, (pod_reason(pod), drained_word(pod), leads_back_word(pod)))),
        _restarts(pod.status.init_container_statuses if waiting else statuses, now),
        age(pod.metadata.creation_timestamp, now),
        _address(pod),
        pod.spec.node_name or NONE,
        NONE,
        NONE,
    )


def _address(pod: Pod) -> str:
    """Return the pod's address, with the ports that its own were mapped to (pods share one address)."""
    address = pod.status.pod_ip or NONE
    ports = ",".join(str(mapping.host_port) for mapping in pod.status.port_mappings)
    if not ports:
        return address
    return f"[{address}]:{ports}" if ":" in address else f"{address}:{ports}"


def pod_reason(pod: Pod) -> str:
    """Return what the STATUS column says."""
    reason = pod.status.reason or str(pod.status.phase)
    running = False
    initializing = init_reason(pod)
    if initializing:
        return "Terminating" if pod.terminating and not pod.finished else initializing
    for status in reversed(pod.status.container_statuses):
        state = status.state
        if state.waiting is not None and state.waiting.reason:
            reason = state.waiting.reason
        elif state.terminated is not None:
            reason = _ending(state.terminated)
        elif status.ready and state.running is not None:
            running = True
    if reason == "Completed" and running:
        reason = "Running" if pod.ready else "NotReady"
    if pod.terminating and not pod.finished:
        reason = "Terminating"
    return reason


def init_reason(pod: Pod) -> str:
    """Return what holds the pod's beginning up (`Init:0/2`); empty once it is initialized."""
    condition = pod.condition("Initialized")
    total = len(pod.spec.init_containers)
    if condition is None or condition.status == "True":
        return ""
    for index, container in enumerate(pod.spec.init_containers):
        status = pod.container_status(container.name)
        if status is None:
            return f"Init:{index}/{total}"
        state = status.state
        if status.started if container.is_sidecar else status.ready:
            continue
        if state.terminated is not None:
            return f"Init:{_ending(state.terminated)}"
        if state.waiting is not None and state.waiting.reason not in {"", "PodInitializing"}:
            return f"Init:{state.waiting.reason}"
        return f"Init:{index}/{total}"
    return ""


def _ending(state: ContainerStateTerminated) -> str:
    if state.reason:
        return state.reason
    return f"Signal:{state.signal}" if state.signal else f"ExitCode:{state.exit_code}"


def _restarts(statuses: Sequence[ContainerStatus], now: float) -> str:
    total = sum(status.restart_count for status in statuses)
    ended = [
        status.last_state.terminated.finished_at
        for status in statuses
        if status.last_state.terminated is not None and status.last_state.terminated.finished_at is not None
    ]
    return f"{total} ({age(max(ended), now)} ago)" if total and ended else str(total)


POD_LAYOUT = Layout(
    columns=(
        NAME,
        Column("Ready"),
        Column("Status"),
        Column("Restarts"),
        AGE,
        Column("IP", wide=True),
        Column("Node", wide=True),
        Column("Nominated Node", wide=True),
        Column("Readiness Gates", wide=True),
    ),
    row=pod_row,
)
