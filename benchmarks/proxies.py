"""What is measured: each proxy with the same features, on one thread, and the endpoint behind them.

Equal features: HTTP mode, keep-alive on both sides with a pool, X-Forwarded-For/Proto/Host and Via
set, timeouts on, limits on, access log off.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import require

SMALL_BYTES = 128
LARGE_BYTES = 16 * 2**20

#: Every nginx here: one process in the foreground that writes only below its own folder.
_NGINX_MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
"""
_NGINX_HTTP = """
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 60s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""
_ENDPOINT = (
    _NGINX_MAIN
    + "http {{"
    + _NGINX_HTTP
    + """
    sendfile on;
    default_type application/octet-stream;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = / {{ return 200 "{small}"; }}
        location = /large {{ root {folder}; }}
    }}
}}
"""
)
_NGINX = (
    _NGINX_MAIN
    + "http {{"
    + _NGINX_HTTP
    + """
    upstream app {{ server 127.0.0.1:{endpoint}; keepalive 128; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        client_max_body_size 0;
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_max_temp_file_size 0;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header Via "1.1 nginx";
        }}
    }}
}}
"""
)
_HAPROXY = """
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout http-request 10s
    timeout http-keep-alive 60s
    option http-keep-alive
    option forwardfor
    http-reuse always
frontend front
    bind 127.0.0.1:{port} backlog 4096
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request add-header Via "1.1 haproxy"
    http-response add-header Via "1.1 haproxy"
    default_backend app
backend app
    server app 127.0.0.1:{endpoint} pool-max-conn 1000
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy; `command(folder, port, endpoint)` writes its configuration and says how to start it."""

    name: str
    command: Callable[[Path, int, int], list[str]]


def endpoint_command(folder: Path, port: int) -> list[str]:
    """Return how to start the endpoint: `/` answers 128 bytes, `/large` 16 MiB."""
    (folder / "large").write_bytes(bytes(LARGE_BYTES))
    return _nginx(folder, _ENDPOINT.format(folder=folder, port=port, small="x" * SMALL_BYTES))


def _nginx_proxy(folder: Path, port: int, endpoint: int) -> list[str]:
    return _nginx(folder, _NGINX.format(folder=folder, port=port, endpoint=endpoint))


def _nginx(folder: Path, text: str) -> list[str]:
    path = folder / "nginx.conf"
    path.write_text(text)
    return [require("nginx", "nginx"), "-p", str(folder), "-e", "stderr", "-c", str(path)]


def _haproxy(folder: Path, port: int, endpoint: int) -> list[str]:
    path = folder / "haproxy.cfg"
    path.write_text(_HAPROXY.format(port=port, endpoint=endpoint))
    return [require("haproxy", "haproxy"), "-db", "-f", str(path)]


def _readylb(folder: Path, port: int, endpoint: int) -> list[str]:
    del folder  # it needs no file
    command = [sys.executable, "-m", "readylb", "up", "--admin", "off", "--port", str(port)]
    return [*command, "--backend", f"127.0.0.1:{endpoint}"]


PROXIES: dict[str, Proxy] = {
    proxy.name: proxy
    for proxy in (Proxy("haproxy", _haproxy), Proxy("nginx", _nginx_proxy), Proxy("readylb", _readylb))
}
