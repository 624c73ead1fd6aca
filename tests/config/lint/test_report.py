from __future__ import annotations

from pathlib import Path

from tests.e2e.harness import EXAMPLES, ROOT

from readylb.config.load import load

MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, APP}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        command: [web]
        ports: [{containerPort: 8080}]
        PROBES
"""

#: Stories of what goes wrong without a readiness or startup probe; their READMEs say so.
TEACHING = {"04-liveness-http-header", "07-startup"}


def warned(tmp_path: Path, text: str, name: str = "web.yaml") -> list[tuple[int, str, str]]:
    file = tmp_path / name
    file.write_text(text)
    loaded = load([str(file)])
    assert all(item.file == str(file) for item in loaded.warnings)
    return [(item.line, item.path, item.message) for item in loaded.warnings]


def manifest(probes: str, app: str = "name: x") -> str:
    return MANIFEST.replace("PROBES", probes).replace("APP", app)


def test_pods_of_a_service_that_nothing_asks_are_told_with_their_place(tmp_path: Path) -> None:
    liveness = "livenessProbe: {tcpSocket: {port: 8080}}"
    ((line, path, message),) = warned(tmp_path, manifest(liveness))
    assert (line, path) == (17, "spec.template.spec.containers[0]")
    assert message.startswith("service/web sends it requests from the moment its process starts")
    assert message.endswith("(add a readinessProbe)")
    assert warned(tmp_path, manifest("readinessProbe: {tcpSocket: {port: 8080}}")) == []
    assert warned(tmp_path, manifest("startupProbe: {tcpSocket: {port: 8080}}")) == []
    assert warned(tmp_path, manifest(liveness).replace("{app: web}", "{app: other}", 1)) == []


def test_a_port_that_speaks_http_and_is_only_connected_to_is_told(tmp_path: Path) -> None:
    readiness = "readinessProbe: {tcpSocket: {port: 8080}}"
    ((line, path, message),) = warned(tmp_path, manifest(readiness, "appProtocol: http"))
    assert (line, path) == (21, "spec.template.spec.containers[0].readinessProbe.tcpSocket")
    assert message.startswith("service/web says that this port speaks HTTP: ")
    both = f"{readiness}\n        livenessProbe: {{httpGet: {{path: /, port: 8080}}, failureThreshold: 9}}"
    ((_, _, message),) = warned(tmp_path, manifest(both))
    assert message.startswith("another probe asks the same port by HTTP: ")


def test_a_readylb_yaml_is_told_by_its_own_paths_and_once_for_all_endpoints(tmp_path: Path) -> None:
    text = """\
services:
  web:
    port: 8000
    endpoints: [127.0.0.1:1, 127.0.0.1:2]
    readinessProbe:
      httpGet: {path: /}
      periodSeconds: 60
  db:
    port: 8001
    command: db
"""
    slow, unasked = warned(tmp_path, text, "readylb.yaml")
    assert slow[:2] == (7, "services.web.readinessProbe.periodSeconds")
    assert unasked[:2] == (8, "services.db")
    assert unasked[2].startswith("service/db sends it requests")


def test_what_readylb_hands_out_is_without_warnings() -> None:
    files = [path for path in EXAMPLES.glob("*/*.yaml") if path.name != "misplaced.yaml"]
    for path in [*files, ROOT / "config" / "readylb.yaml"]:
        images = dict.fromkeys(_images(path), ("true",))
        assert load([str(path)], images=images).warnings == (), path


def test_examples_as_a_whole_are_without_warnings_but_those_that_show_why() -> None:
    telling = set()
    for folder in sorted({path.parent for path in EXAMPLES.glob("*/*.yaml")}):
        variants = [path for path in folder.glob("*.yaml") if path.name.startswith("with")]
        shared = [path for path in folder.glob("*.yaml") if path.name != "misplaced.yaml"]
        for variant in variants or [None]:
            chosen = [path for path in shared if path not in variants or path == variant]
            images = {image: ("true",) for path in chosen for image in _images(path)}
            if load([str(path) for path in chosen], images=images).warnings:
                telling.add(folder.name)
    assert telling == TEACHING
    for name in TEACHING:
        assert "readinessProbe" in (EXAMPLES / name / "README.md").read_text()


def _images(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line.split()[-1] for line in lines if line.strip(" -").startswith("image:")]
