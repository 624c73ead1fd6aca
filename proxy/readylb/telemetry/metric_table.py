"""One table of every metric: name, type, help and labels. Nothing is exposed that is not in it.

Label rules: a label's values come from the objects that exist (and go with them) or from a fixed
set of words; never from what a client sends. So the number of series is bounded by the size of the
configuration. `prober_*` have kubelet's names and labels, that its dashboards may be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MetricType(StrEnum):
    """How a metric's numbers behave."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row. A counter's name ends in `_total`."""

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()


_SERVICE = ("namespace", "service")
_PORT = (*_SERVICE, "port")

PROBES = Metric(
    "prober_probe_total",
    MetricType.COUNTER,
    "Probes run, by result: successful, failed or unknown.",
    ("probe_type", "result", "container", "pod", "namespace", "pod_uid"),
)
PROBE_DURATION = Metric(
    "prober_probe_duration_seconds",
    MetricType.HISTOGRAM,
    "How long probes took; failed ones are not observed, as in kubelet.",
    ("probe_type", "container", "pod", "namespace"),
)
REQUESTS = Metric(
    "readylb_requests_total",
    MetricType.COUNTER,
    "Responses sent to clients, by class of status.",
    (*_PORT, "code_class"),
)
REQUEST_DURATION = Metric(
    "readylb_request_duration_seconds",
    MetricType.HISTOGRAM,
    "From the first byte of a request to the last byte of its response.",
    _PORT,
)
ENDPOINT_REQUESTS = Metric(
    "readylb_endpoint_requests_total",
    MetricType.COUNTER,
    "Requests (TCP: connections) given to an endpoint.",
    (*_PORT, "pod"),
)
ENDPOINT_RESPONSES = Metric(
    "readylb_endpoint_responses_total",
    MetricType.COUNTER,
    "Final responses that an endpoint gave (and 101), by class of status; readylb's own are not among them.",
    (*_PORT, "pod", "code_class"),
)
ENDPOINT_FAILURES = Metric(
    "readylb_endpoint_failures_total",
    MetricType.COUNTER,
    "Tries at an endpoint that failed: refused, reset, timed out or malformed.",
    (*_PORT, "pod"),
)
ENDPOINT_DURATION = Metric(
    "readylb_endpoint_request_duration_seconds",
    MetricType.HISTOGRAM,
    "As readylb_request_duration_seconds, by the endpoint that had the request last.",
    (*_PORT, "pod"),
)
ENDPOINT_IN_FLIGHT = Metric(
    "readylb_endpoint_in_flight",
    MetricType.GAUGE,
    "Requests (TCP: connections) that an endpoint is working on.",
    (*_PORT, "pod"),
)
ENDPOINT_WEIGHT = Metric(
    "readylb_endpoint_weight",
    MetricType.GAUGE,
    "Weight of an endpoint in the rotation now, less during a slow start; 0: it has no traffic.",
    (*_PORT, "pod"),
)
REQUESTS_TO_UNREADY = Metric(
    "readylb_requests_to_unready_total",
    MetricType.COUNTER,
    "Requests given to an endpoint that was not Ready. Stays 0.",
    _SERVICE,
)
RETRIES = Metric(
    "readylb_retries_total", MetricType.COUNTER, "Tries after the first one of a request.", _PORT
)
RETRIES_DENIED = Metric(
    "readylb_retries_denied_total",
    MetricType.COUNTER,
    "Requests not tried again because the retry budget was spent.",
    _PORT,
)
HELD = Metric(
    "readylb_requests_held",
    MetricType.GAUGE,
    "Requests that wait for an endpoint to become Ready (hold-seconds).",
    _PORT,
)
HELD_TOTAL = Metric(
    "readylb_holds_total",
    MetricType.COUNTER,
    "Requests that have waited for an endpoint to become Ready.",
    _PORT,
)
ACCEPT_PAUSES = Metric(
    "readylb_accept_pauses_total",
    MetricType.COUNTER,
    "Times that accepting stopped while somebody waited: ConnectionLimit, FileLimit (of what the file limit "
    "allows), OutOfFiles or OutOfMemory (tried again four times a second).",
    (*_PORT, "reason"),
)
CONNECTIONS = Metric("readylb_connections", MetricType.GAUGE, "Open client connections.", _PORT)
CONNECTIONS_ACCEPTED = Metric(
    "readylb_connections_accepted_total", MetricType.COUNTER, "Client connections accepted.", _PORT
)
BYTES = Metric(
    "readylb_bytes_total",
    MetricType.COUNTER,
    "Bytes received from (in) and sent to (out) clients.",
    (*_PORT, "direction"),
)
TERMINATIONS = Metric(
    "readylb_terminations_total",
    MetricType.COUNTER,
    "Exchanges ended, by the reason they ended.",
    (*_PORT, "reason"),
)
PASSIVE_REPORTS = Metric(
    "readylb_passive_reports_total",
    MetricType.COUNTER,
    "Times that traffic, not a probe, saw an endpoint fail.",
    (*_PORT, "reason"),
)
ENDPOINTS = Metric(
    "readylb_endpoints",
    MetricType.GAUGE,
    "Endpoints of a Service, by state: ready, unready, terminating or drained (by an operator).",
    (*_SERVICE, "state"),
)
ENDPOINTS_IN_FORCE = Metric(
    "readylb_endpoints_in_force",
    MetricType.GAUGE,
    "1 when every worker follows the newest endpoints of a Service port, 0 until then.",
    _PORT,
)
CONTAINER_RESTARTS = Metric(
    "readylb_container_restarts_total",
    MetricType.COUNTER,
    "Restarts of a container.",
    ("namespace", "pod", "container"),
)
WORKERS = Metric("readylb_workers", MetricType.GAUGE, "Workers that have reported.")
WORKER_RESTARTS = Metric(
    "readylb_worker_restarts_total", MetricType.COUNTER, "Worker processes replaced after they ended or hung."
)
ACCESS_LOG_LOST = Metric(
    "readylb_access_log_lost_total",
    MetricType.COUNTER,
    "Lines missing from the access log because they could not be written fast enough, or at all.",
)
BUILD_INFO = Metric("readylb_build_info", MetricType.GAUGE, "Always 1.", ("version", "python"))

TABLE: tuple[Metric, ...] = (
    PROBES,
    PROBE_DURATION,
    REQUESTS,
    REQUEST_DURATION,
    ENDPOINT_REQUESTS,
    ENDPOINT_RESPONSES,
    ENDPOINT_FAILURES,
    ENDPOINT_DURATION,
    ENDPOINT_IN_FLIGHT,
    ENDPOINT_WEIGHT,
    REQUESTS_TO_UNREADY,
    RETRIES,
    RETRIES_DENIED,
    HELD,
    HELD_TOTAL,
    ACCEPT_PAUSES,
    CONNECTIONS,
    CONNECTIONS_ACCEPTED,
    BYTES,
    TERMINATIONS,
    PASSIVE_REPORTS,
    ENDPOINTS,
    ENDPOINTS_IN_FORCE,
    CONTAINER_RESTARTS,
    WORKERS,
    WORKER_RESTARTS,
    ACCESS_LOG_LOST,
    BUILD_INFO,
)
