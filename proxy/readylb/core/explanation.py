"""Why a pod gets traffic, or why not: the verdict, who decided it, and the evidence.

Works on what the pod's status says and on what its probers know at this moment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from readylb.core.durations import human_duration
from readylb.model import Pod
from readylb.model.container import ContainerStatus
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


def explain(
    pod: Pod,
    evidence: Sequence[Evidence],
    starts_at: Mapping[str, float],
    services: Sequence[str],
    now: float,
) -> Explanation:
    """Return why the pod is in or out.

    `services` are the Services that have it as a Ready endpoint; `starts_at` says for each container
    that waits for its back-off when (epoch seconds) that ends.
    """
    decided_by, decisive = _decider(pod, evidence)
    ready = pod.condition("Ready")
    since = pod.metadata.deletion_timestamp if pod.terminating else _since(ready)
    if pod.terminating and since is not None:
        since -= pod.metadata.deletion_grace_period_seconds or 0
    return Explanation(
        verdict="In" if services else "Out",
        since=since,
        headline=_headline(pod, services, since, now),
        conditions=", ".join(map(_condition, pod.status.conditions)) or "none yet",
        decided_by=decided_by,
        output=_output(decisive, now),
        upcoming=_upcoming(evidence, decisive, starts_at, now),
    )


def _headline(pod: Pod, services: Sequence[str], since: float | None, now: float) -> str:
    name = f"pod/{pod.metadata.name}"
    age = "" if since is None else f" for {human_duration(now - since)}"
    if services:
        return (
            f"{name} is in: Ready{age}, gets traffic of {', '.join(f'service/{item}' for item in services)}"
        )
    if pod.terminating:
        return f"{name} is out: terminating{age}"
    if pod.ready:
        return f"{name} is out: Ready{age}, but no Service selects it"
    return f"{name} is out: not Ready{age}"


def _decider(pod: Pod, evidence: Sequence[Evidence]) -> tuple[str, Evidence | None]:
    """Return what decided, by the first rule that applies, and the probe that did if one did."""
    if pod.terminating:
        return "the deletion of the pod", _readiness(evidence)
    if pod.finished:
        return f"the end of the pod: {pod.status.phase} {pod.status.reason}".rstrip(), None
    for item in evidence:
        if item.kind is not ProbeKind.READINESS and item.result is ProbeResult.FAILURE:
            return f"{item.name}: {item.count}; the container is to be restarted", item
    for container in pod.spec.long_running:
        found = _against(pod.container_status(container.name), container.name, evidence)
        if found is not None:
            return found
    return _last_rule(pod, _readiness(evidence))


def _last_rule(pod: Pod, readiness: Evidence | None) -> tuple[str, Evidence | None]:
    """Return what decides when every container is ready."""
    ready = pod.condition("Ready")
    if ready is not None and ready.status != "True":
        return f"{ready.reason}: {ready.message}", None
    if readiness is None:
        return "the container's start: it has no readiness probe", None
    return f"{readiness.name}: {readiness.count}", readiness


def _against(
    status: ContainerStatus | None, name: str, evidence: Sequence[Evidence]
) -> tuple[str, Evidence | None] | None:
    """Return what keeps one container from being ready, or None."""
    if status is None:
        return f"container {name} has not been started yet", None
    waiting, ended = status.state.waiting, status.state.terminated
    if waiting is not None:
        return f"container {name} waits: {waiting.reason} {waiting.message}".rstrip(), None
    if ended is not None:
        return f"the end of container {name}: {ended.reason}, exit code {ended.exit_code}", None
    if status.ready:
        return None
    kind = ProbeKind.READINESS if status.started else ProbeKind.STARTUP
    probe = next((item for item in evidence if (item.container, item.kind) == (name, kind)), None)
    if probe is None:
        return f"container {name} is not ready", None
    return f"{probe.name}: {probe.count}", probe


def _output(item: Evidence | None, now: float) -> str:
    if item is None or item.asked_at is None:
        return "none"
    text = " ".join(item.output[:SHOWN_OUTPUT].split())
    cut = " ..." if len(item.output) > SHOWN_OUTPUT else ""
    last = str(item.last or "no outcome")
    return f"{text or last}{cut} ({human_duration(now - item.asked_at)} ago)"


def _upcoming(
    evidence: Sequence[Evidence], decisive: Evidence | None, starts_at: Mapping[str, float], now: float
) -> str:
    parts = [
        f"{item.name} in {_seconds(item.next_at - now)}{_trouble(item, decisive)}"
        for item in sorted(evidence, key=lambda item: item.next_at)
        if item.next_at < math.inf
    ]
    waits = [
        f"back-off of container {name} has {_seconds(at - now)} left"
        for name, at in starts_at.items()
        if now < at < math.inf
    ]
    return "; ".join([*parts, *(waits or ["no back-off"])])


def _trouble(item: Evidence, decisive: Evidence | None) -> str:
    failing = item.last is ProbeResult.FAILURE and item.streak > 0
    return f" ({item.count})" if failing and item is not decisive else ""


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
