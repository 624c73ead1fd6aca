from __future__ import annotations

from readylb.control.workers.ejections import Ejections
from readylb.core.passive import PassiveReason, PassiveSignal
from readylb.wire.messages import PassiveReport

KEY = "default/web:80"


def test_the_last_ejection_at_each_port_is_remembered_until_the_pod_is_gone() -> None:
    known = Ejections()
    known.note(PassiveReport(KEY, "a", "Reset"), 1.0)
    assert known.of("a") == ()
    known.note(PassiveReport(KEY, "a", "Ejected", until=31.0), 1.0)
    known.note(PassiveReport(KEY, "a", "Ejected", until=65.0), 5.0)
    known.note(PassiveReport("default/api:81", "a", "ConnectFailed", until=7.0), 6.0)
    assert known.of("a") == (
        PassiveSignal(reason=PassiveReason.EJECTED, since=5.0, until=65.0, service="web", port=80),
        PassiveSignal(reason=PassiveReason.REFUSED, since=6.0, until=7.0, service="api", port=81),
    )
    assert known.of("b") == ()
    known.forget("a")
    assert known.of("a") == ()


def test_of_several_workers_the_one_that_leaves_a_pod_out_longest_counts() -> None:
    known = Ejections()
    known.note(PassiveReport(KEY, "a", "Ejected", until=65.0), 5.0)
    known.note(PassiveReport(KEY, "a", "Ejected", until=36.0), 6.0)
    (signal,) = known.of("a")
    assert (signal.since, signal.until) == (5.0, 65.0)
    known.note(PassiveReport(KEY, "a", "ConnectFailed", until=70.0), 65.0)
    (signal,) = known.of("a")
    assert (signal.reason, signal.since, signal.until) == (PassiveReason.REFUSED, 65.0, 70.0)


def test_who_leads_back_is_known_until_it_does_not() -> None:
    known = Ejections()
    known.lead_back("default/web:80", {"a", "b"}, 5.0)
    known.lead_back("default/web:80", {"b"}, 9.0)
    assert known.of("a") == ()
    (signal,) = known.of("b")
    assert (signal.reason, signal.since, signal.service) == (PassiveReason.LEADS_BACK, 5.0, "web")
