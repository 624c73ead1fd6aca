"""Stories S2 to S7 at once under `--isolation namespaces`: apps that know nothing of readylb, all on 8080.

The manifests are the examples', with shorter times, and other names and labels where two are the same.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from tests.e2e.client import fetch
from tests.e2e.harness import PYTHON, Readylb
from tests.e2e.manifests import changed
from tests.e2e.pod import Pod
from tests.e2e.ports import free_port
from tests.e2e.processes import lives
from tests.isolation import links_of, needs_isolation, network_of

APP = f"{PYTHON} {Path(__file__).resolve().parent / 'unmodified_app.py'}"
IMAGES = {
    "gcr.io/terrycho-sandbox/liveness:v1": APP,
    "stepanowon/nodeapp-liveness:1.0.0": f"{APP} --well 4",
    "stepanowon/nodeapp-readiness:1.0.0": f"{APP} --slow 10",
    "stepanowon/nodeapp-startup:1.0.0": f"{APP} --slow 6",
}
FIVE = {"initialDelaySeconds: 5": "initialDelaySeconds: 1", "periodSeconds: 5": "periodSeconds: 1"}
THREE = {"initialDelaySeconds: 3": "initialDelaySeconds: 1", "periodSeconds: 3": "periodSeconds: 1"}
TEN = {"periodSeconds: 10": "periodSeconds: 1", "failureThreshold: 10": "failureThreshold: 30"}
SLOW = {"app: nodeapp": "app: slow"}
STARTING = {"app: nodeapp": "app: starting"}
MANIFESTS = {
    "02-liveness-exec/liveness-pod.yaml": FIVE,
    "03-liveness-tcp/liveness-pod-tcp.yaml": FIVE,
    "04-liveness-http-header/nodeapp-liveness.yaml": THREE,
    "04-liveness-http-header/nodeapp-lb.yaml": {},
    "05-liveness-shell/liveness2.yaml": {**FIVE, "sleep 30": "sleep 1"},
    "06-readiness-slow/nodeapp-readiness.yaml": {**FIVE, **SLOW},
    "06-readiness-slow/nodeapp-lb.yaml": {"name: nodeapp-lb": "name: slow-lb", **SLOW},
    "07-startup/without-startup-probe.yaml": {**THREE, **STARTING},
}
PODS = 6


class Stories:
    """One readylb that runs all of them. `sick` and `slow` are the ports of the Services of S4 and S6."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sick, self.slow = free_port(), free_port()
        self.lb = Readylb(
            folder,
            *(word for name, changes in MANIFESTS.items() for word in ("-f", self.manifest(name, changes))),
            *(word for image in IMAGES.items() for word in ("--image", "=".join(image))),
            *("--publish", f"nodeapp-lb:80={self.sick}", "--publish", f"slow-lb:80={self.slow}"),
            *("--isolation", "namespaces"),
        )

    def manifest(self, example: str, changes: dict[str, str]) -> str:
        folder = self.folder / "manifests" / Path(example).parent
        folder.mkdir(parents=True, exist_ok=True)
        return changed(example, folder, changes)

    def pod(self, pattern: str) -> Pod:
        """Return the oldest pod of that name."""
        pods = [pod for pod in self.lb.pods() if re.fullmatch(pattern, pod.name)]
        return min(pods, key=lambda pod: pod.item["metadata"]["creationTimestamp"])

    def wait_restarted(self, pattern: str, count: int = 1) -> Pod:
        def restarted() -> Pod | None:
            pod = self.pod(pattern)
            return pod if pod.restarts >= count else None

        return self.lb.wait_for(f"{pattern} is restarted", restarted)

    def wait_event(self, pod: str, reason: str, part: str, count: int = 1) -> None:
        """Wait until that pod has such an event: two stories have the same messages."""

        def found() -> bool:
            events = [event for event in self.lb.events(reason) if event["involvedObject"]["name"] == pod]
            return any(part in event["message"] and event.get("count", 1) >= count for event in events)

        self.lb.wait_for(f"{pod} has an event {reason}: ...{part}... x{count}", found)

    def shows(self, pattern: str, *words: str) -> None:
        """Wait until what a command prints has such a line: it may have come too early or too late."""
        what = f"{' '.join(words)} shows {pattern}"
        self.lb.wait_for(what, lambda: re.search(pattern, self.lb.run(*words).stdout, re.MULTILINE))


def a_command_that_fails_restarts_its_own_pod_only(stories: Stories) -> None:
    """S2, and what one pod does in /tmp no other one sees."""
    lb = stories.lb
    inside = ("exec", "liveness-pod", "--")
    lb.wait_for("it has made its file", lambda: "healthy" in lb.run(*inside, "ls", "/tmp").stdout)
    lb.run(*inside, "rm", "/tmp/healthy")
    stories.wait_restarted("liveness-pod")
    failed = "Liveness probe failed: cat: /tmp/healthy: No such file or directory"
    stories.wait_event("liveness-pod", "Unhealthy", failed, 3)
    stories.shows(r"^liveness-pod +1/1 +Running +1 \(\S+ ago\) +\S+$", "get", "pods")
    described = lb.run("describe", "pod", "liveness-pod").stdout
    assert re.search(rf"Unhealthy +\S+ \(x3 over \S+\) +kubelet +{failed}\n", described), described
    assert "Container liveness failed liveness probe, will be restarted" in described


def a_port_that_nobody_listens_on_restarts_the_container(stories: Stories) -> None:
    """S3; the other pod with this image, and with a probe of the same file, has nothing to do with it."""
    lb = stories.lb
    inside = ("exec", "liveness-pod-tcp", "--")
    ask = (*inside, "curl", "-s", "http://localhost:8080/close")
    lb.wait_for("it hears it", lambda: "liveness-pod-tcp" in lb.run(*ask, code=None).stdout)
    address = stories.wait_restarted("liveness-pod-tcp").status["podIP"]
    failed = f"Liveness probe failed: dial tcp {address}:8080: connect: connection refused"
    stories.wait_event("liveness-pod-tcp", "Unhealthy", failed)
    assert lb.run(*inside, "ls", "/tmp/healthy").stdout == "/tmp/healthy\n"
    stories.shows(r"^liveness-pod-tcp +1/1 +Running +1 \(\S+ ago\) +\S+$", "get", "pods")


def a_header_that_the_app_minds_restarts_it_and_traffic_recovers(stories: Stories) -> None:
    """S4."""
    lb = stories.lb

    def asked() -> tuple[int, str]:
        answer = fetch(stories.sick, "/healthz", headers={"health": "check"})
        return answer.status, answer.text

    well = (200, '{"status":"ok","message":"server : available."}')
    sick = (500, '{"status":"fail","message":"server : not available"}')
    lb.wait_for("it is well", lambda: asked() == well)
    lb.wait_for(
        "it is sick for those with the header",
        lambda: asked() == sick and fetch(stories.sick, "/healthz").status == 200,
    )
    pod = stories.wait_restarted("nodeapp-liveness-.*")
    lb.wait_for("it is well again", lambda: asked() == well)
    lb.wait_for("it answers", lambda: fetch(stories.sick).text == f"Hello World! I'm  {pod.name} \n")
    failed = "Liveness probe failed: HTTP probe failed with statuscode: 500"
    stories.shows(rf"Unhealthy +\S+ \(x\d over \d+s\) +kubelet +{failed}$", "describe", "pod", pod.name)


def a_shell_that_never_gets_well_backs_off(stories: Stories) -> None:
    """S5: no image is mapped, its args run as they are."""
    pod = stories.wait_restarted("liveness2", 2)
    stories.shows(r"^liveness2 +0/1 +CrashLoopBackOff +[2-9] \(\S+ ago\) +\S+$", "get", "pods")
    uid = pod.item["metadata"]["uid"]
    back_off = f"Back-off restarting failed container liveness2 in pod liveness2_default({uid})"
    stories.wait_event("liveness2", "BackOff", back_off)
    failed = "Liveness probe failed: cat: /tmp/healthy: No such file or directory"
    stories.wait_event("liveness2", "Unhealthy", failed, 9)
    killed = "Container liveness2 failed liveness probe, will be restarted"
    stories.wait_event("liveness2", "Killing", killed, 3)
    stories.wait_event("liveness2", "Created", "Container created", 3)
    stories.wait_event("liveness2", "Started", "Container started", 3)


def a_slow_one_is_refused_at_once_until_it_is_ready(stories: Stories) -> None:
    """S6."""
    lb = stories.lb
    pod = stories.pod("nodeapp-readiness-.*")
    refused = fetch(stories.slow)
    assert refused.status == 503
    assert refused.headers["retry-after"]
    why = f"default/slow-lb: no Ready endpoint: 0 of 1 pods are Ready ({pod.name} is not ready)"
    assert refused.text.strip() == why
    everything = lb.run("get", "all").stdout
    for line in (
        rf"pod/{pod.name} +0/1 +Running +0 +\d+s",
        r"service/slow-lb +LoadBalancer +\S+ +\S+ +80:3\d{4}/TCP +\d+s",
        r"deployment.apps/nodeapp-readiness +0/1 +1 +0 +\d+s",
        rf"replicaset.apps/{pod.name.rpartition('-')[0]} +1 +1 +0 +\d+s",
    ):
        assert re.search(f"^{line}$", everything, re.MULTILINE), everything
    lb.wait_for("it is Ready", lambda: stories.pod("nodeapp-readiness-.*").ready)
    lb.wait_for("it answers", lambda: fetch(stories.slow).text == f"Hello World! I'm  {pod.name} \n")
    stories.shows(rf"^pod/{pod.name} +1/1 +Running +0 +\d+s$", "get", "all")
    stories.shows(r"^deployment.apps/nodeapp-readiness +1/1 +1 +1 +\d+s$", "get", "all")


def a_slow_starter_lives_with_a_startup_probe_only(stories: Stories) -> None:
    """S7: the second manifest is applied over the first, which rolls it out."""
    lb = stories.lb
    name = "nodeapp-startup-.*"
    old = stories.wait_restarted(name, 2).name
    stories.shows(rf"^{old} +\d/1 +\S+ +[2-9] \(\S+ ago\) +\S+$", "get", "pods")
    probed = stories.manifest("07-startup/with-startup-probe.yaml", {**THREE, **TEN, **STARTING})
    lb.run("apply", "-f", probed)
    lb.wait_for("the new one takes over", lambda: stories.pod(name).name != old)
    new = stories.pod(name)
    assert (new.ready, new.restarts) == (True, 0)
    failed = "Startup probe failed: HTTP probe failed with statuscode: 500"
    stories.wait_event(new.name, "Unhealthy", failed, 2)
    assert lb.run("exec", new.name, "--", "hostname").stdout == f"{new.name}\n"
    lb.run("exec", new.name, "--", "rm", "/tmp/healthy")
    assert stories.wait_restarted(name).name == new.name
    stories.wait_event(new.name, "Killing", "Container startup1 failed liveness probe, will be restarted")


STORIES = (
    a_slow_one_is_refused_at_once_until_it_is_ready,
    a_header_that_the_app_minds_restarts_it_and_traffic_recovers,
    a_command_that_fails_restarts_its_own_pod_only,
    a_port_that_nobody_listens_on_restarts_the_container,
    a_shell_that_never_gets_well_backs_off,
    a_slow_starter_lives_with_a_startup_probe_only,
)


@needs_isolation
def test_the_stories_happen_to_unmodified_apps_side_by_side(tmp_path: Path) -> None:
    stories = Stories(tmp_path)
    with stories.lb as lb:
        lb.wait_for("all run", lambda: len(pods := lb.pods()) == PODS and all(pod.running for pod in pods))
        assert len({pod.status["podIP"] for pod in lb.pods()}) == PODS
        with ThreadPoolExecutor(len(STORIES)) as pool:
            told = [pool.submit(story, stories) for story in STORIES]
        faults = [fault for story in told if isinstance(fault := story.exception(), Exception)]
        if faults:
            msg = "stories that went another way"
            raise ExceptionGroup(msg, faults)
        processes = psutil.Process(lb.process.pid).children(recursive=True)
        assert len({network_of(process.pid) for process in processes} - {network_of(os.getpid())}) == PODS
        assert len(links_of(lb.process.pid)) == PODS + 1, "a bridge and a wire each"
        assert lb.stop() == 0
        assert not links_of(lb.process.pid)
        assert not [process for process in processes if lives(process)]
        assert "nsfs" not in Path("/proc/self/mountinfo").read_text(), "a mount keeps a namespace"
