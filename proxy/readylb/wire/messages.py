"""Everything that control and worker say to each other, one frozen struct per message.

Rules: whole values, never deltas (a table sent whole cannot drift); a message means the same when
it is received twice; plain types only. `key` names one port of one Service as
`NAMESPACE/SERVICE:PORT` and is opaque to the worker.
"""

from __future__ import annotations

from msgspec import Struct


class Address(Struct, frozen=True, array_like=True):
    """A local TCP address to listen on. `port` 0 asks for any free one."""

    host: str
    port: int


class EndpointEntry(Struct, frozen=True, array_like=True):
    """One endpoint with its conditions. `uid` identifies it over time, `name` is the pod's.

    `host` is an IP address, or `unix:/PATH` with a `port` of no meaning. Where `probed`, an endpoint that
    refused a connection at `suspected_at` (epoch seconds, as it was reported) has no traffic until
    `vouched_at`, which its readiness probe moves up to that moment by passing, is as late.

    `ready_since` (where the Service has a slow start) and `cut_at` (where it terminates: when what still
    runs there is cut) are seconds of the machine's monotonic clock, 0 for none.
    """

    uid: str
    name: str
    host: str
    port: int
    ready: bool
    serving: bool
    terminating: bool
    weight: int = 1
    probed: bool = False
    suspected_at: float = 0.0
    vouched_at: float = 0.0
    ready_since: float = 0.0
    cut_at: float = 0.0


class Limits(Struct, frozen=True):
    """Limits and timeouts of one Service port; sizes in bytes, times in seconds, 0 in some for none.

    `core.limits` says of each what it means and why it is what it is.
    """

    request_line_bytes: int = 8192
    head_bytes: int = 32768
    header_fields: int = 100
    head_seconds: float = 10.0
    idle_seconds: float = 60.0
    body_bytes: int = 0
    body_stall_seconds: float = 30.0
    chunk_line_bytes: int = 4096
    trailer_bytes: int = 16384
    replay_bytes: int = 65536
    tries: int = 3
    retry_percent: float = 20.0
    retries_per_second: float = 10.0
    eject_failures: int = 5
    eject_5xx: int = 0
    eject_seconds: float = 30.0
    eject_most_seconds: float = 300.0
    eject_percent: float = 50.0
    connect_seconds: float = 1.0
    response_head_seconds: float = 60.0
    response_head_bytes: int = 65536
    interim_responses: int = 100
    response_stall_seconds: float = 300.0
    tunnel_idle_seconds: float = 3600.0
    pool_idle_seconds: float = 4.0
    endpoint_connections: int = 0
    connections: int = 0


class SetService(Struct, frozen=True, tag=True):
    """Serve this Service port with these settings; replaces what was said before under `key`.

    `protocol` is `http`, `tcp` or `auto`; `name` is what clients are told (`NAMESPACE/SERVICE`).
    `hash_on` is as `core.request_key` reads it. With `affinity_seconds` a client stays with an endpoint
    until it has been away that long; with `source_ranges` only clients in these networks are served.
    `proxy_protocol` is `accept` or `require`, of `trusted_proxies`; `send_proxy` is the version told to
    endpoints, 0 for none. A client of `auto` that says nothing for `detect_seconds` is taken for TCP.
    Requests wait up to `hold_seconds` where nothing is ready but something is starting. An endpoint that
    has become ready has its whole weight after `slow_start_seconds`, unless keys or affinity decide.
    """

    key: str
    name: str
    listen: tuple[Address, ...]
    protocol: str = "http"
    policy: str = "round_robin"
    limits: Limits = Limits()
    trusted_proxies: tuple[str, ...] = ()
    hash_on: str = "client-ip"
    affinity_seconds: int = 0
    source_ranges: tuple[str, ...] = ()
    proxy_protocol: str = ""
    send_proxy: int = 0
    detect_seconds: float = 0.5
    hold_seconds: float = 0.0
    slow_start_seconds: float = 0.0


class Sockets(Struct, frozen=True, tag=True):
    """With this message come the open listening sockets for these addresses of a Service port.

    It comes before the SetService that names them. A worker in the control process gets none and
    opens its own.
    """

    key: str
    addresses: tuple[Address, ...]


class RemoveService(Struct, frozen=True, tag=True):
    """Stop serving a Service port; running exchanges finish, and ServiceRemoved says how far that is.

    `removal` tells one removal from another: the same port may be served again meanwhile.
    """

    key: str
    removal: int = 0


class SetEndpoints(Struct, frozen=True, tag=True):
    """All endpoints of a Service port. `generation` rises with each change.

    `no_ready_reason` (one line, no internals beyond pod names) and `retry_after_seconds` are what
    a client is told with 503 while no endpoint may have traffic; `starting`: one may soon.
    """

    key: str
    generation: int
    endpoints: tuple[EndpointEntry, ...]
    no_ready_reason: str = ""
    retry_after_seconds: int = 1
    starting: bool = False


class SetAccessLog(Struct, frozen=True, tag=True):
    """Write the access log to `path` (`-`: standard output) from now on, opened anew, in `line_format`.

    The format is one of `core.access_record.FORMATS`. Without this message, or with an empty path, there
    is no log. Said again after a file was moved away, it goes on in a new one.
    """

    path: str = ""
    line_format: str = "combined"


class Drain(Struct, frozen=True, tag=True):
    """Stop accepting, let running exchanges finish, cut what is left after `grace_seconds`."""

    grace_seconds: float


class Hello(Struct, frozen=True, tag=True):
    """A worker is there."""

    worker: int
    pid: int


class Listening(Struct, frozen=True, tag=True):
    """The worker listens for `key` on `address` (the real port where 0 was asked for)."""

    key: str
    address: Address


class ListenFailed(Struct, frozen=True, tag=True):
    """The worker could not listen; `errno` is the operating system's number, `error` its words."""

    key: str
    address: Address
    errno: int
    error: str


class EndpointsApplied(Struct, frozen=True, tag=True):
    """From this moment no new request follows a table older than `generation`.

    `busy` names the endpoints of that table which may have no new request and still have something
    in flight. Said again whenever one of them has finished.
    """

    key: str
    generation: int
    busy: tuple[str, ...] = ()


class ServiceRemoved(Struct, frozen=True, tag=True):
    """A Service port is served no more. `busy` names the endpoints that may still have something to do.

    Said again whenever these have changed, and for the last time when there are none.
    """

    key: str
    removal: int
    busy: tuple[str, ...] = ()


class PassiveReport(Struct, frozen=True, tag=True):
    """Traffic saw an endpoint fail: `reason` is `ConnectFailed`, `ConnectTimeout`, `Reset` ...

    `refused_at` (epoch seconds) is set where it refused a connection and is excluded for it, `until` (the
    same) where it is left out for a time.
    """

    key: str
    uid: str
    reason: str
    refused_at: float = 0.0
    until: float = 0.0


class EndpointStats(Struct, frozen=True, array_like=True):
    """Counts for one endpoint since the worker started; `in_flight` is now.

    `latency_buckets` are as a Service's, of the exchanges that ended with it; `answers` are the answers it
    gave, by class of status from 1xx to 5xx, those that a client did not get in the end included;
    `weight` is what it has in the rotation now, 0 for none.
    """

    uid: str
    name: str
    requests: int
    failures: int
    in_flight: int
    connections: int
    latency_buckets: tuple[int, ...] = ()
    latency_sum_seconds: float = 0.0
    answers: tuple[int, ...] = ()
    weight: float = 0.0


class ServiceStats(Struct, frozen=True):
    """Counts for one Service port since the worker started. `statuses` maps status to responses.

    `terminations` maps the reason an exchange ended to a count; `latency_buckets` are cumulative
    counts for `core.latency.LATENCY_BUCKETS_SECONDS`; `to_unready` must stay 0. `held` requests wait now for
    an endpoint to become Ready, `held_total` have; the retry budget denied `retries_denied`; accepting
    stopped as often as `accept_pauses` says, by reason.
    """

    key: str
    requests: int = 0
    statuses: dict[int, int] = {}
    terminations: dict[str, int] = {}
    retries: int = 0
    retries_denied: int = 0
    held: int = 0
    held_total: int = 0
    accept_pauses: dict[str, int] = {}
    connections: int = 0
    open_connections: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    to_unready: int = 0
    latency_buckets: tuple[int, ...] = ()
    latency_sum_seconds: float = 0.0
    endpoints: tuple[EndpointStats, ...] = ()


class Stats(Struct, frozen=True, tag=True):
    """All counts of a worker, sent on a period and once more when it ends.

    `access_log_lost` counts lines that the access log had no room for.
    """

    worker: int
    services: tuple[ServiceStats, ...]
    access_log_lost: int = 0


class Drained(Struct, frozen=True, tag=True):
    """Drain is over; `cut` exchanges did not finish in time."""

    worker: int
    cut: int


ToWorker = Sockets | SetAccessLog | SetService | RemoveService | SetEndpoints | Drain
ToControl = (
    Hello | Listening | ListenFailed | EndpointsApplied | ServiceRemoved | PassiveReport | Stats | Drained
)
