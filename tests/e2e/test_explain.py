"""`readylb explain` says why, from what the probers know."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tests.e2e.harness import Readylb, burst
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas
from tests.e2e.servers import serving


def test_explain_tells_what_took_a_pod_out(tmp_path: Path) -> None:
    with serve_web(tmp_path, free_port(), replicas=1) as lb:
        (pod,) = lb.wait_ready(1)
        lines = lb.run("explain", pod.name).stdout.splitlines()
        assert lines[0].startswith(f"pod/{pod.name} is in: Ready for ")
        assert lines[0].endswith("gets traffic of service/web")
        assert lines[3].startswith("last output:  ")
        (tmp_path / f"{pod.name}.unready").touch()
        lb.wait_out(pod.name)
        lines = lb.run("explain", f"pod/{pod.name}").stdout.splitlines()
        assert len(lines) == 5
        assert lines[0].startswith(f"pod/{pod.name} is out: not Ready for ")
        assert "decided by:   readiness probe of container web: " in lines[2]
        assert lines[3].startswith("last output:  HTTP probe failed with statuscode: 500 (")
        assert lines[4].startswith("next:         readiness probe of container web in ")
        (probe,) = json.loads(lb.run("explain", pod.name, "-o", "json").stdout)["probes"]
        assert probe["streak"] >= probe["threshold"] == 3
        assert 0 <= probe["nextInSeconds"] <= 1


def test_explain_tells_what_traffic_holds_against_an_endpoint(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "readylb.yaml"

    def breaks_off(client: socket.socket) -> None:
        client.recv(1000)

    with serving(breaks_off) as broken, OwnReplicas(1) as own:
        config.write_text(f"""\
services:
  web:
    port: {port}
    endpoints: ["{broken}", "{own.all[0].address}"]
    readinessProbe: {{tcpSocket: {{}}, periodSeconds: 10}}
    probePeriodMilliseconds: 250
    limits: {{eject-failures: 2, eject-seconds: 300}}
""")
        with Readylb(tmp_path, "-f", str(config)) as lb:
            lb.wait_ready(2)
            assert set(burst(port, 10)) == {own.all[0].name}, "another one has what the broken one has not"
            lines = lb.run("explain", "web-0").stdout.splitlines()
            assert lines[0].startswith("pod/web-0 is out: Ready, but left out by traffic for ")
            assert lines[2].startswith(
                f"decided by:   traffic of service/web:{port}: several requests in a row failed, "
            )
            told = json.loads(lb.run("explain", "web-0", "-o", "json").stdout)
            (signal,), (probe,) = told["passiveSignals"], told["probes"]
            assert 200 < signal["backInSeconds"] < 300
            assert probe["nextInSeconds"] <= 0.25, "asked more often than a cluster would"
            assert "gets traffic of service/web" in lb.run("explain", "web-1").stdout
