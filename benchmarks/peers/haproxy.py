"""HAProxy, as Debian packages it."""

from __future__ import annotations

import resource

from benchmarks.peers.scene import Kind, Scene
from benchmarks.processes import require

_COMMON = """
global
    nbthread 1
    maxconn {connections}
defaults
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout http-request 10s
    timeout http-keep-alive 60s
    timeout tunnel 1h
"""
_HTTP = """
    mode http
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
    {probe}
{servers}
"""
_TCP = """
    mode tcp
frontend front
    bind 127.0.0.1:{port} backlog 4096
    default_backend app
backend app
{servers}
"""
#: Files that it wants beside two for each connection.
_OTHER_FILES = 400


def command(scene: Scene) -> list[str]:
    """Write its configuration; return how to start it."""
    check = " check inter 1s" if scene.kind is Kind.POOL else ""
    servers = "\n".join(
        f"    server app-{number} {host}:{port} pool-max-conn 1000{check}"
        for number, (host, port) in enumerate(scene.endpoints)
    )
    body = _TCP if scene.kind is Kind.TCP else _HTTP
    probe = "option httpchk GET /" if scene.kind is Kind.POOL else ""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(20_000, (files - _OTHER_FILES - 2 * len(scene.endpoints)) // 2)
    path = scene.folder / "haproxy.cfg"
    path.write_text(
        (_COMMON + body).format(port=scene.port, servers=servers, probe=probe, connections=connections)
    )
    return [require("haproxy", "haproxy"), "-db", "-f", str(path)]
