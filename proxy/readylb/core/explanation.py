"""Why a pod gets traffic, or why not: the verdict, who decided it, and the evidence.

Works on what the pod's status says and on what its probers know at this moment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from readylb.core.drained import DRAINED, DRAINED_CONDITION, is_drained
from readylb.core.durations import human_duration
from readylb.core.passive import PassiveSignal, kept, still
from readylb.model import Pod
from readylb.model.container import ContainerStateTerminated, ContainerStatus
from readylb.model.pod import PodCondition
from readylb.model.probe import ProbeKind, ProbeResult

#: A probe's output may have 10 KiB; this much of it is shown, in characters.
SHOWN_OUTPUT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one prober knows. Moments are epoch seconds; `next_at` is infinite when nothing is due.

    `streak` equal outcomes `last` have come in a row; `threshold` of them decide. `result` is the
    conclusion that holds, since `since`; `output` is what the last attempt, at `asked_at`, brought.
    """

    container: str
    kind: ProbeKind
    result: ProbeResult | None = None
    last: ProbeResult | None = None
    streak: int = 0
    threshold: int = 1
    output: str = ""
    asked_at: float | None = None
    next_at: float = math.inf
    since: float | None = None
    #: It has decided, and asks no more of this incarnation of the container.
    on_hold: bool = False

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f"{self.kind.lower()} probe of container {self.container}"

    @property
    def count(self) -> str:
        """How far the present run of equal outcomes is from deciding something."""
        if self.last is None or (self.streak == 0 and self.result is not self.last):
            return "no attempt counted yet"
        noun = "failure" if self.last is ProbeResult.FAILURE else "success"
        if self.streak == 0:  # decided, and asked no more
            return _plural(noun, self.threshold)
        if self.streak < self.threshold:
            return f"{self.streak} of {_plural(noun, self.threshold)}"
        decide = "decides" if self.threshold == 1 else "decide"
        return f"{_plural(noun, self.streak)} in a row, {self.threshold} {decide}"


#: What decided, and the probe that did if one did.
_Reason = tuple[str, Evidence | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a pod beside its own status.

    `starts_at` says for each container that waits for its back-off when (epoch seconds) that ends;
    `services` are the Services that have it as a Ready endpoint; `signals` are what traffic holds against
    it; `postponed` are the containers whose restart waits until other pods are Ready.
    """

    evidence: Sequence[Evidence] = ()
    starts_at: Mapping[str, float] = field(default_factory=dict)
    services: Sequence[str] = ()
    signals: Sequence[PassiveSignal] = ()
    postponed: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The verdict `In` or `Out`, and each part of its reasons as a line."""

    verdict: str
    since: float | None
    headline: str
    conditions: str
    decided_by: str
    output: str
    upcoming: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The five lines."""
        return (
            self.headline,
            f"conditions:   {self.conditions}",
            f"decided by:   {self.decided_by}",
            f"last output:  {self.output}",
            f"next:         {self.upcoming}",
        )


def explain(pod: Pod, known: Known, now: float) -> Explanation:
    """Return why the pod is in or out: traffic needs the probes, the operator and traffic itself to agree."""
    signals = still(known.signals, now)
    known = replace(known, signals=signals)
    decided_by, decisive = _decider(pod, known, now)
    services = kept(known.services, signals)
    since = _since_when(pod, known, services)
    return Explanation(
        verdict="In" if services else "Out",
        since=since,
        headline=f"pod/{pod.metadata.name} is {_headline(pod, known, services, since, now)}",
        conditions=", ".join(map(_condition, pod.status.conditions)) or "none yet",
        decided_by=decided_by,
        output=_output(decisive, now),
        upcoming=_upcoming(known, decisive, now),
    )


def _since_when(pod: Pod, known: Known, services: Sequence[str]) -> float | None:
    """Return since when the verdict holds, as far as that is known."""
    deleted_at = pod.metadata.deletion_timestamp
    if deleted_at is not None:
        return deleted_at - (pod.metadata.deletion_grace_period_seconds or 0)
    if is_drained(pod):
        return _since(pod.condition(DRAINED_CONDITION))
    if known.services and not services:
        return max(item.since for item in known.signals)
    return _since(pod.condition("Ready"))


def _headline(pod: Pod, known: Known, services: Sequence[str], since: float | None, now: float) -> str:
    age = "" if since is None else f" for {human_duration(now - since)}"
    left = [item for item in known.services if item not in services]
    if services:
        but = f"; left out of {_listed(left)}" if left else ""
        return f"in: Ready{age}, gets traffic of {_listed(services)}{but}"
    if pod.terminating:
        return f"out: terminating{age}"
    if is_drained(pod):
        return f"out: drained by an operator{age} ({'Ready' if pod.ready else 'not Ready'})"
    if left:
        return f"out: Ready, but left out by traffic{age}"
    if pod.ready:
        return f"out: Ready{age}, but no Service selects it"
    return f"out: not Ready{age}"


def _decider(pod: Pod, known: Known, now: float) -> _Reason:
    """Return what decided, by the first rule that applies, and the probe that did if one did."""
    evidence = known.evidence
    if pod.finished and not pod.terminating:
        return f"the end of the pod: {pod.status.phase} {pod.status.reason}".rstrip(), None
    if pod.terminating or is_drained(pod):
        return _operator(pod), _readiness(evidence)
    for item in evidence:
        if item.kind is not ProbeKind.READINESS and item.result is ProbeResult.FAILURE:
            waits = item.container in known.postponed
            fate = "its restart waits for another Ready pod" if waits else "the container is to be restarted"
            return f"{item.name}: {item.count}; {fate}", item
    found = _against_containers(pod, evidence, now)
    if found is not None:
        return found
    if known.services and known.signals:
        return "; ".join(item.sentence(now) for item in known.signals), _readiness(evidence)
    return _last_rule(pod, _readiness(evidence))


def _operator(pod: Pod) -> str:
    """Return the operator's word and how far it has been followed."""
    if pod.terminating:
        return "the deletion of the pod"
    condition = pod.condition(DRAINED_CONDITION)
    state = "workers are being told" if condition is None else condition.message
    return f"the operator: annotation {DRAINED}; {state}"


def _last_rule(pod: Pod, readiness: Evidence | None) -> _Reason:
    """Return what decides when every container is ready."""
    ready = pod.condition("Ready")
    if ready is not None and ready.status != "True":
        return f"{ready.reason}: {ready.message}", None
    if readiness is None:
        return "the container's start: it has no readiness probe", None
    return f"{readiness.name}: {readiness.count}", readiness


def _against_containers(pod: Pod, evidence: Sequence[Evidence], now: float) -> _Reason | None:
    """Return what keeps the first container that is not ready from being so, or None."""
    each = (
        _against(pod.container_status(container.name), container.name, evidence, now)
        for container in pod.spec.long_running
    )
    return _against_beginning(pod, evidence, now) or next(filter(None, each), None)


def _against_beginning(pod: Pod, evidence: Sequence[Evidence], now: float) -> _Reason | None:
    """Return what holds the init container up whose turn it is, or None: the pod is initialized."""
    initialized = pod.condition("Initialized")
    if initialized is None or initialized.status == "True":
        return None
    for container in pod.spec.init_containers:
        status = pod.container_status(container.name)
        if container.is_sidecar and status is not None and status.started:
            continue
        found = _against(status, container.name, evidence, now)
        if found is not None:
            text, probe = found
            waits = not container.is_sidecar and status is not None and status.state.running is not None
            return f"init container {container.name} has not ended yet" if waits else text, probe
    return None


def _against(
    status: ContainerStatus | None, name: str, evidence: Sequence[Evidence], now: float
) -> _Reason | None:
    """Return what keeps one container from being ready, or None."""
    if status is None:
        return f"container {name} has not been started yet", None
    waiting, ended = status.state.waiting, status.state.terminated
    if waiting is not None:
        last = status.last_state.terminated
        before = "" if last is None else f"; it ended {_end(last, now)}"
        return f"container {name} waits: {waiting.reason} {waiting.message}".rstrip() + before, None
    if status.ready:
        return None
    if ended is not None:
        return f"container {name} ended {_end(ended, now)}", None
    kind = ProbeKind.READINESS if status.started else ProbeKind.STARTUP
    probe = next((item for item in evidence if (item.container, item.kind) == (name, kind)), None)
    if probe is None:
        return f"container {name} is not ready", None
    return f"{probe.name}: {probe.count}", probe


def _end(state: ContainerStateTerminated, now: float) -> str:
    """Return when and how a container ended."""
    ago = "" if state.finished_at is None else f"{human_duration(now - state.finished_at)} ago "
    why = " ".join(filter(None, (state.reason, state.message)))
    return f"{ago}with exit code {state.exit_code}" + (f" ({why})" if why else "")


def _output(item: Evidence | None, now: float) -> str:
    if item is None or item.asked_at is None:
        return "none"
    text = " ".join(item.output[:SHOWN_OUTPUT].split())
    cut = " ..." if len(item.output) > SHOWN_OUTPUT else ""
    last = str(item.last or "no outcome")
    return f"{text or last}{cut} ({human_duration(now - item.asked_at)} ago)"


def _upcoming(known: Known, decisive: Evidence | None, now: float) -> str:
    parts = [
        f"{item.name} in {_seconds(item.next_at - now)}{_trouble(item, decisive)}"
        for item in sorted(known.evidence, key=lambda item: item.next_at)
        if item.next_at < math.inf
    ]
    held = [
        f"{item.name} is on hold until the container is new"
        for item in known.evidence
        if item.on_hold and item.result is ProbeResult.FAILURE
    ]
    waits = [
        f"back-off of container {name} has {_seconds(at - now)} left"
        for name, at in known.starts_at.items()
        if now < at < math.inf
    ]
    return "; ".join([*parts, *held, *(waits or ["no back-off"])])


def _trouble(item: Evidence, decisive: Evidence | None) -> str:
    failing = item.last is ProbeResult.FAILURE and item.streak > 0
    return f" ({item.count})" if failing and item is not decisive else ""


def _listed(services: Sequence[str]) -> str:
    return ", ".join(f"service/{name}" for name in services)


def _seconds(seconds: float) -> str:
    return f"{max(0, math.ceil(seconds))} s"


def _condition(condition: PodCondition) -> str:
    reason = f" ({condition.reason})" if condition.reason and condition.status != "True" else ""
    return f"{condition.type}={condition.status}{reason}"


def _readiness(evidence: Sequence[Evidence]) -> Evidence | None:
    return next((item for item in evidence if item.kind is ProbeKind.READINESS), None)


def _since(condition: PodCondition | None) -> float | None:
    return None if condition is None else condition.last_transition_time


def _plural(noun: str, count: int) -> str:
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{ending}"
