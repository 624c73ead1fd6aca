"""A runtime on which everything can go wrong, as often as a `Mood` says; it notes what was done to it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import FakeContainer, FakeRuntime, LoopClock

from readylb.control.runtimes.runtime import ExecResult, Sandbox
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container

Key = tuple[str, str]


@dataclass(frozen=True)
class Mood:
    """How the world is now: chances between 0 and 1, times in seconds."""

    fails: float = 0.0
    errors: float = 0.0
    hangs: float = 0.0
    latency: float = 0.0
    life: float = 0.0
    deaf: float = 0.0
    unstartable: float = 0.0
    bad_hook: float = 0.0
    no_sandbox: float = 0.0


CALM = Mood()
MOODS = (
    CALM,
    Mood(life=5.0),
    Mood(life=900.0, fails=0.05),
    Mood(fails=0.5, latency=2.0),
    Mood(fails=0.9, deaf=0.5),
    Mood(errors=0.4, hangs=0.3),
    Mood(unstartable=0.5, bad_hook=0.5, no_sandbox=0.5),
    Mood(0.2, 0.1, 0.1, 0.5, 60.0, 0.3, 0.2, 0.2, 0.2),
)


@dataclass
class Life:
    """One incarnation: when (epoch seconds) and how it ended; `condemned`: a probe had it restarted."""

    container_id: str
    started_at: float
    finished_at: float | None = None
    exit_code: int = 0
    condemned: bool = False
    graces: list[float] = field(default_factory=list)


class Incarnation(FakeContainer):
    """A container that tells what happens to it."""

    def __init__(self, life: Life, told: Callable[[Life, float], None], **shape: Any) -> None:
        self._life = life
        self._told = told
        super().__init__(life.container_id, life.started_at, **shape)

    def end(self, code: int = 0, signal: int = 0) -> None:
        if self._life.finished_at is None:
            self._life.finished_at = LoopClock().now()
            self._life.exit_code = code
        super().end(code, signal)

    async def stop(self, grace_seconds: float) -> Any:
        self._told(self._life, grace_seconds)
        return await super().stop(grace_seconds)


class UnreliableRuntime(FakeRuntime):
    """Answers by its mood and its dice. `asked`, `starting` and `stopping` are told before things happen."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.dice = dice
        self.mood = CALM
        self.lives: dict[Key, list[Life]] = {}
        self.passed: set[tuple[str, str]] = set()
        self.asked: Callable[[Pod, str, str, str], None] = lambda *_: None
        self.starting: Callable[[Pod, Container], None] = lambda *_: None
        self.stopping: Callable[[Pod, Life, float], None] = lambda *_: None
        self._wedged: set[str] = set()

    async def prepare(self, pod: Pod) -> Sandbox:
        if self._chance(self.mood.no_sandbox):
            msg = "no space left on device"
            raise RuntimeFailureError(msg)
        number = 1 + int(pod.metadata.uid.replace("-", "")[:6], 16) % 250
        return Sandbox(f"10.0.0.{number}")

    async def start(self, pod: Pod, container: Container, attempt: int) -> FakeContainer:
        key = (pod.metadata.uid, container.name)
        now = LoopClock().now()
        lives = self.lives.setdefault(key, [])
        assert not lives or lives[-1].finished_at is not None, f"two incarnations of {key} at once"
        self.starting(pod, container)
        if self._chance(self.mood.unstartable):
            lives.append(Life("", now, now, 128))
            msg = "exec: out of memory"
            raise RuntimeFailureError(msg)
        life = Life(f"fake://{pod.metadata.uid}-{container.name}-{len(lives)}", now)
        lives.append(life)
        plain = container.name == "setup"
        born = Incarnation(
            life,
            lambda life, grace: self._stop(pod, life, grace),
            dies_after=self.dice.random() * 20,
            ignores_term=self._chance(self.mood.deaf),
            term_code=self.dice.choice((0, 143)),
        )
        self.containers[key] = born
        span = 1.0 + self.dice.random() if plain else self.mood.life * 2 * self.dice.random()
        if span:
            code = int(self._chance(self.mood.fails)) if plain else self.dice.choice((0, 1))
            asyncio.get_running_loop().call_later(span, born.end, code)
        return born

    async def exec_sync(
        self, pod: Pod, container: str, command: tuple[str, ...], timeout_seconds: float, limit: int = 10240
    ) -> ExecResult:
        word = command[0]
        life = self.lives[pod.metadata.uid, container][-1]
        mood = self.mood
        if word in {"postStart", "preStop"}:
            await asyncio.sleep(self.dice.choice((0.0, 3.0, 50.0)) if mood.bad_hook else 0.0)
            return ExecResult(int(self._chance(mood.bad_hook)), b"")
        self.asked(pod, container, word, life.container_id)
        if self._chance(mood.errors):
            msg = "no such program"
            raise RuntimeFailureError(msg)
        if life.container_id in self._wedged or self._chance(mood.hangs):
            await asyncio.sleep(timeout_seconds)
            return ExecResult(-1, b"", timed_out=True)
        if mood.latency:
            await asyncio.sleep(min(timeout_seconds, mood.latency) * self.dice.random())
        if self._chance(mood.fails):
            return ExecResult(1, f"no {self.dice.randrange(20)}".encode())
        self.passed.add((life.container_id, word))
        return ExecResult(0, b"")

    def crash(self, number: int, code: int) -> None:
        """End one of the running containers."""
        running = [item for item in self.containers.values() if not item._ended.done()]
        if running:
            running[number % len(running)].end(code)

    def wedge(self, number: int) -> None:
        """Have one of the running containers hang: no probe is answered any more, and no signal heard."""
        running = [item for item in self.containers.values() if not item._ended.done()]
        if running:
            hung = running[number % len(running)]
            hung.ignores_term = True
            self._wedged.add(hung.container_id)

    async def remove(self, pod: Pod) -> None:
        for key in [key for key in self.containers if key[0] == pod.metadata.uid]:
            self.containers.pop(key).end(137, 9)

    def _stop(self, pod: Pod, life: Life, grace: float) -> None:
        self.stopping(pod, life, grace)
        life.graces.append(grace)

    def _chance(self, share: float) -> bool:
        return share > 0 and self.dice.random() < share
