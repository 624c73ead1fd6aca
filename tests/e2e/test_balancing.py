"""Who gets the next request: policies, weights, affinity and source ranges, through the command."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import Readylb, burst
from tests.e2e.ports import free_port
from tests.e2e.replicas import OwnReplicas, release
from tests.e2e.servers import said

#: Each worker walks and counts for itself, so that exact numbers need one.
ONE = ("--workers", "0")
READY = "readinessProbe: {httpGet: {path: /readyz}, periodSeconds: 1, failureThreshold: 1}"


def configured(
    folder: Path, port: int, own: OwnReplicas, *lines: str, endpoints: str = "", args: tuple[str, ...] = ()
) -> Readylb:
    """Return the command for one Service `app` in front of `own`, not yet started."""
    listed = endpoints or ", ".join(f'"{replica.address}"' for replica in own.all)
    config = folder / "readylb.yaml"
    below = "\n".join(f"    {line}" for line in (*lines, READY))
    config.write_text(f"services:\n  app:\n    port: {port}\n    endpoints: [{listed}]\n{below}\n")
    return Readylb(folder, "-f", str(config), *args)


def test_round_robin_honours_weights(tmp_path: Path) -> None:
    port = free_port()
    with OwnReplicas(2) as own:
        heavy, light = own.all
        endpoints = f'{{address: "{heavy.address}", weight: 3}}, "{light.address}"'
        with configured(tmp_path, port, own, endpoints=endpoints, args=ONE) as lb:
            lb.wait_ready(2)
            assert burst(port, 16) == Counter({heavy.name: 12, light.name: 4})


def test_least_request_leaves_a_slow_replica_alone(tmp_path: Path) -> None:
    port = free_port()
    with OwnReplicas(2) as own, configured(tmp_path, port, own, "balancer: least_request", args=ONE) as lb:
        lb.wait_ready(2)
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(fetch, port, "/held")
            waiting = [own.folder / f"{replica.name}.waiting" for replica in own.all]
            lb.wait_for("one replica is busy", lambda: any(path.exists() for path in waiting))
            counted = burst(port, 10)
            release(own.folder)
            assert held.result().status == 200
        (busy,) = [path.stem for path in waiting if path.exists()]
        assert counted == Counter({name: 10 for name in ("own-0", "own-1") if name != busy})


def test_ring_hash_keeps_a_header_with_its_replica_until_that_is_not_ready(tmp_path: Path) -> None:
    port = free_port()
    users = [f"user-{number}" for number in range(12)]

    def ask(user: str) -> str:
        return fetch(port, headers={"X-User": user}).text.split()[-1]

    with (
        OwnReplicas(3) as own,
        configured(tmp_path, port, own, "balancer: ring_hash", "hashOn: header:X-User") as lb,
    ):
        lb.wait_ready(3)
        before = {user: ask(user) for user in users}
        assert {user: ask(user) for user in users} == before
        assert len(set(before.values())) > 1
        gone = before[users[0]]
        (own.folder / f"{gone}.unready").touch()
        index = gone.rpartition("-")[2]
        lb.wait_out(f"app-{index}")
        after = {user: ask(user) for user in users}
        assert gone not in after.values()
        assert {user for user in users if after[user] != before[user]} == {
            user for user in users if before[user] == gone
        }
        (own.folder / f"{gone}.unready").unlink()
        lb.wait_ready(3)
        lb.wait_for("all are where they were", lambda: {user: ask(user) for user in users} == before)


def test_a_client_stays_with_its_replica_and_moves_when_that_is_not_ready(tmp_path: Path) -> None:
    port = free_port()
    with OwnReplicas(3) as own, configured(tmp_path, port, own, "sessionAffinity: ClientIP") as lb:
        lb.wait_ready(3)
        ((first, count),) = burst(port, 15).items()
        assert count == 15
        (own.folder / f"{first}.unready").touch()
        lb.wait_out(f"app-{first.rpartition('-')[2]}")
        ((second, _),) = burst(port, 6).items()
        assert second != first
        assert lb.requests_to_unready(after=21) == 0


def test_clients_outside_the_source_ranges_are_closed_at_once(tmp_path: Path) -> None:
    inside, outside = free_port(), free_port()
    with OwnReplicas(1) as own:
        address = own.all[0].address
        config = tmp_path / "readylb.yaml"
        config.write_text(f"""\
services:
  inside: {{port: {inside}, endpoints: ["{address}"], sourceRanges: [127.0.0.0/8], {READY}}}
  outside: {{port: {outside}, endpoints: ["{address}"], sourceRanges: [192.0.2.0/24], {READY}}}
""")
        with Readylb(tmp_path, "-f", str(config)) as lb:
            lb.wait_ready(2)
            assert fetch(inside).status == 200
            request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            with suppress(ConnectionError):  # a reset is as good
                assert said(outside, request) == b""
            lb.wait_for("it is counted", lambda: "SourceNotAllowed" in metrics(lb))


def test_several_services_have_several_ports(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(4)]
    with OwnReplicas(2) as own:
        one, two = own.all
        manifest = tmp_path / "services.yaml"
        manifest.write_text(
            pod("one", one.port) + pod("two", two.port) + service("a", "one") + service("b", "two")
        )
        published = [
            word
            for (name, port), local in zip([("a", 80), ("a", 81), ("b", 80), ("b", 81)], ports, strict=True)
            for word in ("--publish", f"{name}:{port}={local}")
        ]
        with Readylb(tmp_path, "-f", str(manifest), *published) as lb:
            lb.wait_ready(2)
            assert [set(burst(port, 3)) for port in ports] == [{"own-0"}, {"own-0"}, {"own-1"}, {"own-1"}]


def metrics(lb: Readylb) -> str:
    headers = {"Authorization": f"Bearer {lb.token()}"}
    return fetch(lb.admin_port, "/metrics", headers=headers).text


def pod(name: str, port: int) -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  labels: {{app: {name}}}
  annotations: {{readylb.io/endpoint: "127.0.0.1:{port}"}}
spec:
  runtimeClassName: external
  containers:
  - name: app
    image: none
    ports: [{{containerPort: {port}, name: http}}]
    readinessProbe: {{httpGet: {{path: /readyz, port: http}}, periodSeconds: 1}}
---
"""


def service(name: str, app: str) -> str:
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  type: LoadBalancer
  selector: {{app: {app}}}
  ports: [{{name: one, port: 80, targetPort: http}}, {{name: two, port: 81, targetPort: http}}]
---
"""
