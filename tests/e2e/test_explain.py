"""`readylb explain` says why, from what the probers know."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port


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
