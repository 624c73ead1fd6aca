"""Endpoints that somebody else runs are restarted by their hooks: exec, webhook, docker, systemd, python."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.e2e.command import readylb
from tests.e2e.harness import Readylb, burst
from tests.e2e.manifests import REPLICA
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas

PROBES = """\
    readinessProbe: {httpGet: {path: /readyz}, periodSeconds: 1}
    livenessProbe: {httpGet: {path: /healthz}, periodSeconds: 1, failureThreshold: 2}
"""
SECRET = "correct-horse-battery-staple"


def config_file(folder: Path, port: int, own: OwnReplicas, restart: str) -> str:
    """Write a readylb.yaml for these replicas, with this hook."""
    addresses = ", ".join(replica.address for replica in own.all)
    path = folder / "readylb.yaml"
    service = f"  web:\n    port: {port}\n    endpoints: [{addresses}]\n{PROBES}    restart: {restart}\n"
    path.write_text(f"services:\n{service}")
    return str(path)


def test_a_hung_endpoint_is_restarted_and_one_whose_hook_fails_is_asked_on(tmp_path: Path) -> None:
    port = free_port()
    with OwnReplicas(3) as own:
        fine, hung, sick = own.all
        script = tmp_path / "restart.sh"
        script.write_text(f"""\
echo "$POD_NAME $INDEX $REASON $RESTART_COUNT: $MESSAGE" >> {tmp_path}/runs
[ "$INDEX" = 2 ] && {{ echo 'no such unit' >&2; exit 4; }}
kill -KILL {hung.process.pid}
setsid {sys.executable} {REPLICA} --folder {own.folder} --port {hung.port} \
  --name {hung.name} >/dev/null 2>&1 &
echo $! > {tmp_path}/pid
""")
        config = config_file(tmp_path, port, own, f"{{exec: {{command: [sh, {script}]}}}}")
        with Readylb(tmp_path, "-f", config) as lb, contextlib.ExitStack() as cleanup:
            lb.wait_ready(3)
            cleanup.callback(lambda: os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL))
            hung.process.send_signal(signal.SIGSTOP)
            lb.wait_event("RestartHookDone", f"Restart hook exec has run for {hung.address}")
            lb.wait_ready(3)
            # One after the other: a hook that failed is tried again after 10 s, which must not come into it.
            own.folder.joinpath(f"{sick.name}.sick").touch()
            lb.wait_event(
                "FailedRestartHook", f"Restart hook exec failed for {sick.address}: sh: exit status 4"
            )
            lb.wait_out("web-2")
            assert set(burst(port)) == {fine.name, hung.name}, "readiness passes, but nobody restarted it"
            own.folder.joinpath(f"{sick.name}.sick").unlink()
            lb.wait_ready(3)
            assert set(burst(port)) == {fine.name, hung.name, sick.name}
            runs = sorted((tmp_path / "runs").read_text().splitlines())
            assert len(runs) == 2, "it came back while the hook was held back, so it was not restarted"
            assert runs[0].startswith("web-1 1 LivenessProbeFailed 1: Get ")
            assert runs[1] == "web-2 2 LivenessProbeFailed 1: HTTP probe failed with statuscode: 500"
            assert [lb.pod(f"web-{index}").restarts for index in range(3)] == [0, 1, 1]


@contextlib.contextmanager
def receiver(answers: list[int], seen: list[tuple[dict[str, str], bytes]]) -> Iterator[int]:
    """Take webhooks on loopback, answer these statuses in turn, and keep heads and bodies; yield the port."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers[min(len(seen), len(answers)) - 1])
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_signed_sent_again_and_keeps_its_secret(tmp_path: Path) -> None:
    seen: list[tuple[dict[str, str], bytes]] = []
    with OwnReplicas(1) as own, receiver([503, 202], seen) as hook_port:
        (tmp_path / "hook.key").write_text(f"{SECRET}\n")
        hook = f"{{webhook: {{url: http://127.0.0.1:{hook_port}/restart, secretFile: {tmp_path}/hook.key}}}}"
        with Readylb(tmp_path, "-f", config_file(tmp_path, free_port(), own, hook)) as lb:
            lb.wait_ready(1)
            own.folder.joinpath("own-0.sick").touch()
            lb.wait_event("RestartHookDone", f"http://127.0.0.1:{hook_port} answered 202 (2 tries)")
            own.folder.joinpath("own-0.sick").unlink()
            lb.wait_ready(1)
            (first, body), (second, same) = seen
            assert (body, first["X-Readylb-Delivery"]) == (same, second["X-Readylb-Delivery"])
            digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            assert first["X-Readylb-Signature-256"] == f"sha256={digest}"
            told = json.loads(body)
            assert (told["podName"], told["endpoint"], told["index"]) == ("web-0", own.all[0].address, 0)
            assert (told["reason"], told["restartCount"]) == ("LivenessProbeFailed", 1)
            assert told["message"] == "HTTP probe failed with statuscode: 500"
            shown = [
                lb.run(*words.split()).stdout
                for words in ("get pods -o yaml", "describe pod web-0", "events")
            ]
            assert all("secretFile" in text or "RestartHookDone" in text for text in shown)
            assert SECRET not in "".join([*shown, lb.printed()])


def test_check_refuses_hooks_that_cannot_work_where_they_stand(tmp_path: Path) -> None:
    wrong = {
        "{webhok: {url: http://a/}}": '(did you mean "webhook"?)',
        "{webhook: {url: http://a/, secret: s3cret}}": "restart.webhook.secret: Forbidden: ",
        "{webhook: {url: http://a/, secretEnv: NOT_SET_HERE}}": "NOT_SET_HERE is not set",
        "{docker: {container: web, socket: docker.sock}}": "restart.docker.socket: Invalid value",
        "{python: {hook: 'no_such_module:x'}}": 'cannot import "no_such_module"',
    }
    path = tmp_path / "readylb.yaml"
    lines = [
        f"  s{index}: {{port: {index + 1}, endpoints: [a:1], restart: {hook}}}"
        for index, hook in enumerate(wrong)
    ]
    path.write_text("\n".join(["services:", *lines]))
    done = readylb(tmp_path, "check", "-f", str(path))
    assert done.returncode == 2
    for number, message in enumerate(wrong.values(), 2):
        assert [line for line in done.stderr.splitlines() if f"{path}:{number}: " in line and message in line]
    assert "s3cret" not in done.stderr
