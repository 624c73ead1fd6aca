"""Measurements as Markdown: medians, and ratios to a reference proxy within the same round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.cases import Case, Measurement

#: Proxy -> its measurements, one per round; the rounds of all proxies are interleaved.
Rounds = Mapping[str, Sequence[Measurement]]

_HEAD = (
    "| proxy | CPU µs/request | ratio | ratios per round | requests/s | p50 ms | p99 ms | RSS MiB | errors |"
)
_RULE = "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |"


def ratios(rounds: Rounds, proxy: str, reference: str) -> list[float]:
    """Return, round by round, the CPU per request of `proxy` over that of `reference`."""
    pairs = zip(rounds[proxy], rounds[reference], strict=True)
    return [mine.cpu_microseconds_per_request / theirs.cpu_microseconds_per_request for mine, theirs in pairs]


def table(case: Case, rounds: Rounds, reference: str) -> str:
    """Return one case as a Markdown table; `ratio` is the median of the rounds' ratios."""
    rows = [_row(rounds, proxy, reference) for proxy in rounds]
    return "\n".join([f"### {case.title}", "", _HEAD, _RULE, *rows, ""])


def _row(rounds: Rounds, proxy: str, reference: str) -> str:
    found = rounds[proxy]
    compared = ratios(rounds, proxy, reference)
    cells = (
        proxy,
        f"{median(item.cpu_microseconds_per_request for item in found):,.1f}",
        f"**{median(compared):.2f}**",
        " ".join(f"{ratio:.2f}" for ratio in compared),
        f"{median(item.requests_per_second for item in found):,.0f}",
        f"{median(item.p50_microseconds for item in found) / 1000:.2f}",
        f"{median(item.p99_microseconds for item in found) / 1000:.2f}",
        f"{max(item.resident_mib for item in found):.0f}",
        str(sum(item.errors for item in found)),
    )
    return f"| {' | '.join(cells)} |"
