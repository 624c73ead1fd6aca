"""The admin API with the tool that people have."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.harness import Readylb
from tests.e2e.manifests import serve_web, web
from tests.e2e.ports import free_port

pytestmark = [
    pytest.mark.xdist_group("kubectl"),
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


@pytest.fixture(scope="module")
def lb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readylb]:
    folder = tmp_path_factory.mktemp("kubectl")
    with serve_web(folder, free_port()) as server:
        server.wait_ready(2)
        yield server


def kubectl(lb: Readylb, *words: str, code: int = 0) -> str:
    """Run kubectl as the README says; return what it prints, with its errors where it is to fail."""
    config = lb.folder / "readylb.kubeconfig"
    if not config.exists():
        config.write_text(lb.run("kubeconfig").stdout)
    done = subprocess.run(
        ["kubectl", "--kubeconfig", str(config), "--cache-dir", str(lb.folder / "cache"), *words],
        env=lb.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, f"kubectl {words}\n{done.stdout}{done.stderr}\n{lb.tail()}"
    return done.stdout + (done.stderr if code else "")


def same(text: str) -> list[list[str]]:
    """Return the words of a table without its ages."""
    return [
        [word for word in line.split() if not re.fullmatch(r"[\dms]+", word)] for line in text.splitlines()
    ]


@pytest.mark.parametrize("words", ["pods", "services", "deployments", "rs", "pods -o wide"])
def test_kubectl_prints_what_readylb_prints(lb: Readylb, words: str) -> None:
    theirs = kubectl(lb, "get", *words.split())
    assert len(theirs.splitlines()) > 1
    assert same(theirs) == same(lb.run("get", *words.split()).stdout)


def test_kubectl_describes_a_pod(lb: Readylb) -> None:
    name = lb.pods()[0].name
    text = kubectl(lb, "describe", "pod", name)
    assert re.search(rf"^Name: +{name}$", text, re.MULTILINE)
    assert "http-get http://:8080/readyz" in text
    assert re.search(r"Normal +Started ", text)


def test_kubectl_reads_logs_and_events(lb: Readylb) -> None:
    name = lb.pods()[0].name
    assert kubectl(lb, "logs", name) == f"{name} listens\n"
    assert "Container started" in kubectl(lb, "get", "events")


def test_kubectl_runs_commands_in_pods(lb: Readylb) -> None:
    name = lb.pods()[0].name
    assert kubectl(lb, "exec", name, "--", "sh", "-c", "echo $POD_NAME") == f"{name}\n"


def test_kubectl_drains_a_pod_by_an_annotation_and_waits_for_it(lb: Readylb) -> None:
    name = lb.pods()[0].name
    kubectl(lb, "annotate", "pod", name, "readylb.io/drained=true")
    kubectl(lb, "wait", "--for=condition=readylb.io/Drained", f"pod/{name}", "--timeout=20s")
    assert re.search(rf"^{name} +1/1 +Running,Drained ", kubectl(lb, "get", "pods"), re.MULTILINE)
    kubectl(lb, "annotate", "pod", name, "readylb.io/drained-")
    lb.wait_ready(2)


def test_kubectl_deletes_a_pod_and_waits_for_it(lb: Readylb) -> None:
    names = {pod.name for pod in lb.pods()}
    victim = max(names)
    assert f'pod "{victim}" deleted' in kubectl(lb, "delete", "pod", victim)
    assert victim not in {pod.name for pod in lb.pods()}
    lb.wait_ready(2)


OTHER = web(1).replace("web", "other").replace("port: 80,", "port: PORT,")


def test_kubectl_applies_replaces_and_deletes_files(lb: Readylb, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(OTHER.replace("PORT", str(free_port())))
    names = ("deployment.apps/other", "service/other")
    assert kubectl(lb, "apply", "-f", str(file)).splitlines() == [f"{name} created" for name in names]
    assert kubectl(lb, "apply", "-f", str(file)).splitlines() == [f"{name} unchanged" for name in names]
    assert lb.run("apply", "-f", str(file)).stdout.splitlines() == [f"{name} unchanged" for name in names]
    file.write_text(file.read_text().replace("replicas: 1", "replicas: 2"))
    assert "+  replicas: 2" in kubectl(lb, "diff", "-f", str(file), code=1)
    assert lb.run("apply", "-f", str(file)).stdout.splitlines()[0] == f"{names[0]} configured"
    assert kubectl(lb, "replace", "-f", str(file)).splitlines() == [f"{name} replaced" for name in names]
    lb.wait_ready(4)
    assert kubectl(lb, "delete", "-f", str(file)).splitlines() == [
        'deployment.apps "other" deleted',
        'service "other" deleted',
    ]
    lb.wait_ready(2)


def test_kubectl_runs_a_pod_and_is_told_what_cannot_be(lb: Readylb) -> None:
    assert kubectl(lb, "run", "lone", "--image=replica") == "pod/lone created\n"
    assert (
        kubectl(lb, "wait", "--for=condition=Ready", "pod/lone", "--timeout=30s")
        == "pod/lone condition met\n"
    )
    assert kubectl(lb, "label", "pod", "lone", "a=b") == "pod/lone labeled\n"
    gate = '{"status":{"conditions":[{"type":"example.com/a","status":"True"}]}}'
    assert kubectl(lb, "patch", "pod", "lone", "--subresource=status", "-p", gate) == "pod/lone patched\n"
    assert kubectl(lb, "delete", "pod", "lone") == 'pod "lone" deleted\n'
    said = kubectl(lb, "run", "lone", "--image=nobody/knows:1", code=1)
    assert 'cannot run image "nobody/knows:1": no local command is known for it' in said
