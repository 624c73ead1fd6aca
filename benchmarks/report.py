"""Measurements as Markdown: medians, and ratios to a reference proxy within the same round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.cases import CASES, Case
from benchmarks.measurement import Measurement

#: Proxy -> its measurements, one per round; the rounds of all proxies are interleaved.
Rounds = Mapping[str, Sequence[Measurement]]

#: What readylb may cost against a peer, at most. For idle connections: KiB each.
TARGETS: dict[str, dict[str, float]] = {
    "keepalive": {"haproxy": 1.0, "nginx": 1.1, "envoy": 0.4},
    "headers": {"haproxy": 1.1, "nginx": 1.2, "envoy": 0.4},
    "close": {"haproxy": 1.5, "nginx": 2.0, "envoy": 0.7},
    "download": {"haproxy": 0.6, "nginx": 0.5, "envoy": 1.0},
    "upload": {"haproxy": 0.6, "nginx": 0.5, "envoy": 1.0},
    "tcp": {"haproxy": 1.1},
}
#: How slow one request in a hundred may be against a peer, at most.
P99_TARGETS: dict[str, dict[str, float]] = {"keepalive": {"haproxy": 1.0}, "paced": {"haproxy": 1.0}}
_OURS, _PEERS = "readylb", ("haproxy", "nginx", "envoy")
_HEAD = "| ratio | ratios per round | requests/s | p50 ms | p99 ms | RSS MiB | errors |"
_RULE = "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |"


def _cost(item: Measurement) -> float:
    return item.cost


def _p99(item: Measurement) -> float:
    return item.p99_microseconds


def ratios(
    rounds: Rounds, proxy: str, reference: str, of: Callable[[Measurement], float] = _cost
) -> list[float]:
    """Return, round by round, the cost of `proxy` over that of `reference`; none without a reference."""
    pairs = zip(rounds[proxy], rounds.get(reference, ()), strict=False)
    return [of(mine) / of(theirs) for mine, theirs in pairs if of(theirs) > 0]


def ratio(
    rounds: Rounds, proxy: str, reference: str, of: Callable[[Measurement], float] = _cost
) -> float | None:
    """Return the median of the rounds' ratios, if there are any."""
    found = ratios(rounds, proxy, reference, of)
    return median(found) if found else None


def summary(results: Mapping[str, Rounds]) -> str:
    """Return readylb against each peer, case by case, with the targets, as Markdown tables."""
    lines = _against_peers("case", results, TARGETS, _cost)
    lines += ["", "In brackets: the target. Below 1, readylb is cheaper.", ""]
    slow = {name: rounds for name, rounds in results.items() if name in P99_TARGETS}
    if slow:
        lines += _against_peers("99 of 100 answers are there", slow, P99_TARGETS, _p99)
        lines += ["", "Below 1, they are there sooner than the peer's.", ""]
    return "\n".join(lines)


def _against_peers(
    title: str,
    results: Mapping[str, Rounds],
    targets: Mapping[str, Mapping[str, float]],
    of: Callable[[Measurement], float],
) -> list[str]:
    lines = [
        f"| {title} | readylb | against HAProxy | against nginx | against Envoy |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for name, rounds in results.items():
        for ours in (proxy for proxy in rounds if proxy.startswith(_OURS)):
            cells = " | ".join(
                _cell(ratio(rounds, ours, peer, of), targets.get(name, {}).get(peer)) for peer in _PEERS
            )
            lines.append(f"| {CASES[name].title} | {ours.removeprefix('readylb-')} | {cells} |")
    return lines


def _cell(found: float | None, target: float | None) -> str:
    if found is None:
        return "-"
    if target is None:
        return f"{found:.2f}"
    return f"{f'**{found:.2f}**' if found <= target else f'{found:.2f}'} (≤ {target})"


def table(case: Case, rounds: Rounds, reference: str) -> str:
    """Return one case as a Markdown table; `ratio` is the median of the rounds' ratios."""
    head = f"| proxy | {case.unit} {_HEAD}"
    rows = [_row(rounds, proxy, reference) for proxy in rounds]
    return "\n".join([f"### {case.title}", "", head, _RULE, *rows, ""])


def _row(rounds: Rounds, proxy: str, reference: str) -> str:
    found = rounds[proxy]
    compared = ratios(rounds, proxy, reference)
    cells = (
        proxy,
        f"{median(item.cost for item in found):,.1f}",
        f"**{median(compared):.2f}**" if compared else "-",
        " ".join(f"{one:.2f}" for one in compared),
        f"{median(item.requests_per_second for item in found):,.0f}",
        f"{median(item.p50_microseconds for item in found) / 1000:.2f}",
        f"{median(item.p99_microseconds for item in found) / 1000:.2f}",
        f"{max(item.resident_mib for item in found):.0f}",
        str(sum(item.errors for item in found)),
    )
    return f"| {' | '.join(cells)} |"
