"""The examples' manifests with shorter times, and a few made for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.e2e.harness import EXAMPLES, PYTHON, Readylb

REPLICA = Path(__file__).resolve().parent / "replica.py"


def changed(example: str, folder: Path, changes: Mapping[str, str]) -> str:
    """Write a copy of an example's manifest with texts replaced; each must occur. Return its path."""
    text = (EXAMPLES / example).read_text()
    for old, new in changes.items():
        assert old in text, f"{example} does not say {old!r}"
        text = text.replace(old, new)
    copy = folder / Path(example).name
    copy.write_text(text)
    return str(copy)


def app(example: str, *arguments: object) -> str:
    """Return the command that runs an example's app."""
    return " ".join([PYTHON, str(EXAMPLES / example / "app.py"), *map(str, arguments)])


def replica_command(folder: Path, *arguments: object) -> str:
    """Return the command that runs the tests' own server; its notes go to `folder`."""
    return " ".join([PYTHON, str(REPLICA), "--folder", str(folder), *map(str, arguments)])


def web(
    replicas: int = 2,
    probes: str = "readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}",
    *,
    grace: int = 30,
) -> str:
    """Return a Deployment `web` of the tests' own server (image `replica`) and a Service in front."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: {grace}
      containers:
      - name: web
        image: replica
        ports: [{{containerPort: 8080, name: http}}]
        {probes}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: http}}]
"""


def serve_web(folder: Path, port: int, replicas: int = 2) -> Readylb:
    """Return the command that serves `web` on a port, not yet started."""
    manifest = folder / "web.yaml"
    manifest.write_text(web(replicas))
    image = f"replica={replica_command(folder)}"
    return Readylb(folder, "-f", str(manifest), "--publish", f"web:80={port}", "--image", image)
