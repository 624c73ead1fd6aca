from __future__ import annotations

from readylb.telemetry.traffic import Traffic, labels_of
from readylb.wire.messages import EndpointStats, ServiceStats, Stats

KEY = "default/web:80"


def values(traffic: Traffic, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in traffic.collect()
        for sample in family.samples
        if sample.name == name
    }


def report(worker: int, connections: int, *, requests: int = 0) -> Stats:
    services = (ServiceStats(key=KEY, connections=connections, requests=requests),)
    return Stats(worker=worker, services=services)


def test_a_key_is_namespace_service_and_port() -> None:
    assert labels_of("default/web:80") == ("default", "web", "80")
    assert labels_of("team-a/web:http") == ("team-a", "web", "http")


def test_a_service_port_that_is_gone_does_not_come_back_with_its_old_counts() -> None:
    traffic = Traffic(tuple)
    traffic.update(report(0, 5))
    traffic.update(report(0, 1))
    traffic.forget_service(KEY)
    assert values(traffic, "readylb_connections_accepted_total") == {}
    traffic.update(report(0, 2))
    assert values(traffic, "readylb_connections_accepted_total") == {("default", "web", "80"): 2}


def test_a_worker_that_starts_anew_twice_is_still_added_up() -> None:
    traffic = Traffic(tuple)
    for connections in (5, 2, 7, 1):
        traffic.update(report(0, connections))
    assert values(traffic, "readylb_connections_accepted_total") == {("default", "web", "80"): 13}


def test_fewer_requests_on_as_many_connections_are_a_new_start_too() -> None:
    traffic = Traffic(tuple)
    traffic.update(report(0, 1, requests=10))
    traffic.update(report(0, 1, requests=3))
    assert values(traffic, "readylb_connections_accepted_total") == {("default", "web", "80"): 2}


def test_a_worker_that_ended_keeps_its_counts_and_has_nothing_open() -> None:
    traffic = Traffic(tuple)
    endpoint = EndpointStats("uid-a", "a", 9, 0, 2, 1)
    for worker in (0, 1):
        services = (ServiceStats(key=KEY, connections=9, open_connections=4, endpoints=(endpoint,)),)
        traffic.update(Stats(worker, services))
    traffic.ended(0)
    port = ("default", "web", "80")
    assert values(traffic, "readylb_workers") == {(): 1}
    assert values(traffic, "readylb_connections") == {port: 4}
    assert values(traffic, "readylb_endpoint_in_flight") == {(*port, "a"): 2}
    traffic.update(report(0, 20))
    assert values(traffic, "readylb_connections_accepted_total") == {port: 38}, "more than before is anew too"


def test_an_endpoint_that_is_gone_does_not_come_back_with_the_end_of_a_worker() -> None:
    traffic = Traffic(tuple)
    endpoint = EndpointStats("uid-a", "a", 9, 0, 2, 1)
    traffic.update(Stats(0, (ServiceStats(key=KEY, connections=1, endpoints=(endpoint,)),)))
    traffic.forget_endpoint("uid-a")
    traffic.ended(0)
    traffic.update(report(0, 1))
    assert values(traffic, "readylb_endpoint_requests_total") == {}


def test_services_without_traffic_have_a_zero() -> None:
    traffic = Traffic(lambda: [("default", "web"), ("default", "api")])
    traffic.update(report(0, 1))
    expected = {("default", "web"): 0, ("default", "api"): 0}
    assert values(traffic, "readylb_requests_to_unready_total") == expected


def test_answers_of_an_endpoint_are_counted_by_class() -> None:
    traffic = Traffic(tuple)
    endpoint = EndpointStats("uid-a", "a", 9, 0, 2, 1, answers=(0, 7, 0, 0, 2))
    traffic.update(Stats(0, (ServiceStats(key=KEY, endpoints=(endpoint,)),)))
    port = ("default", "web", "80")
    found = values(traffic, "readylb_endpoint_responses_total")
    assert found == {(*port, "a", "2xx"): 7, (*port, "a", "5xx"): 2}


def test_the_weight_of_an_endpoint_is_no_sum_over_workers() -> None:
    traffic = Traffic(tuple)
    for worker in (0, 1):
        endpoint = EndpointStats("uid-a", "a", 9, 0, 2, 1, weight=0.25)
        traffic.update(Stats(worker, (ServiceStats(key=KEY, endpoints=(endpoint,)),)))
    assert values(traffic, "readylb_endpoint_weight") == {("default", "web", "80", "a"): 0.25}


def test_what_waits_and_what_was_denied_is_shown() -> None:
    traffic = Traffic(tuple)
    held = ServiceStats(key=KEY, held=2, held_total=5, retries_denied=3, accept_pauses={"ConnectionLimit": 4})
    traffic.update(Stats(0, (held,)))
    port = ("default", "web", "80")
    assert values(traffic, "readylb_requests_held") == {port: 2}
    assert values(traffic, "readylb_holds_total") == {port: 5}
    assert values(traffic, "readylb_retries_denied_total") == {port: 3}
    assert values(traffic, "readylb_accept_pauses_total") == {(*port, "ConnectionLimit"): 4}
