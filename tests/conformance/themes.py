"""All themes of the corpus."""

from __future__ import annotations

from collections.abc import Mapping

from tests.conformance.case import Case
from tests.conformance.cases import (
    both_ways,
    chunks,
    coding,
    connections,
    desync,
    fields,
    hops,
    host,
    interim,
    length,
    refusals,
    request_line,
    response_bodies,
    response_heads,
    timeouts,
    upgrades,
)

THEMES: Mapping[str, tuple[Case, ...]] = {
    "request line": request_line.CASES,
    "host": host.CASES,
    "fields": fields.CASES,
    "length": length.CASES,
    "coding": coding.CASES,
    "chunks": chunks.CASES,
    "hops": hops.CASES,
    "interim": interim.CASES,
    "connections": connections.CASES,
    "both ways": both_ways.CASES,
    "upgrades": upgrades.CASES,
    "timeouts": timeouts.CASES,
    "desync": desync.CASES,
    "refusals": refusals.CASES,
    "response heads": response_heads.CASES,
    "response bodies": response_bodies.CASES,
}
