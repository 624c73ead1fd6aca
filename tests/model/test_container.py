from __future__ import annotations

from readylb.model.container import Container, probes_of
from readylb.model.probe import Probe, ProbeKind

STARTUP, LIVENESS, READINESS = Probe(period_seconds=1), Probe(period_seconds=2), Probe(period_seconds=3)


def test_each_kind_of_probe_is_found_where_it_was_put() -> None:
    container = Container(name="a", startup_probe=STARTUP, liveness_probe=LIVENESS, readiness_probe=READINESS)
    assert [container.probe(kind) for kind in ProbeKind] == [STARTUP, LIVENESS, READINESS]


def test_only_the_probes_that_exist_are_listed() -> None:
    assert probes_of(Container(name="a", liveness_probe=LIVENESS)) == {ProbeKind.LIVENESS: LIVENESS}
    assert probes_of(Container(name="a")) == {}
