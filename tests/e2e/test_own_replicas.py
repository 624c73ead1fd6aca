"""Story S8: servers that run already, with one command in front of them."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.harness import Readylb, burst
from tests.e2e.load import Load
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas


def test_a_killed_server_costs_no_client_an_error_and_rejoins_after_its_first_passing_probe(
    tmp_path: Path,
) -> None:
    port = free_port()
    with OwnReplicas(3) as own:
        config = tmp_path / "readylb.yaml"
        config.write_text(f"""\
services:
  app:
    port: {port}
    endpoints: [{", ".join(f'"{replica.address}"' for replica in own.all)}]
    readinessProbe: {{httpGet: {{path: /readyz}}, periodSeconds: 1}}
""")
        with Readylb(tmp_path, "-f", str(config)) as lb:
            assert [pod.name for pod in lb.wait_ready(3)] == ["app-0", "app-1", "app-2"]
            victim = own.all[1]
            with Load(port) as load:
                lb.wait_for("all three answer", lambda: len(load.replicas) == 3)
                victim.kill()
                lb.wait_out("app-1")
                before = load.total
                lb.wait_for("load goes on without it", lambda: load.total > before + 100)
                seen = load.replicas[victim.name]
                restarted_after = len(victim.notes())
                victim.start()
                lb.wait_for("it answers again", lambda: load.replicas[victim.name] > seen)
            assert load.errors == [], load
            news = [note for note in victim.notes()[restarted_after:] if note.path != "/started"]
            assert (news[0].path, news[0].status) == ("/readyz", 200)
            assert lb.requests_to_unready(after=load.total) == 0


def test_a_failed_liveness_probe_runs_the_restart_hook_once(tmp_path: Path) -> None:
    port, record = free_port(), tmp_path / "restarted"
    with OwnReplicas(2) as own:
        config = tmp_path / "readylb.yaml"
        config.write_text(f"""\
services:
  web:
    port: {port}
    endpoints: [{", ".join(f'"{replica.address}"' for replica in own.all)}]
    readinessProbe: {{httpGet: {{path: /readyz}}, periodSeconds: 1}}
    livenessProbe: {{httpGet: {{path: /healthz}}, periodSeconds: 1, failureThreshold: 2}}
    restart:
      exec:
        command: [sh, -c, 'echo "$POD_NAME $(INDEX)" >> {record}; rm -f {own.folder}/own-1.sick']
""")
        with Readylb(tmp_path, "-f", str(config)) as lb:
            lb.wait_ready(2)
            own.folder.joinpath("own-1.sick").touch()
            lb.wait_for("the hook has run", record.exists)
            lb.wait_event("Killing", "failed liveness probe")
            lb.wait_for("it is Ready again", lambda: lb.pod("web-1").ready)
            assert set(burst(port)) == {"own-0", "own-1"}
            assert record.read_text() == "web-1 1\n"
            assert lb.pod("web-0").restarts == 0
