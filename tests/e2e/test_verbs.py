"""Every client verb against a running server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml
from tests.e2e.client import fetch
from tests.e2e.harness import COMMAND, Readylb
from tests.e2e.manifests import serve_web
from tests.e2e.ports import free_port
from tests.e2e.waiting import wait_for

# One server for all of them, so one worker runs them all.
pytestmark = pytest.mark.xdist_group("verbs")


@pytest.fixture(scope="module")
def lb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readylb]:
    folder = tmp_path_factory.mktemp("verbs")
    with serve_web(folder, free_port()) as server:
        server.wait_ready(2)
        yield server


@pytest.mark.parametrize(
    ("words", "header"),
    [
        ("pods", "NAME READY STATUS RESTARTS AGE"),
        ("pods -o wide", "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES"),
        ("services", "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE"),
        ("svc -o wide", "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR"),
        ("endpoints", "NAME ENDPOINTS AGE"),
        ("endpointslices", "NAME ADDRESSTYPE PORTS ENDPOINTS AGE"),
        ("deployments", "NAME READY UP-TO-DATE AVAILABLE AGE"),
        ("rs", "NAME DESIRED CURRENT READY AGE"),
        ("events", "LAST SEEN TYPE REASON OBJECT MESSAGE"),
    ],
)
def test_get_prints_kubectls_columns(lb: Readylb, words: str, header: str) -> None:
    lines = lb.run("get", *words.split()).stdout.splitlines()
    assert lines[0].split() == header.split()
    assert len(lines) > 1
    assert len({line.rstrip() == line for line in lines}) == 1, "nothing but text, no trailing blanks"


def test_get_of_nothing_says_so(lb: Readylb) -> None:
    done = lb.run("get", "rc")
    assert done.stdout == ""
    assert done.stderr == "No resources found in default namespace.\n"


def test_get_of_an_unknown_name_is_not_found(lb: Readylb) -> None:
    done = lb.run("get", "pods", "nobody", code=1)
    assert 'pods "nobody" not found' in done.stderr


def test_get_prints_json_yaml_and_names(lb: Readylb) -> None:
    names = [pod.name for pod in lb.pods()]
    listing = json.loads(lb.run("get", "pods", "-o", "json").stdout)
    assert sorted(item["metadata"]["name"] for item in listing["items"]) == names
    assert {(item["apiVersion"], item["kind"]) for item in listing["items"]} == {("v1", "Pod")}
    one = yaml.safe_load(lb.run("get", "pod", names[0], "-o", "yaml").stdout)
    assert one["metadata"]["name"] == names[0]
    assert one["status"]["phase"] == "Running"
    assert sorted(lb.run("get", "pods", "-o", "name").stdout.split()) == [f"pod/{name}" for name in names]


def test_get_selects_by_label(lb: Readylb) -> None:
    assert len(lb.run("get", "pods", "-l", "app=web", "-o", "name").stdout.split()) == 2
    assert lb.run("get", "pods", "-l", "app=other", "-o", "name").stdout == ""


def test_describe_tells_about_pods_and_services(lb: Readylb) -> None:
    name = lb.pods()[0].name
    pod = lb.run("describe", "pod", name).stdout
    assert re.search(rf"^Name: +{name}$", pod, re.MULTILINE)
    assert re.search(r"Readiness: +http-get http://:8080/readyz delay=0s timeout=1s period=1s", pod)
    assert "Started" in pod
    service = lb.run("describe", "service", "web").stdout
    assert re.search(r"^Type: +LoadBalancer$", service, re.MULTILINE)
    assert re.search(r"^Endpoints: +127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$", service, re.MULTILINE), service


def test_logs_show_what_a_container_printed(lb: Readylb) -> None:
    name = lb.pods()[0].name
    assert lb.run("logs", name).stdout == f"{name} listens\n"
    assert "previous terminated container" in lb.run("logs", name, "--previous", code=1).stderr


def test_exec_passes_output_environment_and_exit_code(lb: Readylb) -> None:
    name = lb.pods()[0].name
    done = lb.run("exec", name, "--", "sh", "-c", 'echo "$POD_NAME"; echo oops >&2; exit 7', code=7)
    assert done.stdout == f"{name}\n"
    assert "oops\n" in done.stderr


def test_events_are_listed_with_their_objects(lb: Readylb) -> None:
    name = lb.pods()[0].name
    text = lb.run("events").stdout
    assert text.splitlines()[0].split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert re.search(rf"Normal +Started +Pod/{name} +Container started", text), text


def test_a_deleted_pod_is_replaced_and_a_watch_sees_it(lb: Readylb) -> None:
    names = {pod.name for pod in lb.pods()}
    victim = min(names)
    watched = lb.folder / "watched.txt"
    with watched.open("wb") as output:
        watch = subprocess.Popen(
            [*COMMAND, "get", "pods", "-w"], env=lb.environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for("the watch prints", lambda: victim in watched.read_text())
        done = lb.run("delete", "pod", victim)
        assert re.search(rf'pod "{victim}" deleted', done.stdout)
        pods = lb.wait_ready(2)
        (new,) = {pod.name for pod in pods} - names
        wait_for(
            "the watch shows both",
            lambda: "Terminating" in watched.read_text() and new in watched.read_text(),
        )
    finally:
        watch.terminate()
        watch.wait()
    assert victim not in {pod.name for pod in lb.pods()}


def test_health_needs_no_token_and_everything_else_does(lb: Readylb) -> None:
    assert fetch(lb.admin_port, "/livez").status == 200
    assert fetch(lb.admin_port, "/readyz").status == 200
    assert fetch(lb.admin_port, "/api/v1/pods").status == 401
    assert fetch(lb.admin_port, "/api/v1/pods", headers={"Authorization": "Bearer nonsense"}).status == 401
    files = [path for path in (lb.folder / "run" / "readylb").iterdir() if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600]


def test_the_command_says_its_version(lb: Readylb) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "readylb", "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"readylb \d+\.\d+\.\d+\n", done.stdout)
