"""readylb through its own command."""

from __future__ import annotations

import json

from benchmarks.peers.scene import Kind, Scene


def command(scene: Scene) -> list[str]:
    """Write its configuration; return how to start it."""
    protocol = "tcp" if scene.kind is Kind.TCP else "http"
    service: dict[str, object] = {
        "port": {"port": scene.port, "bind": "127.0.0.1", "protocol": protocol},
        "endpoints": [f"{host}:{port}" for host, port in scene.endpoints],
    }
    if scene.kind is Kind.POOL:
        service["readinessProbe"] = {"httpGet": {"path": "/"}, "periodSeconds": 1}
    path = scene.folder / "readylb.yaml"
    path.write_text(json.dumps({"services": {"app": service}}))
    words = ("up", "--workers", str(scene.workers), "--admin", "off", "-f", str(path))
    return [scene.python, "-P", "-m", "readylb", *words]
