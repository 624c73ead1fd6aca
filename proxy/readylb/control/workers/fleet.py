"""The worker processes: starts them, replaces one that dies or hangs, and ends them all in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from readylb.control.clock import Clock
from readylb.control.tasks import Fatal, TaskGroup
from readylb.control.workers.fan_out import FanOut
from readylb.control.workers.worker_process import Start, WorkerProcess
from readylb.errors import ReadylbError, RuntimeFailureError
from readylb.telemetry.metrics import Metrics
from readylb.wire.channel import Channel, Message
from readylb.wire.messages import Drain, Hello

log = logging.getLogger(__name__)

#: The first replacement is started at once; each further one waits twice as long as the one before,
#: up to the cap, in seconds. nginx starts a dead worker at once, always; that makes a busy loop of a
#: worker that cannot start. The cap is low because the kernel goes on giving it its share of connections.
FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 5.0
#: A worker that has lived so long has not failed to start, in seconds: the next delay is none again.
HEALTHY_SECONDS = 30.0
#: Workers report each second. One that has said nothing for so many seconds hangs, and is killed.
SILENT_SECONDS = 10
#: So long after the end of a drain's grace a worker may need to say so and end, in seconds.
ENDING_SECONDS = 2.0


class Fleet:
    """`count` workers behind the link's channel, of which it is the other end."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it is wired with, each once
        self, link: Channel, count: int, start: Start, clock: Clock, metrics: Metrics, fatal: Fatal
    ) -> None:
        """Start nothing yet. `fatal` is called with what ended a task of ours."""
        self._link = link
        self._count = count
        self._start = start
        self._clock = clock
        self._metrics = metrics
        self._tasks = TaskGroup("workers", fatal)
        self._fan_out = FanOut(link, count)
        self._running: dict[int, WorkerProcess] = {}
        self._silent: dict[int, int] = {}
        self._greeted: set[int] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._draining = asyncio.Event()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __repr__(self) -> str:
        """Show the state."""
        state = "draining" if self._draining.is_set() else "serving"
        return f"<fleet {state} {self._running}>"

    @property
    def pids(self) -> dict[int, int]:
        """The process ids of the workers that run, by number."""
        return {number: worker.pid for number, worker in sorted(self._running.items())}

    def start(self) -> None:
        """Start the workers, in the running loop."""
        self._link.listen(self._tell)
        for number in range(self._count):
            self._keepers.append(self._tasks.spawn(f"worker-{number}", self._keep(number)))
        self._tasks.spawn("watch", self._watch())

    async def started(self) -> None:
        """Return when every worker is there. ReadylbError when one ends before that."""
        await self._started

    async def stopped(self) -> None:
        """Return when all workers have ended after a Drain; at once if none was ever started."""
        if self._keepers:
            await asyncio.wait(self._keepers)
        self._fan_out.close()
        await self._tasks.stop()

    async def _keep(self, number: int) -> None:
        """Keep worker `number` running until the drain."""
        failures = 0
        while not self._draining.is_set():
            began = self._clock.now()
            how = await self._run(number)
            if self._draining.is_set():
                return
            if not self._started.done():
                self._started.set_exception(_cannot_start(number, how))
                return
            failures = 0 if self._clock.now() - began >= HEALTHY_SECONDS else failures + 1
            delay = _delay_seconds(failures)
            log.warning(
                "Worker %d ended (%s): its connections are cut; another starts %s",
                number,
                how,
                f"in {delay:g} s" if delay else "now",
                extra={"reason": "WorkerEnded", "worker": number},
            )
            await self._pause(delay)

    async def _run(self, number: int) -> str:
        """Run one process to its end and return how it ended."""
        try:
            worker = self._start(number, lambda message: self._hear(number, message))
        except RuntimeFailureError as error:
            return str(error)
        self._running[number] = worker
        self._silent[number] = 0
        self._fan_out.join(number, worker)
        how = f"process {worker.pid}, {await worker.ended()}"
        del self._running[number]
        self._fan_out.leave(number)
        self._metrics.worker_ended(number, replaced=not self._draining.is_set())
        return how

    def _hear(self, number: int, message: Message) -> None:
        self._silent[number] = 0
        if isinstance(message, Hello):
            self._greeted.add(number)
            if len(self._greeted) == self._count and not self._started.done():
                self._started.set_result(None)
                log.info("Workers: %d (processes %s)", self._count, ", ".join(map(str, self.pids.values())))
        else:
            self._fan_out.hear(number, message)

    def _tell(self, message: Message) -> None:
        if isinstance(message, Drain):
            self._drain(message)
        self._fan_out.tell(message)

    def _drain(self, message: Drain) -> None:
        """No new connections from here on: our copies of the sockets close before the workers' do."""
        self._draining.set()
        self._fan_out.close()
        self._tasks.spawn("deadline", self._end_after(message.grace_seconds + ENDING_SECONDS))

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        for number, worker in self._running.items():
            log.warning("Worker %d (process %d) did not end in time: killed", number, worker.pid)
            worker.kill()

    async def _watch(self) -> None:
        """Kill workers that hang. It counts turns, not time: a machine that slept has slept as a whole."""
        while True:
            await asyncio.sleep(1)
            for number, worker in self._running.items():
                self._silent[number] += 1
                if self._silent[number] == SILENT_SECONDS:
                    log.error("Worker %d (process %d) hangs: killed", number, worker.pid)
                    worker.kill()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the beginning of a drain."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._draining.wait()


def _delay_seconds(failures: int) -> float:
    if failures <= 1:
        return 0.0
    return min(FIRST_DELAY_SECONDS * 2.0 ** (failures - 2), LONGEST_DELAY_SECONDS)


def _cannot_start(number: int, how: str) -> ReadylbError:
    return ReadylbError(f"cannot start worker {number}: it ended at once, {how} (its own words are above)")
