"""The same bytes through readylb and its peers: what readylb forwards, nobody can take for something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.differential.corpus import CORPUS
from tests.differential.run import damaged, table, unsafe
from tests.differential.sides import compare, installed, sides

#: Streams that are valid but that a peer may refuse, or that one refuses for reasons of its own.
PLAIN = ("plain", "length", "chunked", "pipelined", "absolute target", "chunk extension", "trailer")

needs_peers = pytest.mark.skipif(
    all(installed().values()), reason="; ".join(installed().values()) or "all are there"
)


@needs_peers
async def test_what_all_peers_refuse_is_refused_and_nothing_unclear_is_forwarded(tmp_path: Path) -> None:
    async with sides(tmp_path) as all_sides:
        outcomes = await compare(all_sides, CORPUS)
    for name, data in CORPUS.items():
        ours = outcomes[name]["readylb"]
        peers = [outcome for side, outcome in outcomes[name].items() if side != "readylb"]
        assert unsafe(data, outcomes[name]) == [], f"{name}\n{table(outcomes)}"
        assert ours.refused or not all(peer.refused for peer in peers), f"{name}\n{table(outcomes)}"
        if name in PLAIN:
            assert set(ours.statuses) == {200}, f"{name}: {ours}"


@needs_peers
async def test_of_damaged_requests_nothing_unclear_is_forwarded(tmp_path: Path) -> None:
    streams = damaged(40)
    async with sides(tmp_path) as all_sides:
        outcomes = await compare(all_sides, streams)
    wrong = {name: said for name, data in streams.items() if (said := unsafe(data, outcomes[name]))}
    assert wrong == {}, table(outcomes)
