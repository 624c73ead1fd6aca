"""One probe of one container, asked again and again (`pkg/kubelet/prober/worker.go`).

The prober lives as long as the pod, across incarnations of the container. What to do is decided by
`core.probe_tracker`, when by `core.probe_schedule`; conclusions go to the store, and only when they
change. A change of the pod wakes the prober at once, so a container is probed from its own start.
"""

from __future__ import annotations

import math
from dataclasses import replace

from readylb.control.alarm import Alarm
from readylb.control.probes import facts
from readylb.control.probes.ask import Ask
from readylb.control.probes.attempt import attempt, report
from readylb.control.probes.deps import ProbeDeps
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.core.explanation import Evidence
from readylb.core.ownership import is_external
from readylb.core.probe_period import period_seconds
from readylb.core.probe_schedule import ProbeSchedule
from readylb.core.probe_tracker import ProbeTracker, Step, Transition, View, next_step
from readylb.model import Pod, ProbeStatus
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.probe import Probe, ProbeKind, ProbeResult

#: A container's first moments (no longer than the shortest period): refused connections are no failure
#: yet, and are looked at again after the pause; liveness is not asked.
OPENING_SECONDS = 1.0
OPENING_PAUSE_SECONDS = 0.025

#: Attempts asked for out of turn are this far apart, however often traffic is refused. Looks in between,
#: which count for nothing, come sooner at first, and each after twice the time, so that a program that is
#: back in a moment has its traffic back in another; a time without a refusal is the end of a row.
DOUBT_GAP_SECONDS = 1.0
FIRST_LOOK_SECONDS = 0.05
CALM_SECONDS = 10.0

#: Characters of the last output that are remembered for `explain`.
KEPT_OUTPUT = 1024


class Prober:
    """Asks one question of one container. One task."""

    def __init__(
        self, pod: Pod, container: Container, kind: ProbeKind, probe: Probe, deps: ProbeDeps
    ) -> None:
        """Have asked nothing yet."""
        self._pod = pod
        self._container = container
        self._kind = kind
        self._probe = probe
        self._deps = deps
        self._tracker = ProbeTracker(kind, probe, holds=not is_external(pod))
        self._period = period_seconds(kind, probe, pod.metadata.annotations)
        self._schedule = ProbeSchedule(self._period)
        self._alarm = Alarm(deps.clock)
        self._triggered = False
        self._doubted_at = 0.0
        #: When to look again at an endpoint that is doubted, between two attempts that count.
        self._look_at = math.inf
        self._look_gap = FIRST_LOOK_SECONDS
        self._doubts_at = -math.inf
        self._asked_at = 0.0
        self._output = ""
        self._concluded_at: float | None = None

    def see(self, pod: Pod, *, recomputed: bool) -> None:
        """Take a newer version of the pod; `recomputed` says that its status is a new one."""
        self._pod = pod
        if recomputed and self._kind is ProbeKind.READINESS:
            passing = self._tracker.result is ProbeResult.SUCCESS
            self._triggered = not passing and facts.has_started(pod, self._container.name)
        self._alarm.ring()

    def doubt(self, doubted_at: float) -> None:
        """Ask soon, out of turn: traffic was refused, as it was told with that moment."""
        self._doubted_at = doubted_at
        now = self._deps.clock.now()
        if now - self._doubts_at > CALM_SECONDS:
            self._look_gap = FIRST_LOOK_SECONDS
        self._doubts_at = now
        self._schedule.advance(max(now, self._asked_at + DOUBT_GAP_SECONDS))
        if self._tracker.result is ProbeResult.SUCCESS:
            self._look_at = min(self._look_at, max(now, self._asked_at + self._look_gap))
        self._alarm.ring()

    async def run(self) -> None:
        """Ask until there is nothing left to ask about."""
        while await self._turn():
            await self._alarm.wait(self._next_at)

    @property
    def kind(self) -> ProbeKind:
        """What it asks."""
        return self._kind

    @property
    def container(self) -> str:
        """The name of the container that it asks."""
        return self._container.name

    @property
    def evidence(self) -> Evidence:
        """What it knows now, for people who want to know why."""
        tracker = self._tracker
        return Evidence(
            container=self._container.name,
            kind=self._kind,
            result=tracker.result,
            last=tracker.last,
            streak=tracker.run,
            threshold=tracker.threshold(tracker.last) if tracker.last else 1,
            output=self._output,
            asked_at=self._asked_at or None,
            next_at=self._next_at,
            since=self._concluded_at,
            on_hold=tracker.on_hold,
        )

    @property
    def name(self) -> str:
        """The name of the ProbeStatus that this prober writes."""
        return f"{self._pod.metadata.name}.{self._container.name}.{self._kind.lower()}"

    async def _turn(self) -> bool:
        """Do what is due now; return False when it was the last turn."""
        now = self._deps.clock.now()
        seen = facts.view(self._pod, self._container.name, now)
        if not seen.pod_finished:
            self._meet(seen, now)
        step = next_step(self._kind, self._probe, seen, on_hold=self._tracker.on_hold)
        if step is Step.PROBE and self._is_due(now):
            await self._attempt()
        elif step is Step.PROBE and now >= self._look_at:
            await self._look()
        elif step is Step.SKIP:
            self._schedule.take(now)
        self._settle(step)
        if step is not Step.PROBE:
            self._look_at = math.inf
        if self._tracker.on_hold:
            self._schedule.stop()
        self._triggered = self._triggered and step is Step.PROBE
        return step in {Step.SKIP, Step.PROBE, Step.SETTLE_FAILURE}

    def _meet(self, seen: View, now: float) -> None:
        """Turn to a new incarnation, if there is one, and start the ticker with it.

        An endpoint that was let go to be restarted, and was not, is still the same one when it is back.
        """
        if not seen.running:
            self._schedule.stop()
        if not seen.container_id:
            return
        idle = self._schedule.next_at == math.inf and not self._tracker.on_hold
        spread = 0.0 if self._tracker.container_id else self._deps.jitter(self._pod, self._period)
        if seen.container_id != self._tracker.container_id:
            self._publish(self._tracker.see(seen.container_id))
        elif not idle:
            return
        if seen.running:
            first = facts.started_at(self._pod, self._container.name, now) + self._first_wait()
            # Many that are late are spread from now on, or all of them would be due at once, every time.
            self._schedule.restart(max(first, now) + spread if spread else first)

    def _first_wait(self) -> float:
        """Return the seconds from the container's start to the first attempt.

        kubelet's first attempt comes anywhere within a period after the initial delay. Ours comes at its
        beginning, but a program is not asked in its first milliseconds whether it should be killed.
        """
        delay = float(self._probe.initial_delay_seconds)
        patient = self._kind is ProbeKind.LIVENESS and not is_external(self._pod)
        return max(delay, OPENING_SECONDS) if patient else delay

    def _is_due(self, now: float) -> bool:
        triggered, self._triggered = self._triggered, False
        return (triggered and self._schedule.trigger(now)) or self._schedule.take(now)

    def _settle(self, step: Step) -> None:
        """Conclude without asking. A startup that was never seen stays unseen when the pod goes."""
        if step in {Step.SETTLE_FAILURE, Step.SETTLE_FAILURE_AND_END}:
            self._publish(self._tracker.settle(ProbeResult.FAILURE))
        elif step is Step.SETTLE_SUCCESS_AND_END and self._kind is not ProbeKind.STARTUP:
            self._publish(self._tracker.settle(ProbeResult.SUCCESS))

    async def _attempt(self) -> None:
        begin = self._asked_at = self._deps.clock.now()
        doubted_at = self._doubted_at
        ask = Ask(self._pod, self._container, self._probe, self._deps.runtime_for(self._pod))
        result = await attempt(ask)
        if self._pod.terminating and self._kind is not ProbeKind.READINESS:
            return  # nobody is to hear of failures that the shutdown itself has caused
        if isinstance(result, Outcome) and result.refused and self._is_opening(begin):
            self._schedule.restart(self._deps.clock.now() + OPENING_PAUSE_SECONDS)
            return
        report(self._deps.recorder, ask, self._kind, result)
        self._output = (result.output if isinstance(result, Outcome) else str(result))[:KEPT_OUTPUT]
        if isinstance(result, ProbeError):
            self._count(ProbeResult.UNKNOWN, begin)
            return
        self._count(result.result, begin)
        self._publish(self._tracker.observe(result.result, result.output))
        if result.result is not ProbeResult.FAILURE:
            self._vouch(doubted_at)
        self._look_again(doubted_at)

    async def _look(self) -> None:
        """Ask only to take back an endpoint that is doubted: who restarts within a period is out no longer.

        A failure counts for no threshold, since kubelet would not have asked.
        """
        self._asked_at, doubted_at = self._deps.clock.now(), self._doubted_at
        result = await attempt(
            Ask(self._pod, self._container, self._probe, self._deps.runtime_for(self._pod))
        )
        if isinstance(result, Outcome) and result.result is not ProbeResult.FAILURE:
            self._vouch(doubted_at)
        self._look_again(doubted_at)

    def _vouch(self, doubted_at: float) -> None:
        """Say that it has passed after traffic was refused at `doubted_at` (0: it was not)."""
        if not doubted_at:
            return
        self._deps.vouch(self._pod.metadata.uid, self._container.name, doubted_at)
        if self._doubted_at == doubted_at:
            self._doubted_at = 0.0

    def _look_again(self, doubted_at: float) -> None:
        """Look again soon at what is Ready and doubted; what is not Ready comes back in its own time."""
        doubted = self._doubted_at and self._tracker.result is ProbeResult.SUCCESS
        self._look_at = self._deps.clock.now() + self._look_gap if doubted else math.inf
        if doubted_at:
            self._look_gap = min(2 * self._look_gap, DOUBT_GAP_SECONDS)

    @property
    def _next_at(self) -> float:
        return min(self._schedule.next_at, self._look_at)

    def _is_opening(self, now: float) -> bool:
        """Say whether the container has only just been started, by us, and may not listen yet.

        kubelet's first attempt comes anywhere within a period after the start. Ours comes when the port
        opens, or after `OPENING_SECONDS`: a refusal before that is no attempt.
        """
        age = now - facts.started_at(self._pod, self._container.name, now)
        return age < OPENING_SECONDS and not is_external(self._pod)

    def _count(self, result: ProbeResult, begin: float) -> None:
        meta = self._pod.metadata
        seconds = self._deps.clock.now() - begin
        self._deps.metrics.probe(
            self._kind, result, self._container.name, meta.name, meta.namespace, meta.uid, seconds
        )

    def _publish(self, change: Transition | None) -> None:
        if change is None:
            return
        self._concluded_at = self._deps.clock.now()
        meta = self._pod.metadata
        conclusion = ProbeStatus(
            metadata=ObjectMeta(name=self.name, namespace=meta.namespace),
            pod_name=meta.name,
            pod_uid=meta.uid,
            container=self._container.name,
            container_id=change.container_id,
            kind=self._kind,
            result=change.result,
            message=change.message.rstrip(),
        )
        store = self._deps.store
        if store.find(ProbeStatus, meta.namespace, self.name) is None:
            store.create(conclusion)
            return
        store.update(
            ProbeStatus, meta.namespace, self.name, lambda old: replace(conclusion, metadata=old.metadata)
        )
