"""SIGHUP reads the files again: what they say is done, and a file that is wrong changes nothing."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.e2e.harness import burst
from tests.e2e.manifests import serve_web, web
from tests.e2e.ports import free_port


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
