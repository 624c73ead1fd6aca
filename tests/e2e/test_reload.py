"""SIGHUP reads the files again: what they say is done, and a file that is wrong changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.harness import Readylb, burst
from tests.e2e.manifests import replica_command, serve_web, web
from tests.e2e.ports import free_port
from tests.e2e.waiting import wait_for


def test_a_changed_number_of_replicas_is_followed_both_ways(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, 1) as lb:
        (first,) = lb.wait_ready(1)
        tmp_path.joinpath("web.yaml").write_text(web(3))
        lb.process.send_signal(signal.SIGHUP)
        assert first.name in {pod.name for pod in lb.wait_ready(3)}
        assert set(burst(port)) == {pod.name for pod in lb.pods()}
        tmp_path.joinpath("web.yaml").write_text(web(1))
        lb.process.send_signal(signal.SIGHUP)
        (last,) = lb.wait_ready(1)
        assert set(burst(port)) == {last.name}


def test_a_file_that_is_wrong_is_said_and_changes_nothing(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, 1) as lb:
        (pod,) = lb.wait_ready(1)
        manifest = tmp_path / "web.yaml"
        manifest.write_text(web(1).replace("replicas: 1", "replicas: many"))
        lb.process.send_signal(signal.SIGHUP)
        lb.wait_for("it is said", lambda: f"{manifest}:5:" in lb.printed())
        assert set(burst(port)) == {pod.name}
        assert lb.process.poll() is None


def test_a_new_image_mapping_is_followed(tmp_path: Path) -> None:
    native, manifest = tmp_path / "readylb.yaml", tmp_path / "web.yaml"
    mapping = f"  replica: {replica_command(tmp_path)}\n"
    native.write_text(f"images:\n{mapping}")
    manifest.write_text(web(1))
    port = free_port()
    with Readylb(tmp_path, "-f", str(native), "-f", str(manifest), "--publish", f"web:80={port}") as lb:
        (before,) = lb.wait_ready(1)
        native.write_text(f"images:\n{mapping}{mapping.replace('replica', 'other', 1)}")
        manifest.write_text(web(1).replace("image: replica", "image: other"))
        lb.process.send_signal(signal.SIGHUP)
        lb.wait_for(
            "another replica is Ready", lambda: {pod.name for pod in lb.pods() if pod.ready} - {before.name}
        )


def test_what_is_published_and_no_longer_there_is_said(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, 1) as lb:
        lb.wait_ready(1)
        manifest = tmp_path / "web.yaml"
        manifest.write_text(web(1).replace("port: 80,", f"port: {free_port()},"))
        lb.process.send_signal(signal.SIGHUP)
        lb.wait_for(
            "it is said", lambda: "--publish web:80: there is no such Service port now" in lb.printed()
        )


def test_a_reload_while_it_starts_does_no_harm() -> None:
    command = [sys.executable, "-m", "readylb", "up", "-f", "-", "--admin", "off"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for("HUP is ignored", lambda: _ignores(process.pid, signal.SIGHUP))
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate("kind: Nothing", timeout=30)
    assert process.returncode == 2
    assert "stdin:1" in errors


def _ignores(pid: int, number: signal.Signals) -> bool:
    (mask,) = (
        line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "SigIgn" in line
    )
    return bool(int(mask, 16) >> (number - 1) & 1)
