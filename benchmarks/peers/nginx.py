"""nginx, as Debian packages it: without the stream module, so not in TCP mode, and without active probes."""

from __future__ import annotations

from benchmarks.peers.scene import Scene
from benchmarks.processes import require

#: One process in the foreground that writes only below its own folder.
_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 60s;
    client_header_timeout 10s;
    client_body_timeout 30s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $hop {{ default upgrade; "" ""; }}
    upstream app {{
{servers}
        keepalive 128;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        client_max_body_size 0;
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_connect_timeout 1s;
            proxy_max_temp_file_size 0;
            proxy_request_buffering off;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $hop;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header Via "1.1 nginx";
        }}
    }}
}}
"""


def command(scene: Scene) -> list[str]:
    """Write its configuration; return how to start it."""
    servers = "\n".join(f"        server {host}:{port};" for host, port in scene.endpoints)
    path = scene.folder / "nginx.conf"
    path.write_text(_CONFIGURATION.format(folder=scene.folder, port=scene.port, servers=servers))
    return [require("nginx", "nginx"), "-p", str(scene.folder), "-e", "stderr", "-c", str(path)]
