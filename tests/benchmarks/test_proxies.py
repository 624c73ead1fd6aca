from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from benchmarks.peers import envoy
from benchmarks.peers.scene import Kind, Scene
from benchmarks.processes import BenchmarkError
from benchmarks.proxies import PROXIES, available

ENDPOINTS = (("127.0.0.1", 9000), ("127.1.0.0", 9000))


def scene(folder, kind: Kind = Kind.HTTP) -> Scene:
    return Scene(folder, 8000, ENDPOINTS if kind is Kind.POOL else ENDPOINTS[:1], kind, "python")


def missing(tool: str) -> bool:
    return shutil.which(tool, path="/usr/sbin:/usr/bin") is None


def test_readylb_is_measured_through_its_own_command(tmp_path) -> None:
    command = PROXIES["readylb"].command(scene(tmp_path, Kind.TCP))
    assert command[2:5] == ["-m", "readylb", "up"]
    assert "--workers" in command
    service = json.loads((tmp_path / "readylb.yaml").read_text())["services"]["app"]
    assert service["port"]["protocol"] == "tcp"
    assert service["endpoints"] == ["127.0.0.1:9000"]


@pytest.mark.parametrize("kind", list(Kind))
def test_readylb_accepts_its_configurations(tmp_path, kind: Kind) -> None:
    PROXIES["readylb"].command(scene(tmp_path, kind))
    check = [PROXIES["readylb"].python, "-m", "readylb", "check", "-f", str(tmp_path / "readylb.yaml")]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(missing("nginx"), reason="nginx is not installed")
def test_nginx_accepts_its_configuration(tmp_path) -> None:
    command = PROXIES["nginx"].command(scene(tmp_path))
    assert subprocess.run([*command, "-t", "-q"], check=False).returncode == 0


@pytest.mark.skipif(missing("haproxy"), reason="haproxy is not installed")
@pytest.mark.parametrize("kind", list(Kind))
def test_haproxy_accepts_its_configurations(tmp_path, kind: Kind) -> None:
    command = PROXIES["haproxy"].command(scene(tmp_path, kind))
    done = subprocess.run([*command, "-c"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", list(Kind))
def test_envoy_has_a_listener_and_every_endpoint(tmp_path, monkeypatch, kind: Kind) -> None:
    monkeypatch.setattr(envoy, "binary", lambda: "envoy")
    wanted = scene(tmp_path, kind)
    PROXIES["envoy"].command(wanted)
    static = json.loads((tmp_path / "envoy.json").read_text())["static_resources"]
    (cluster,) = static["clusters"]
    assert len(static["listeners"]) == 1
    assert len(cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]) == len(wanted.endpoints)
    assert ("health_checks" in cluster) == (kind is Kind.POOL)


def test_what_is_not_installed_is_left_out_with_a_word(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    found, left_out = available(None)
    assert "readylb" in [proxy.name for proxy in found]
    assert any("haproxy is missing (apt-get install haproxy)" in line for line in left_out)


def test_what_was_named_must_be_there(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(BenchmarkError, match="haproxy is missing"):
        available(["haproxy"])
