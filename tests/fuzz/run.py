"""Fuzz for as long as asked: python -m tests.fuzz.run [--seconds N] [--first SEED | --only SEED].

Ends with 1 at the first case that goes wrong, and prints how to play it again.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

import uvloop
from tests.fuzz.cases import play
from tests.fuzz.world import World

#: What memory may grow by after the first cases, in MiB.
GROWTH_MIB = 32.0
#: Cases after which everything that grows once has grown.
WARM_CASES = 3000


async def fuzz(first: int, seconds: float, *, most: int = 2**62) -> tuple[int, list[str]]:
    """Play cases from seed `first` on until one goes wrong or time or `most` is over; return how many."""
    world = World()
    await world.start()
    until = time.monotonic() + seconds
    wrong: list[str] = []
    warm = 0.0
    played = 0
    for seed in itertools.count(first):
        wrong = await play(world, seed)
        played += 1
        if played == WARM_CASES:
            warm = resident_mib()
        if wrong or played >= most or time.monotonic() > until:
            break
    wrong += await world.stop()
    if warm and (grown := resident_mib() - warm) > GROWTH_MIB:
        wrong.append(f"memory grew by {grown:.0f} MiB in {played} cases")
    return played, wrong


def resident_mib() -> float:
    """Return this process's resident memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def main() -> int:
    """Parse the words and fuzz."""
    parser = argparse.ArgumentParser(description="Fuzz a worker: valid and damaged requests and responses.")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--first", type=int, help="the first seed (default: from the clock)")
    parser.add_argument("--only", type=int, help="play one case")
    words = parser.parse_args()
    first = words.only if words.only is not None else words.first
    if first is None:
        first = int(time.time()) * 1_000_000
    most = 1 if words.only is not None else 2**62
    played, wrong = uvloop.run(fuzz(first, words.seconds, most=most))
    print(f"{played} cases from seed {first}, {resident_mib():.0f} MiB")  # noqa: T201 - a command
    print(*wrong, sep="\n")  # noqa: T201 - a command
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
