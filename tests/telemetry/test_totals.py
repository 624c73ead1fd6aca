from __future__ import annotations

import pytest

from readylb.telemetry.totals import Totals
from readylb.wire.messages import EndpointStats, ServiceStats

REPORT = ServiceStats(
    key="default/web:80",
    statuses={200: 3},
    terminations={"Completed": 3},
    retries=1,
    retries_denied=3,
    held=2,
    held_total=5,
    accept_pauses={"FileLimit": 1},
    connections=2,
    open_connections=2,
    bytes_in=10,
    bytes_out=20,
    latency_buckets=(1, 3),
    latency_sum_seconds=0.5,
    endpoints=(EndpointStats("u1", "web-1", 3, 1, 2, 1, answers=(0, 2, 0, 1, 0), weight=0.5),),
)


def test_every_count_is_added() -> None:
    totals = Totals()
    totals.add(REPORT)
    totals.add(REPORT)
    assert totals.statuses == {200: 6}
    assert totals.terminations == {"Completed": 6}
    assert (totals.retries, totals.connections, totals.open_connections) == (2, 4, 4)
    assert (totals.retries_denied, totals.held, totals.held_total) == (6, 4, 10)
    assert totals.accept_pauses == {"FileLimit": 2}
    assert (totals.bytes_in, totals.bytes_out, totals.latency_sum_seconds) == (20, 40, 1.0)
    assert totals.latency_buckets == (2, 6)
    endpoint = totals.endpoints["u1"]
    assert (endpoint.requests, endpoint.failures, endpoint.in_flight) == (6, 2, 4)
    assert endpoint.answers == (0, 4, 0, 2, 0)
    assert endpoint.weight == 0.5


def test_of_a_worker_that_ended_nothing_is_open_or_in_flight() -> None:
    totals = Totals()
    totals.add(REPORT, ended=True)
    assert (totals.connections, totals.open_connections) == (2, 0)
    assert (totals.held, totals.held_total) == (0, 5)
    assert totals.endpoints["u1"].weight == 0
    assert (totals.endpoints["u1"].requests, totals.endpoints["u1"].in_flight) == (3, 0)


def test_a_report_without_latencies_leaves_them_as_they_were() -> None:
    totals = Totals()
    totals.add(REPORT)
    totals.add(ServiceStats(key="default/web:80"))
    assert totals.latency_buckets == (1, 3)


def test_reports_that_disagree_about_the_buckets_are_refused() -> None:
    totals = Totals()
    totals.add(REPORT)
    with pytest.raises(ValueError, match="shorter"):
        totals.add(ServiceStats(key="default/web:80", latency_buckets=(1,)))
