"""The readiness story, told and checked: a replica stops being ready, is skipped, and comes back.

Starts `readylb up` on this folder's manifests, does what the tutorial does by hand, and checks that
each step has the effect it should have. On a terminal it then keeps serving until Ctrl-C; elsewhere it
ends. Exit code 0: everything held; 1: something did not, and it says what.
"""

import collections
import contextlib
import errno
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from rich.console import Console

FOLDER = Path(os.path.relpath(Path(__file__).resolve().parent))
PYTHON = sys.executable.removeprefix(f"{Path.cwd()}/")
IMAGE = "gcr.io/terrycho-sandbox/readiness:v1"
FAILURE = "Readiness probe failed: HTTP probe failed with statuscode: 500"
BURST = 20
START_TRIES = 5
START_SECONDS = 30  # delay 5 s and period 5 s make it Ready within 10
EXCLUDE_SECONDS = 25  # 3 failures, 5 s apart, come within 15
RETURN_SECONDS = 15  # 1 success, at most 5 s away
STOP_SECONDS = 10
PAUSE_SECONDS = 0.5

console = Console(highlight=False, soft_wrap=True)


class StepFailedError(Exception):
    """A step of the story did not have the effect it should have."""


def fail(reason):
    raise StepFailedError(reason)


class Balancer:
    """`readylb up` as a child process, and the other verbs as a user types them."""

    def __init__(self, folder):
        self.output = Path(folder, "output")
        self.readylb = [sys.executable, "-m", "readylb"]
        self.process = None

    def choose_ports(self):
        """Choose the ports and write the command that uses them."""
        port, self.admin = choose_port(), f"127.0.0.1:{free_port()}"
        self.url = "http://127.0.0.1/" if port == 80 else f"http://127.0.0.1:{port}/"
        app = shlex.join([PYTHON, str(FOLDER / "app.py")])
        files = (str(FOLDER / "readiness-rc.yaml"), str(FOLDER / "readiness-svc.yaml"))
        self.command = [
            "up",
            "-f",
            files[0],
            "-f",
            files[1],
            "--image",
            f"{IMAGE}={app}",
            "--admin",
            self.admin,
        ]
        if port != 80:
            self.command += ["--publish", f"readiness-svc:80={port}"]

    def start(self):
        # A process group of its own: Ctrl-C reaches this script, and this script stops the child in order.
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*self.readylb, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def stop(self):
        if self.process is None:
            return
        with contextlib.suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait(STOP_SECONDS)
        self.process.kill()
        self.process.wait()

    def run(self, *words, check=True):
        """Run a verb and return what it printed."""
        done = subprocess.run(
            [*self.readylb, *words],
            env={**os.environ, "READYLB_ADMIN": self.admin},
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            fail(f"readylb {' '.join(words)}: exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def show(self, *words):
        """Run a verb in front of the reader and return what it printed."""
        say_command("readylb", shlex.join(words))
        text = self.run(*words)
        if text:
            console.print(text.rstrip(), markup=False)
        return text

    def readiness(self):
        """Return {pod name: (Ready, restarts)}; empty while the balancer cannot tell yet."""
        self.check_alive()
        try:
            pods = json.loads(self.run("get", "pods", "-o", "json", check=False))["items"]
        except (ValueError, KeyError):
            return {}
        found = {}
        for pod in pods:
            containers = pod.get("status", {}).get("containerStatuses", [])
            ready = bool(containers) and all(container["ready"] for container in containers)
            restarts = sum(container["restartCount"] for container in containers)
            found[pod["metadata"]["name"]] = (ready, restarts)
        return found

    def began(self):
        """Return "listening", "taken" when a port was taken before it could be used, or None: not yet."""
        if self.process.poll() is not None and "cannot listen" in self.output.read_text(errors="replace"):
            return "taken"
        self.check_alive()
        try:
            with urllib.request.urlopen(f"http://{self.admin}/readyz", timeout=5):
                return "listening"
        except OSError:
            return None

    def check_alive(self):
        if self.process.poll() is not None:
            fail(f"readylb up has ended with exit code {self.process.returncode}")


def say(text):
    console.print(f"\n[bold cyan]{text}[/]")


def say_command(*words):
    console.print(f"$ {' '.join(words)}", style="dim", markup=False)


def held(text):
    console.print(f"[green]✓ {text}[/]")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def choose_port():
    """Return 80 if it may be bound, else 8000 or the next free port, with a word why."""
    port = 80
    while (reason := why_not(port)) is not None:
        console.print(f"Port {port}: {reason}.", style="yellow")
        port = max(8000, port + 1)
        if port == 8100:
            fail("no free port among 80 and 8000 to 8099")
    return port


def why_not(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except PermissionError:
            return "only root may listen there; taking one from 8000"
        except OSError as fault:
            taken = fault.errno == errno.EADDRINUSE
            return (
                "another program listens there; taking the next"
                if taken
                else f"{fault.strerror}; taking the next"
            )
    return None


def wait_for(what, condition, seconds):
    """Ask `condition` until it answers something true, and return that."""
    deadline = time.monotonic() + seconds
    with console.status(f"waiting until {what} (at most {seconds} s)"):
        while True:
            answer = condition()
            if answer:
                return answer
            if time.monotonic() > deadline:
                fail(f"waited {seconds} s in vain until {what}")
            time.sleep(PAUSE_SECONDS)


def fetch(url):
    """Return the text of one answer, as curl gets it; refuse any status but 200."""
    if shutil.which("curl"):
        words = ["curl", "--silent", "--show-error", "--fail", "--max-time", "5", url]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(f"curl {url}: {done.stderr.strip()}")
        return done.stdout
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.URLError as fault:
        fail(f"GET {url}: {fault}")


def burst(url):
    """Ask many times and return {replica: answers}."""
    say_command(f"for i in $(seq {BURST}); do curl {url}; done")
    replicas = collections.Counter()
    for _ in range(BURST):
        text = fetch(url)
        match = re.search(r"Hello World! I'm  (\S+)", text)
        if match is None:
            fail(f"not an answer of the app: {text!r}")
        replicas[match[1]] += 1
    for replica, count in sorted(replicas.items()):
        console.print(f"  {count:3} x Hello World! I'm  {replica}", markup=False)
    return replicas


def expect(holds, claim):
    if not holds:
        fail(f"expected: {claim}")
    held(claim)


def begin(balancer, interrupts):
    """Start it; ports may be taken between the choice and the start."""
    for _ in range(START_TRIES):
        balancer.choose_ports()
        say_command("readylb", shlex.join(balancer.command))
        with interrupts:
            balancer.start()
        if wait_for("the balancer listens", balancer.began, START_SECONDS) == "listening":
            return
        console.print("Another program took a port meanwhile; choosing again.", style="yellow")
    fail("each port was taken before it could be used")


def tell(balancer, interrupts):
    say("1. Two replicas and a Service in front of them")
    begin(balancer, interrupts)
    url = balancer.url

    def all_ready():
        pods = balancer.readiness()
        return sorted(pods) if len(pods) == 2 and all(ready for ready, _ in pods.values()) else None

    chosen, other = wait_for("both pods are Ready", all_ready, START_SECONDS)
    balancer.show("get", "pods")
    expect(set(burst(url)) == {chosen, other}, "both replicas answer")

    say(f"2. {chosen} stops being ready: its file is removed")
    act(balancer, chosen, "rm")

    def excluded():
        pods = balancer.readiness()
        return pods if chosen in pods and not pods[chosen][0] else None

    pods = wait_for(f"{chosen} has failed three probes", excluded, EXCLUDE_SECONDS)
    expect(pods[chosen] == (False, 0), f"{chosen} is 0/1 and was not restarted")
    expect(pods[other] == (True, 0), f"{other} is 1/1")
    balancer.show("get", "pods")
    say_command("readylb", "describe", "pod", chosen)
    lines = balancer.run("describe", "pod", chosen).splitlines()
    evidence = [line for line in lines if FAILURE in line]
    console.print("\n".join(evidence), markup=False)
    expect(evidence, "its description says why")
    expect(set(burst(url)) == {other}, f"only {other} answers, and no request failed")

    say("3. The file is put back")
    act(balancer, chosen, "touch")
    wait_for(f"{chosen} has passed a probe", all_ready, RETURN_SECONDS)
    balancer.show("get", "pods")
    expect(set(burst(url)) == {chosen, other}, "both replicas answer again")


def act(balancer, pod, verb):
    balancer.show("exec", pod, "--", "sh", "-c", f'{verb} "$TMPDIR/healthy"')


def serve_on(balancer):
    say(f"Still serving on {balancer.url} until Ctrl-C. Try, in another terminal:")
    for words in ("get pods -w", "describe service readiness-svc", "events"):
        command = f"READYLB_ADMIN={balancer.admin} {PYTHON} -m readylb {words}"
        console.print(f"  {command}", markup=False)
    while True:
        balancer.check_alive()
        time.sleep(0.5)


class Interrupts:
    """SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, but never between a child's start and its name."""

    def __init__(self):
        self.held = False
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.take)

    def take(self, _signal, _frame):
        self.came = True
        if not self.held:
            raise KeyboardInterrupt

    def __enter__(self):
        self.held = True

    def __exit__(self, *_):
        self.held = False
        if self.came:
            raise KeyboardInterrupt


def main():
    interrupts = Interrupts()
    with tempfile.TemporaryDirectory(prefix="readylb-demo-") as folder:
        balancer, told = Balancer(folder), False
        try:
            tell(balancer, interrupts)
            told = True
            say("Everything held.")
            if sys.stdout.isatty():
                serve_on(balancer)
        except StepFailedError as fault:
            console.print(f"\n✗ {fault}", style="bold red", markup=False)
            if balancer.output.exists():
                console.print("The end of readylb's own output:")
                tail = balancer.output.read_text(errors="replace").splitlines()[-20:]
                console.print("\n".join(tail), markup=False)
            return 1
        except KeyboardInterrupt:
            console.print("\nStopping ...")
            return 0 if told else 130
        finally:
            balancer.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
