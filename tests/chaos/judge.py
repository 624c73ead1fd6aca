"""What must not be, by the rules of `readylb.core.retry` and docs/traffic.md: records in, complaints out.

- An endpoint executes nothing damaged, and no POST twice; no POST reaches two of them.
- Whoever is given an answer is given the right one, whole, and the access log knows of it.
- What can be repeated is lost only where its answer had begun to come, or where as many endpoints as there
  are tries were broken at once. It is not kept waiting by a stopped endpoint.
- What cannot be repeated is lost only where an endpoint had it and was broken then.
- A request that begins when an endpoint has been out for a moment does not go there.
- A worker that is killed takes with it what ran through it.
- TCP connections: see `judge_talks.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tests.chaos.ask import Ask
from tests.chaos.judge_talks import RAW, of_talk
from tests.chaos.record import BREAKING, DESTRUCTIVE, ENDING, Entry, Fault

#: What a change of readiness may take from the probe's answer to the last request that follows the old table.
NEWS_SECONDS = 1.0
#: What a stopped endpoint may keep a request that can go elsewhere: a probe's period, its timeout, and news.
DESERTED_SECONDS = 8.0
#: One that is to end as well has its grace period for that, however it hangs: 10 s, and 30 s outside.
GRACE_SECONDS = {"web": 10.0, "app": 30.0}
TRIES = 3
#: An answer that begins to come and ends in the middle.
_BREAKS = frozenset(("head", "reset", "garbage"))
_LOST = frozenset(("refused", "cut", "timeout"))


class Judge:
    """All that is known of a run."""

    def __init__(
        self,
        asks: Sequence[Ask],
        entries: Sequence[Entry],
        faults: Sequence[Fault],
        log: dict[str, list[dict[str, Any]]],
    ) -> None:
        self.asks = asks
        self.faults = faults
        self.log = log
        self.entries = entries
        #: What was lost with a reason, by that reason.
        self.losses: Counter[str] = Counter()
        self.by_name: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self.by_name[entry.name].append(entry)

    def complaints(self) -> list[str]:
        """Return everything that must not be, with what is known about it."""
        self.losses = Counter()
        found = [
            f"{what}\n{self.evidence(ask)}" for ask in self.asks for what in self.of(ask) if what is not None
        ]
        return found + list(self.to_unready())

    def of(self, ask: Ask) -> Iterable[str]:
        """Return the complaints about one request."""
        noted = self.by_name[ask.name]
        count = {what: sum(entry.what == what for entry in noted) for what in ("got", "did", "bad")}
        if ask.outcome == "wrong":
            yield "an answer that must not be"
        if ask.method == RAW:
            yield from of_talk(self, ask)
            return
        if count["bad"]:
            yield "executed with a damaged body"
        if ask.method == "POST" and count["got"] > 1:
            yield f"a POST sent {count['got']} times and executed {count['did']} times"
        if ask.outcome == "unsent" and count["got"] and not self.worker_died(ask):
            yield "sent behind an answer that ended the connection"
        if ask.outcome == "answered":
            yield from self.of_answered(ask, count["did"])
        if ask.outcome in _LOST and not self.worker_died(ask):
            yield from self.of_lost(ask)
        if ask.outcome == "closed" and not self.around(ask):
            yield "a WebSocket that was told to go for no reason"

    def of_answered(self, ask: Ask, executed: int) -> Iterable[str]:
        if not executed:
            yield "answered but never executed"
        elif ask.replica and ask.replica not in {e.pod for e in self.by_name[ask.name] if e.what == "did"}:
            yield "answered by an endpoint that has not executed it"
        most = DESERTED_SECONDS
        if any(fault.kind in ENDING for fault in self.around(ask)):
            most = GRACE_SECONDS[ask.service] + NEWS_SECONDS
        if ask.repeatable and ask.first - ask.began > most:
            yield f"waited {ask.first - ask.began:.1f} s, though it could have gone elsewhere"
        lines = self.log.get(ask.name, [])
        reasons = [line["reason"] for line in lines]
        if reasons != ["Completed"] and not self.any_worker_died():
            yield f"in the access log as {reasons}"

    def of_lost(self, ask: Ask) -> Iterable[str]:
        """Complain about a lost request, unless the rules say that nothing could be saved."""
        noted = self.by_name[ask.name]
        rude = {entry.more for entry in noted if entry.what == "rude"}
        pods = {entry.pod for entry in noted if entry.what == "got"} | {
            line["pod"] for line in self.log.get(ask.name, [])
        }
        reason = ",".join(line["reason"] for line in self.log.get(ask.name, []))
        hit = bool(pods & self.lossy(ask, reason))
        broken = self.broken(ask)
        faults = sorted({fault.kind for fault in self.around(ask) if fault.pod in pods} | rude)
        self.losses[f"{ask.method} {ask.kind} {ask.outcome} {ask.status}, {reason}: {', '.join(faults)}"] += 1
        begun = ask.head_out and ask.outcome == "cut"
        if ask.outcome == "timeout":
            yield "waited in vain"
        elif ask.kind == "ws" and begun:
            if not hit and not rude and not self.around(ask):
                yield "a tunnel cut for no reason"
        elif begun:
            if not hit and "reset" not in rude:
                yield "cut in the middle of its answer for no reason"
        elif ask.outcome == "cut" and ask.size <= 20_000:
            yield "cut, and should have been answered"
        elif ask.repeatable:
            if not rude & _BREAKS and len(broken) < TRIES:
                yield f"{ask.method} lost that could be saved"
        elif not hit and not rude:
            yield f"{ask.method} lost that could be saved, or was never sent"

    # what was around

    def lossy(self, ask: Ask, reason: str) -> set[str]:
        """Return the endpoints that may have lost what they had meanwhile.

        A stopped one goes on some time, and answers; but if it is terminated meanwhile, for its liveness
        probe perhaps, what it has not answered by then is cut.
        """
        kinds = DESTRUCTIVE | {"stop"} if reason == "Drained" else DESTRUCTIVE
        return {fault.pod for fault in self.around(ask) if fault.kind in kinds}

    def broken(self, ask: Ask) -> set[str]:
        """Return the endpoints of its Service that were being broken meanwhile."""
        around = self.around(ask)
        return {f.pod for f in around if f.kind in BREAKING and f.pod.startswith(ask.service)}

    def around(self, ask: Ask) -> list[Fault]:
        return [fault for fault in self.faults if fault.overlaps(ask.began, ask.ended)]

    def worker_died(self, ask: Ask) -> bool:
        return any(fault.kind == "worker-kill" for fault in self.around(ask))

    def any_worker_died(self) -> bool:
        return any(fault.kind == "worker-kill" for fault in self.faults)

    # who was asked while he was out

    def to_unready(self) -> Iterable[str]:
        """Complain about requests that had begun when their endpoint had been out for a moment."""
        asks = {ask.name: ask for ask in self.asks}
        out = self.spans_out()
        for entry in self.entries:
            ask = asks.get(entry.name)
            if entry.what != "got" or ask is None:
                continue
            for start, end, why in out[entry.pod]:
                if start + NEWS_SECONDS < ask.began and entry.moment < end:
                    yield f"sent to {entry.pod}, {why} since {start:.3f}\n{self.evidence(ask)}"

    def spans_out(self) -> dict[str, list[tuple[float, float, str]]]:
        """Return when each endpoint was out: (start, end, why) by pod."""
        spans: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
        out: dict[str, tuple[float, str]] = {}
        for entry in self.entries:
            since = out.get(entry.pod)
            if entry.what == "200" and since is not None:
                spans[entry.pod].append((since[0], entry.moment, since[1]))
                del out[entry.pod]
            elif entry.what in {"start", "term", "500"} and since is None:
                out[entry.pod] = (entry.moment, {"500": "unready"}.get(entry.what, f"its {entry.what}"))
        for pod, (start, why) in out.items():
            spans[pod].append((start, float("inf"), why))
        for fault in self.faults:
            if fault.kind in {"drained", "removed"}:
                spans[fault.pod].append((fault.start, fault.end, fault.kind))
        return spans

    # what is shown

    def evidence(self, ask: Ask) -> str:
        """Return all that is known about one request."""
        lines = [f"  {ask}"]
        lines += [f"  log: {line}" for line in self.log.get(ask.name, [])]
        lines += [
            f"  {entry.moment:.3f} {entry.pod} {entry.what} {entry.more}" for entry in self.by_name[ask.name]
        ]
        lines += [f"  fault: {fault}" for fault in self.around(ask)]
        return "\n".join(lines)
