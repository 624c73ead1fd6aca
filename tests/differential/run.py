"""Print what each proxy makes of the corpus and of damaged requests.

    python -m tests.differential.run [--damaged N] [--first SEED] [--all]

The table is Markdown; with --all it shows the streams on which all agree as well.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random

import uvloop
from tests.differential.corpus import CORPUS
from tests.differential.sides import Outcome, compare, sides
from tests.fuzz.grammar import request
from tests.fuzz.judge import forwarded
from tests.fuzz.mutation import damage
from tests.fuzz.reference import read_requests


def damaged(count: int, first: int = 0) -> dict[str, bytes]:
    """Return seeded damaged requests, each followed by another one."""
    streams = {}
    for seed in range(first, first + count):
        rng = Random(seed)
        streams[f"damaged {seed}"] = damage(rng, request(rng)) + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
    return streams


def unsafe(data: bytes, outcomes: dict[str, Outcome]) -> list[str]:
    """Return what readylb must not have done with a stream."""
    ours = outcomes["readylb"]
    if ours.unclear:
        return [f"forwarded what is unclear: {ours.unclear}"]
    return forwarded(read_requests(data), ours.forwarded)


def table(streams: dict[str, dict[str, Outcome]], *, everything: bool = False) -> str:
    """Return outcomes as a Markdown table, where sides differ."""
    names = list(next(iter(streams.values())))
    lines = ["| | " + " | ".join(names) + " |", "| --- " * (len(names) + 1) + "|"]
    for stream, outcomes in streams.items():
        if everything or len({outcome.refused for outcome in outcomes.values()}) > 1:
            cells = [str(outcomes[name])[:60].replace("|", "/") for name in names]
            lines.append(f"| {stream} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


async def _compare(streams: dict[str, bytes]) -> dict[str, dict[str, Outcome]]:
    with tempfile.TemporaryDirectory() as folder:
        async with sides(Path(folder)) as all_sides:
            return await compare(all_sides, streams)


def main() -> int:
    """Compare and print; 1 where readylb was not safe."""
    parser = argparse.ArgumentParser(description="Compare proxies on raw requests.")
    parser.add_argument("--damaged", type=int, default=0, help="how many damaged requests to play as well")
    parser.add_argument("--first", type=int, default=0, help="the first seed of those")
    parser.add_argument("--all", action="store_true", help="show also what all agree about")
    words = parser.parse_args()
    streams = {**CORPUS, **damaged(words.damaged, words.first)}
    outcomes = uvloop.run(_compare(streams))
    wrong = [f"{name}: {what}" for name in streams for what in unsafe(streams[name], outcomes[name])]
    print(table(outcomes, everything=words.all), *wrong, sep="\n")  # noqa: T201 - a command
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
