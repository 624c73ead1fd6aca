from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from readylb.core.latency import LATENCY_BUCKETS_SECONDS
from readylb.model import EndpointSlice, Pod, Service
from readylb.model.container import ContainerStatus
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, Endpoint, EndpointConditions
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodStatus
from readylb.telemetry.metric_table import TABLE, MetricType
from readylb.telemetry.metrics import Metrics
from readylb.telemetry.state import Sources
from readylb.wire.messages import EndpointStats, ServiceStats, Stats

KEY = "default/web:80"
#: Requests in the histogram of `full()`: one per bucket.
TOTAL = len(LATENCY_BUCKETS_SECONDS) + 1
PORT = {"namespace": "default", "service": "web", "port": "80"}


def series(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.expose().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return series(metrics).get((name, frozenset(labels.items())))


def stats(worker: int = 0, **counts) -> Stats:
    return Stats(worker=worker, services=(ServiceStats(key=KEY, **counts),))


def a_pod(name: str = "web-1", restarts: int = 2) -> Pod:
    statuses = (ContainerStatus(name="app", restart_count=restarts),)
    return Pod(metadata=ObjectMeta(name=name), status=PodStatus(container_statuses=statuses))


def full() -> Metrics:
    """Metrics in which every row of the table has a series."""
    metrics = Metrics()
    ready = Endpoint(conditions=EndpointConditions(ready=True, serving=True))
    leaving = Endpoint(conditions=EndpointConditions(terminating=True, serving=True))
    labels = {SERVICE_NAME_LABEL: "web"}
    slices = [EndpointSlice(metadata=ObjectMeta(name="web-x", labels=labels), endpoints=(ready, leaving))]
    metrics.read_state(
        Sources(
            pods=lambda: [a_pod()],
            services=lambda: [Service(metadata=ObjectMeta(name="web"))],
            slices=lambda: slices,
        )
    )
    metrics.probe("Readiness", "success", "app", "web-1", "default", "u1", 0.002)
    metrics.passive_report(KEY, "ConnectFailed")
    buckets = tuple(range(1, TOTAL + 1))
    metrics.worker_stats(
        stats(
            requests=17,
            statuses={200: 10, 204: 2, 503: 5},
            terminations={"Done": 17},
            connections=4,
            open_connections=1,
            bytes_in=100,
            bytes_out=900,
            latency_buckets=buckets,
            latency_sum_seconds=1.5,
            endpoints=(EndpointStats("u1", "web-1", 12, 1, 3, 2, buckets, 1.5),),
        )
    )
    return metrics


def test_the_exposition_and_the_table_name_the_same_metrics_with_the_same_labels() -> None:
    families = {family.name: family for family in text_string_to_metric_families(full().expose().decode())}
    for row in TABLE:
        family = families.pop(row.name.removesuffix("_total"))
        assert family.type == row.type.value, row.name
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(row.labels), row.name
    assert {name.partition("_")[0] for name in families} <= {"process", "python"}


def test_a_counter_is_called_total_and_nothing_else_is() -> None:
    for row in TABLE:
        assert row.name.endswith("_total") == (row.type is MetricType.COUNTER), row.name


def test_no_two_rows_share_a_name() -> None:
    assert len({row.name.removesuffix("_total") for row in TABLE}) == len(TABLE)


def test_no_metric_has_more_labels_than_kubelets_own_widest_one() -> None:
    assert max(len(row.labels) for row in TABLE) == 6


def test_no_label_takes_its_values_from_clients() -> None:
    known = {"namespace", "service", "port", "pod", "pod_uid", "container"}  # objects that exist
    words = {"probe_type", "result", "code_class", "state", "direction", "reason", "version", "python"}
    assert {label for row in TABLE for label in row.labels} == known | words


def test_an_endpoint_has_latencies_of_its_own() -> None:
    name = "readylb_endpoint_request_duration_seconds"
    assert value(full(), f"{name}_count", **PORT, pod="web-1") == TOTAL
    assert value(full(), f"{name}_sum", **PORT, pod="web-1") == 1.5


def test_lines_lost_by_the_access_log_are_added_up_over_workers_and_restarts() -> None:
    metrics = Metrics()
    for worker, lost in ((0, 3), (1, 4), (0, 1)):  # worker 0 has begun anew
        metrics.worker_stats(Stats(worker=worker, services=(), access_log_lost=lost))
    metrics.worker_ended(1, replaced=True)
    assert value(metrics, "readylb_access_log_lost_total") == 8


def test_statuses_are_counted_by_class() -> None:
    metrics = full()
    assert value(metrics, "readylb_requests_total", **PORT, code_class="2xx") == 12
    assert value(metrics, "readylb_requests_total", **PORT, code_class="5xx") == 5


def test_a_second_report_replaces_the_first() -> None:
    metrics = Metrics()
    metrics.worker_stats(stats(connections=1, retries=2))
    metrics.worker_stats(stats(connections=1, retries=5))
    assert value(metrics, "readylb_retries_total", **PORT) == 5


def test_workers_are_summed() -> None:
    metrics = Metrics()
    metrics.worker_stats(stats(worker=0, statuses={200: 3}, open_connections=1))
    metrics.worker_stats(stats(worker=1, statuses={200: 4, 404: 1}, open_connections=2))
    assert value(metrics, "readylb_requests_total", **PORT, code_class="2xx") == 7
    assert value(metrics, "readylb_connections", **PORT) == 3
    assert value(metrics, "readylb_workers") == 2


def test_no_counter_falls_when_a_worker_starts_anew() -> None:
    metrics = Metrics()
    metrics.worker_stats(stats(connections=9, requests=9, open_connections=4, bytes_in=50))
    metrics.worker_stats(stats(connections=1, requests=1, open_connections=1, bytes_in=5))
    assert value(metrics, "readylb_connections_accepted_total", **PORT) == 10
    assert value(metrics, "readylb_bytes_total", **PORT, direction="in") == 55
    assert value(metrics, "readylb_connections", **PORT) == 1


def test_requests_to_unready_is_zero_before_any_traffic() -> None:
    metrics = Metrics()
    metrics.read_state(Sources(services=lambda: [Service(metadata=ObjectMeta(name="web"))]))
    assert value(metrics, "readylb_requests_to_unready_total", namespace="default", service="web") == 0


def test_the_histogram_ends_in_the_total() -> None:
    metrics = full()
    assert value(metrics, "readylb_request_duration_seconds_bucket", **PORT, le="+Inf") == TOTAL
    assert value(metrics, "readylb_request_duration_seconds_count", **PORT) == TOTAL
    assert value(metrics, "readylb_request_duration_seconds_sum", **PORT) == 1.5


def test_probe_results_have_kubelets_words_and_failures_no_duration() -> None:
    metrics = Metrics()
    probe = {"probe_type": "Liveness", "container": "app", "pod": "web-1", "namespace": "default"}
    for result in ("success", "warning", "failure", "unknown"):
        metrics.probe("Liveness", result, "app", "web-1", "default", "u1", 0.1)
    found = {
        word: value(metrics, "prober_probe_total", **probe, pod_uid="u1", result=word)
        for word in ("successful", "failed", "unknown")
    }
    assert found == {"successful": 2, "failed": 1, "unknown": 1}
    assert value(metrics, "prober_probe_duration_seconds_count", **probe) == 3


def test_many_endpoints_are_exposed_in_parts_that_make_one_whole() -> None:
    metrics = Metrics()
    pods = [f"web-{number}" for number in range(100)]
    for pod in pods:
        metrics.probe("Readiness", "success", "app", pod, "default", pod, 0.002)
    endpoints = tuple(EndpointStats(pod, pod, 12, 1, 3, 2, tuple(range(TOTAL)), 1.5) for pod in pods)
    metrics.worker_stats(stats(endpoints=endpoints))
    parts = list(metrics.parts())
    lines = metrics.expose().decode().splitlines()
    assert max(part.count(b"\n") for part in parts) < 1000
    for name in ("prober_probe_duration_seconds", "readylb_endpoint_request_duration_seconds"):
        assert [line for line in lines if line.startswith(f"# TYPE {name} ")] == [f"# TYPE {name} histogram"]
        found = [line for line in lines if line.startswith(f"{name}_bucket")]
        assert len(found) == len(set(found)) == 100 * TOTAL
    assert len(lines) == len(set(lines))


def test_a_probes_duration_is_counted_in_the_first_bucket_that_holds_it() -> None:
    metrics = Metrics()
    probe = {"probe_type": "Liveness", "container": "app", "pod": "web-1", "namespace": "default"}
    for seconds in (0.0005, 0.0006, 61.0):
        metrics.probe("Liveness", "success", "app", "web-1", "default", "u1", seconds)
    name = "prober_probe_duration_seconds_bucket"
    counts = [value(metrics, name, **probe, le=bound) for bound in ("0.0005", "0.001", "60.0", "+Inf")]
    assert counts == [1, 2, 2, 3]


def test_nothing_is_left_of_a_pod_that_is_gone() -> None:
    metrics = full()
    metrics.read_state(Sources())
    assert b"web-1" in metrics.expose()
    metrics.forget_pod("u1")
    assert b"web-1" not in metrics.expose()


def test_nothing_is_left_of_a_service_that_is_gone() -> None:
    metrics = full()
    metrics.read_state(Sources())
    metrics.forget_service(KEY)
    assert b'service="web"' not in metrics.expose()


def test_endpoints_are_counted_by_state() -> None:
    metrics = full()
    service = {"namespace": "default", "service": "web"}
    counts = {
        state: value(metrics, "readylb_endpoints", **service, state=state)
        for state in ("ready", "unready", "terminating")
    }
    assert counts == {"ready": 1, "unready": 0, "terminating": 1}


def test_restarts_are_read_from_the_pods() -> None:
    labels = {"namespace": "default", "pod": "web-1", "container": "app"}
    assert value(full(), "readylb_container_restarts_total", **labels) == 2


def test_a_pod_that_is_gone_stays_away_while_a_worker_still_counts_it() -> None:
    metrics = full()
    metrics.read_state(Sources())
    metrics.forget_pod("u1")
    leaving = (EndpointStats("u1", "web-1", 13, 1, 0, 0),)
    metrics.worker_stats(stats(connections=4, requests=18, endpoints=leaving))
    assert b"web-1" not in metrics.expose()
