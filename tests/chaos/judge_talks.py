"""What must not become of a TCP connection (`talk.py`).

- It reaches one endpoint, one that was Ready when it was opened (`Judge.to_unready`).
- All that was said arrives, as it was, in both directions, and so does each half-close; or it is seen to be
  cut: nothing but an endpoint that ends it so makes it end early as if that were all.
- It is lost only with the endpoint that has it, or where as many were broken at once as there are tries.
- An endpoint that terminates has its grace period: its connections are cut no earlier.
- A client that resets is not taken for one that has said all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.chaos.ask import Ask
from tests.chaos.record import DESTRUCTIVE

if TYPE_CHECKING:
    from tests.chaos.judge import Judge

RAW = "RAW"
#: SIGTERM leaves two seconds of the grace period at least, and the cut comes a quarter of a second before
#: its end; the rest is for a busy machine.
LAST_SECONDS = 1.0
#: A client that hears no more does not see that its last words were lost with the endpoint so soon after.
UNHEARD_SECONDS = 3.0
#: What fails a liveness probe. A container that is started again is killed at the end of its grace period;
#: its endpoint stays, and nothing is cut before that.
RESTARTING = frozenset(("sick", "stop"))
TRIES = 3


def of_talk(judge: Judge, ask: Ask) -> Iterable[str]:
    """Return the complaints about one connection."""
    noted = [entry.what for entry in judge.by_name[ask.name]]
    if noted.count("got") > 1:
        yield f"a connection that reached {noted.count('got')} endpoints"
    if "bad" in noted:
        yield "what arrived is not what was said"
    if judge.worker_died(ask):
        return
    if ask.outcome == "left" and "eof" in noted:
        yield "a reset that looked like an end to the endpoint"
    if ask.outcome == "answered":
        yield from of_answered(judge, ask)
    if ask.outcome in {"cut", "ended", "timeout"}:
        yield from of_lost(judge, ask)


def of_answered(judge: Judge, ask: Ask) -> Iterable[str]:
    """Complain where a connection that ended well for its client has not."""
    lines = judge.log.get(ask.name, [])
    done = {entry.pod for entry in judge.by_name[ask.name] if entry.what == "did"}
    if ask.replica not in done:
        late = replace(ask, ended=ask.ended + UNHEARD_SECONDS)
        if ask.kind != "sink" or not (rudeness(judge, ask) or ask.replica in judge.lossy(late, "")):
            yield "ended well, but the endpoint has not heard all"
        return
    logged = [(line["reason"], line["bytes_in"]) for line in lines]
    if logged != [("Completed", ask.size)] and not judge.any_worker_died():
        yield f"in the access log as {logged}, and has said {ask.size} bytes"


def of_lost(judge: Judge, ask: Ask) -> Iterable[str]:
    """Complain about a connection that was lost, unless the rules say that nothing could be saved."""
    lines = judge.log.get(ask.name, [])
    reason = ",".join(line["reason"] for line in lines)
    pods = {entry.pod for entry in judge.by_name[ask.name] if entry.what == "got"}
    pods |= {line["pod"] for line in lines}
    rude = rudeness(judge, ask)
    hit = {fault for fault in judge.around(ask) if fault.pod in pods}
    kinds = {fault.kind for fault in hit}
    judge.losses[f"TCP {ask.kind} {ask.outcome}, {reason}: {', '.join(sorted(kinds | rude))}"] += 1
    if ask.outcome == "timeout":
        yield "waited in vain"
    elif lost_with_its_endpoint(judge, ask, pods, kinds):
        return
    elif ask.outcome == "ended":
        yield "a cut that looked like an end"
    elif reason == "Drained":
        if not terminated(judge, ask, pods) and "stop" not in kinds:
            yield "cut before the grace period was over"
    elif not rude and len(judge.broken(ask)) < TRIES:
        yield "a connection lost that could be saved"


def rudeness(judge: Judge, ask: Ask) -> set[str]:
    return {entry.more for entry in judge.by_name[ask.name] if entry.what == "rude"}


def lost_with_its_endpoint(judge: Judge, ask: Ask, pods: set[str], kinds: set[str]) -> bool:
    """Say whether its endpoint was killed, or may have ended it while nobody could see that."""
    killed = kinds & DESTRUCTIVE or (kinds & RESTARTING and terminated(judge, ask, pods))
    return bool(killed) or ended_unseen(judge, ask, pods)


def ended_unseen(judge: Judge, ask: Ask, pods: set[str]) -> bool:
    """Say whether its endpoint may have ended it while the worker was stopped.

    It waited too long for the first words that the worker had, or was killed at the end of its grace period.
    """
    stopped = any(fault.kind == "worker-stop" for fault in judge.around(ask))
    return stopped and (not ask.head_out or terminated(judge, ask, pods))


def terminated(judge: Judge, ask: Ask, pods: set[str]) -> bool:
    """Say whether its endpoint was told to end long enough before."""
    return any(
        entry.what == "term" and entry.pod in pods and entry.moment < ask.ended - LAST_SECONDS
        for entry in judge.entries
    )
