"""Which faults a chaos run will have: drawn from the seed, before anything starts.

Lanes go on side by side, each with one fault after another. Two Services: `web`, replicas of readylb's own,
and `app`, endpoints that run without it, named app-0, app-1, ... The first of these is never hurt, and
the lane of the replicas leaves enough of them well: so there is always somebody who can answer.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Static endpoints, by their lane; app-0 has none.
STATIC_LANES: Mapping[str, Sequence[str]] = {"static-a": ("app-1", "app-2"), "static-b": ("app-3", "app-4")}
#: Seconds after which an endpoint closes an idle connection; 0: never.
IDLE_SECONDS: Mapping[str, float] = {"app-0": 0.5, "app-1": 0.5, "app-2": 1.0, "app-3": 0.0, "app-4": 0.5}
REPLICAS = 5

_RUDE = ("deaf", "mute", "head", "reset", "garbage", "accept")
_PROCESS = ("kill", "stop", "unready", "unready", "rude", "rude", "closed", "slow")
_OPERATOR = ("scale", "rollout", "drain-web", "drain-app", "delete", "reload-limits", "reload-replicas")
_OPERATOR_MORE = ("reload-env", "reload-wrong", "reload-endpoints")
#: Pause before a fault and how long it lasts, in seconds.
_TIMES: Mapping[str, tuple[float, float]] = {
    "kill": (0.2, 2.0),
    "stop": (0.5, 14.0),
    "unready": (0.5, 3.0),
    "rude": (0.5, 3.0),
    "closed": (0.1, 0.8),
    "slow": (0.5, 3.0),
    "sick": (0.0, 0.0),
    "worker-kill": (0.0, 0.0),
    "worker-stop": (0.5, 3.0),
}
_OTHER_TIME = (0.5, 4.0)


@dataclass(frozen=True)
class Planned:
    """One fault of a lane. `choice` picks among those that can have it, as a part of 1."""

    lane: str
    number: int
    kind: str
    pause: float
    seconds: float
    choice: float
    word: str

    def __str__(self) -> str:
        word = f" {self.word}" if self.word else ""
        times = f"{self.seconds:.2f} s, {self.pause:.2f} s after the last"
        return f"{self.lane}#{self.number} {self.kind}{word} {times}"


def plan(seed: int, seconds: float, *, workers: int) -> dict[str, list[Planned]]:
    """Return the faults of every lane, more of them than there is time for."""
    kinds: dict[str, Sequence[str]] = dict.fromkeys(STATIC_LANES, _PROCESS)
    kinds["pods"] = (*_PROCESS, "sick")
    kinds["operator"] = (*_OPERATOR, *_OPERATOR_MORE)
    if workers:
        kinds["workers"] = ("worker-kill", "worker-kill", "worker-stop")
    count = int(seconds) + 10
    return {
        lane: [_draw(random.Random(f"{seed} {lane} {number}"), lane, number, of) for number in range(count)]
        for lane, of in kinds.items()
    }


def _draw(rng: random.Random, lane: str, number: int, kinds: Sequence[str]) -> Planned:
    kind = rng.choice(kinds)
    pause = rng.uniform(5.0, 15.0) if lane == "workers" else rng.uniform(0.2, 2.0)
    seconds = rng.uniform(*_TIMES.get(kind, _OTHER_TIME))
    word = rng.choice(_RUDE) if kind == "rude" else ""
    return Planned(lane, number, kind, pause, seconds, rng.random(), word)
