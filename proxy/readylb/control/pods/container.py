"""One container of one pod, kept as its policy says: started, stopped, started again.

Decisions are `core.pod_lifecycle`'s; here they are carried out. Every operation runs as a task of its
own, so a container that takes its grace period holds up neither its siblings nor its pod.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

from readylb.control.pods.deps import RUNTIME_FAULTS, PodDeps
from readylb.control.pods.farewell import Farewell, Words
from readylb.control.pods.hooks import run_hook
from readylb.control.pods.traffic import TrafficGate
from readylb.control.runtimes.runtime import RunningContainer
from readylb.core.backoff import Backoff
from readylb.core.container_life import ContainerLife, Stage
from readylb.core.durations import go_duration
from readylb.core.ownership import is_external
from readylb.core.pod_lifecycle import (
    Verb,
    Verdicts,
    decide,
    describe_pod,
    grace_seconds,
    wanted_grace_seconds,
)
from readylb.core.restart_request import sanitized
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.lifecycle import LifecycleHandler
from readylb.model.probe import ProbeKind
from readylb.telemetry.events import container_path


class ContainerKeeper:
    """Keeps one container. `changed` is called after each step of its life."""

    def __init__(self, deps: PodDeps, traffic: TrafficGate, changed: Callable[[], None]) -> None:
        """Have started nothing yet."""
        self._deps = deps
        self._traffic = traffic
        self._changed = changed
        self._running: RunningContainer | None = None
        self._task: asyncio.Task[Any] | None = None
        self._definition: Container | None = None
        self._backoff = Backoff()
        self._farewell: Farewell | None = None
        self._hook: asyncio.Task[Any] | None = None
        self._launching = False
        self._turn: Callable[[], bool] = lambda: True
        self.life = ContainerLife()
        #: No start is attempted before this moment (epoch seconds).
        self.retry_at = -math.inf

    def attend(self, pod: Pod, container: Container, verdicts: Verdicts) -> None:
        """Do what is due in a pod that is to live."""
        changed = self._definition is not None and self._definition != container
        action = decide(pod, container, self.life, verdicts, changed=changed)
        if action.verb is Verb.STOP and action.restart and is_external(pod) and self._spare(pod, container):
            return
        if action.verb is Verb.STOP:
            self._record(pod, container, "Normal", "Killing", action.message)
            # Whoever runs an endpoint is to know why; of one that runs here, its exit tells how it ended.
            why = (action.reason.value, sanitized(verdicts.output)) if is_external(pod) else ("", "")
            self._stop(pod, container, restart=action.restart, condemned_by=action.probe, why=why)
        elif action.verb is Verb.START:
            self._try_start(pod, container)
        elif action.verb is Verb.DONE:
            self.life = self.life.settled()

    def leave(self, pod: Pod, container: Container, turn: Callable[[], bool]) -> None:
        """Do what is due in a pod that is to go: stop, sooner if the grace period has become shorter.

        Its stop signal waits until `turn` says that others are gone, its preStop hook does not
        (`kuberuntime_container.go`, killContainer). A start that is under way is given up: what it has
        left behind goes with the pod.
        """
        if self.life.stage is Stage.STARTING:
            task = self._task if self._launching else self._hook
            if task is not None:
                task.cancel()
        if self.life.stage not in {Stage.RUNNING, Stage.STOPPING}:
            return
        if self.life.stage is Stage.RUNNING:
            self._record(pod, container, "Normal", "Killing", f"Stopping container {container.name}")
            self._turn = turn
            self._stop(pod, container, restart=False)
            return
        if self._farewell is not None:
            self._farewell.look()
        deadline = self._deadline(pod, container)
        if self._farewell is not None and deadline < self._farewell.deadline:
            self.life = self.life.stop(restart=False)
            self._farewell.hurry(deadline)
            self._changed()

    def _spare(self, pod: Pod, container: Container) -> bool:
        """Leave an endpoint that somebody else runs adopted, and probed, until its hook may run again.

        So one that comes back by itself rejoins with its next passing probe, and is not restarted then.
        """
        now = self._deps.clock.now()
        run_at = self._backoff.next_run_at(now)
        if now >= run_at:
            self._backoff = self._backoff.advance(now, now)
            return False
        if self.retry_at != run_at:
            self.retry_at = run_at
            event = f"Back-off restarting failed container {container.name} in pod {describe_pod(pod)}"
            self._record(pod, container, "Warning", "BackOff", event)
        return True

    def _try_start(self, pod: Pod, container: Container) -> None:
        now = self._deps.clock.now()
        if now < self.retry_at:
            return
        ended = self.life.judged_exit
        if ended is not None and ended.finished_at is not None and not is_external(pod):
            ready_at = self._backoff.ready_at(ended.finished_at)
            if now < ready_at:
                self._refuse(pod, container, ready_at)
                return
            self._backoff = self._backoff.advance(ended.finished_at, now)
        self.life = self.life.start()
        self._definition = container
        self._launching = True
        name = f"container/{pod.metadata.name}/{container.name}"
        self._task = self._deps.spawn(name, self._run(pod, container))
        self._task.add_done_callback(self._given_up)

    def _refuse(self, pod: Pod, container: Container, ready_at: float) -> None:
        """Put the start off. One that was decided together with a kill is judged again at once."""
        judged_again = self.life.doomed_restart
        who = describe_pod(pod)
        delay = go_duration(self._backoff.delay_seconds)
        text = f"back-off {delay} restarting failed container={container.name} pod={who}"
        self.life = self.life.refused("CrashLoopBackOff", text)
        event = f"Back-off restarting failed container {container.name} in pod {who}"
        self._record(pod, container, "Warning", "BackOff", event)
        self.retry_at = -math.inf if judged_again else ready_at
        self._changed()

    async def _run(self, pod: Pod, container: Container) -> None:
        """Start an incarnation and see it to its end."""
        attempt = self.life.restart_count
        try:
            if attempt and is_external(pod):
                attempt = attempt if await self._have_restarted(pod, container, attempt) else 0
            running = await self._deps.runtime.start(pod, container, attempt)
        except RUNTIME_FAULTS as error:
            self._record(pod, container, "Warning", "Failed", f"Error: {error}")
            self.life = self.life.start_failed(str(error), self._deps.clock.now())
            self._changed()
            return
        finally:
            self._launching = False
        if attempt or not self.life.restart_count:
            self._record(pod, container, "Normal", "Created", "Container created")
            self._record(pod, container, "Normal", "Started", "Container started")
        if await self._post_start(pod, container, running):
            await self._live(running)
        else:
            await self._stillborn(pod, container, running)
        self._changed()

    async def _have_restarted(self, pod: Pod, container: Container, attempt: int) -> bool:
        """Have whoever runs an endpoint restart it; say whether that was done.

        Where it was not, the endpoint may come back by itself: it is adopted again as what it was, with
        what its probes have concluded, and asked on.
        """
        try:
            said = await self._deps.restart(pod, container, attempt)
        except RUNTIME_FAULTS as error:
            self._record(pod, container, "Warning", "FailedRestartHook", str(error))
            return False
        self._record(pod, container, "Normal", "RestartHookDone", said)
        return True

    async def _live(self, running: RunningContainer) -> None:
        self._running = running
        self.life = self.life.started(running.container_id, running.started_at)
        self._changed()
        ended = await running.wait()
        self._running = None
        if self._farewell is not None:
            self._farewell.ended()
            self._farewell = None
        self.life = self.life.exited(ended.exit_code, ended.signal, ended.finished_at, ended.reason)

    async def _stillborn(self, pod: Pod, container: Container, running: RunningContainer) -> None:
        """End a container whose postStart hook has failed: it has never been running for anybody."""
        self._record(pod, container, "Normal", "Killing", "FailedPostStartHook")
        deadline = self._deps.clock.now() + grace_seconds(pod, container)
        farewell = Farewell(self._deps, self._traffic, running, deadline, self._words(pod, container, 0))
        self._deps.spawn(f"stop/{pod.metadata.name}/{container.name}", farewell.run())
        ended = await running.wait()  # which may come by itself, while requests are still running
        farewell.ended()
        life = self.life.started(running.container_id, running.started_at)
        self.life = life.exited(ended.exit_code, ended.signal, ended.finished_at, ended.reason)

    async def _post_start(self, pod: Pod, container: Container, running: RunningContainer) -> bool:
        """Run the hook, which counts as part of the start; say whether the container may go on."""
        handler = container.lifecycle.post_start if container.lifecycle else None
        if handler is None:
            return True
        name = f"{pod.metadata.name}/{container.name}"
        hook = self._deps.spawn(f"postStart/{name}", self._hooked(pod, container, handler, "PostStart"))
        ended = self._deps.spawn(f"watch/{name}", running.wait())
        self._hook = hook
        await asyncio.wait({hook, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        hook.cancel()
        self._hook = None
        return not hook.done() or hook.cancelled() or bool(hook.result())

    async def _hooked(self, pod: Pod, container: Container, handler: LifecycleHandler, which: str) -> bool:
        """Run a hook. Why it failed is not told: its words may hold secrets."""
        try:
            await run_hook(self._deps.runtime, pod, container, handler)
        except RUNTIME_FAULTS:
            self._record(pod, container, "Warning", f"Failed{which}Hook", f"{which}Hook failed")
            return False
        return True

    def _given_up(self, task: asyncio.Task[Any]) -> None:
        """Note that a start was cancelled, perhaps before it had even begun."""
        if task is self._task and task.cancelled() and self.life.stage is Stage.STARTING:
            self.life = self.life.start_failed("the pod is being deleted", self._deps.clock.now())
            self._changed()

    def _stop(
        self,
        pod: Pod,
        container: Container,
        *,
        restart: bool,
        condemned_by: ProbeKind | None = None,
        why: tuple[str, str] = ("", ""),
    ) -> None:
        """Stop what runs; `why` is the reason and message that its exit is to have, if not its own."""
        if self._running is None:
            return
        deadline = self._deadline(pod, container, condemned_by)

        words = self._words(pod, container, wanted_grace_seconds(pod, container, condemned_by))
        self._farewell = Farewell(self._deps, self._traffic, self._running, deadline, words)
        self.life = self.life.stop(restart=restart, reason=why[0], message=why[1])
        # The pod leaves the rotation with this: only afterwards does the farewell look at its traffic.
        self._changed()
        self._deps.spawn(f"stop/{pod.metadata.name}/{container.name}", self._farewell.run())

    def _deadline(self, pod: Pod, container: Container, condemned_by: ProbeKind | None = None) -> float:
        """Return the end of the grace period: all containers of a pod that is deleted share one."""
        if pod.metadata.deletion_timestamp is not None:
            return pod.metadata.deletion_timestamp
        return self._deps.clock.now() + grace_seconds(pod, container, condemned_by)

    def _words(self, pod: Pod, container: Container, wanted_grace: int) -> Words:
        def failed(error: Exception) -> None:
            self._record(pod, container, "Warning", "FailedKillPod", f"error killing pod: {error}")

        handler = container.lifecycle.pre_stop if container.lifecycle else None
        if handler is None or wanted_grace <= 0:
            return Words(failed, turn=self._turn)
        return Words(failed, lambda: self._hooked(pod, container, handler, "PreStop"), self._turn)

    def _record(self, pod: Pod, container: Container, kind: str, reason: str, message: str) -> None:
        path = container_path(container.name)
        self._deps.recorder.record(pod, kind, reason, message, field_path=path)
