from __future__ import annotations

from dataclasses import replace

from readylb.core.passive import PassiveReason, PassiveSignal, kept, still

EJECTED = PassiveSignal(reason=PassiveReason.EJECTED, since=10.0, until=40.0, service="web", port=80)
REFUSED = PassiveSignal(reason=PassiveReason.REFUSED, since=10.0)


def test_a_signal_says_what_happened_and_what_brings_the_pod_back() -> None:
    assert EJECTED.sentence(12.4) == (
        "traffic of service/web:80: several requests in a row failed, the last one 2s ago; it is back in 28 s"
    )
    assert (
        replace(EJECTED, reason=PassiveReason.REFUSED)
        .sentence(10.0)
        .startswith("traffic of service/web:80: it refused a connection 0s ago; it is back in 30 s")
    )
    assert REFUSED.sentence(13.0) == (
        "traffic: it refused a connection 3s ago; it is back when its readiness probe passes"
    )


def test_a_pod_that_is_readylb_itself_is_called_that() -> None:
    signal = replace(EJECTED, reason=PassiveReason.LEADS_BACK)
    assert signal.sentence(12.0) == (
        "traffic of service/web:80: readylb itself listens at its address, "
        "so requests would go round in circles"
    )


def test_signals_end() -> None:
    assert still((EJECTED, REFUSED), 39.9) == (EJECTED, REFUSED)
    assert still((EJECTED, REFUSED), 40.0) == (REFUSED,)


def test_a_refusal_counts_everywhere_and_an_ejection_at_its_service() -> None:
    assert kept(("api", "web"), (EJECTED,)) == ("api",)
    assert kept(("api", "web"), (EJECTED, REFUSED)) == ()
    assert kept(("api", "web"), ()) == ("api", "web")
