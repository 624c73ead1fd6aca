"""What is wrong in a manifest or on the command line is said, with place and remedy, and nothing starts."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from tests.e2e.command import readylb
from tests.e2e.harness import EXAMPLES, Readylb, burst
from tests.e2e.manifests import replica_command, web
from tests.e2e.ports import free_port

MISPLACED = "examples/05-liveness-shell/misplaced.yaml"


def line_of(path: str, text: str) -> int:
    lines = (EXAMPLES.parent / path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("verb", ["up", "check"])
def test_probe_fields_beside_the_probe_are_refused_with_file_line_and_place(
    tmp_path: Path, verb: str
) -> None:
    done = readylb(tmp_path, verb, "-f", MISPLACED)
    assert done.returncode == 2
    for field in ("initialDelaySeconds", "periodSeconds"):
        (line,) = [line for line in done.stderr.splitlines() if field in line]
        assert f"{MISPLACED}:{line_of(MISPLACED, field)}:" in line
        assert "unknown field" in line
        assert "belongs inside livenessProbe" in line
    assert "Traceback" not in done.stderr


def test_strict_false_makes_them_warnings(tmp_path: Path) -> None:
    with Readylb(tmp_path, "-f", MISPLACED, "--strict=false") as lb:
        lb.wait_for("the pod runs", lambda: any(pod.running for pod in lb.pods()))
        warnings = [line for line in lb.printed().splitlines() if "initialDelaySeconds" in line]
        assert len(warnings) == 1
        assert f"{MISPLACED}:{line_of(MISPLACED, 'initialDelaySeconds')}:" in warnings[0]


def test_an_image_without_a_command_says_how_to_map_it(tmp_path: Path) -> None:
    done = readylb(tmp_path, "up", "-f", "examples/02-liveness-exec/liveness-pod.yaml")
    assert done.returncode == 2
    assert "examples/02-liveness-exec/liveness-pod.yaml:" in done.stderr
    assert "--image 'gcr.io/terrycho-sandbox/liveness:v1=" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "bad.yaml"),
        ("kind: Pod\n\tname: x\n", "bad.yaml:2"),
        ("apiVersion: v1\nkind: Pod\nkind: Pod\n", "bad.yaml:3"),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\n", "Deployment"),
        ("", "bad.yaml"),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 70000}]}\n",
            "bad.yaml:4",
        ),
    ],
    ids=["aliases", "tab", "duplicate key", "kind", "empty", "port"],
)
def test_a_file_that_cannot_be_honoured_is_refused_without_a_traceback(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    done = readylb(tmp_path, "check", "-f", str(path))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_manifests_come_from_standard_input_too(tmp_path: Path) -> None:
    port = free_port()
    with Readylb(
        tmp_path,
        *("-f", "-", "--publish", f"web:80={port}", "--image", f"replica={replica_command(tmp_path)}"),
        stdin=web(1).encode(),
    ) as lb:
        (pod,) = lb.wait_ready(1)
        assert set(burst(port)) == {pod.name}


def test_a_port_that_is_taken_is_an_error_with_a_remedy_and_starts_no_pod(tmp_path: Path) -> None:
    manifest = tmp_path / "web.yaml"
    manifest.write_text(web(1))
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        done = readylb(
            tmp_path,
            *("up", "-f", str(manifest), "--image", f"replica={replica_command(tmp_path)}"),
            *("--publish", f"web:80={port}", "--admin", f"127.0.0.1:{free_port()}"),
        )
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("readylb: cannot")]
    assert f"127.0.0.1:{port}" in line
    assert "--publish web:80=" in line
    assert list(tmp_path.glob("*.notes")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("up",),
        ("up", "--port", "8000", "--replicas", "3"),
        ("up", "--backend", "nonsense", "--port", "8000"),
        ("up", "-f", "no/such/file.yaml"),
        ("up", "-f", "examples/09-quick-replicas", "--readiness", "http:/readyz"),
        ("up", "-f", "examples/01-readiness-rc/readiness-svc.yaml", "--publish", "other:80=8000"),
        ("get", "nonsense"),
        ("frobnicate",),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_code_2_and_one_sentence(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = readylb(tmp_path, *words)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "readylb" in done.stderr


def test_a_client_without_a_server_says_where_it_looked(tmp_path: Path) -> None:
    done = readylb(tmp_path, "get", "pods")
    assert done.returncode == 1
    assert done.stderr.startswith("readylb: cannot")
    assert "--admin" in done.stderr or "READYLB_ADMIN" in done.stderr


def test_a_hostile_file_is_refused_within_a_second_of_work(tmp_path: Path) -> None:
    levels = [f"l{i}: &l{i} [{','.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 12)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(["l0: &l0 [x, x]", *levels, "apiVersion: v1", "kind: Pod"]))
    started = time.monotonic()
    done = readylb(tmp_path, "check", "-f", str(path))
    assert done.returncode == 2
    assert time.monotonic() - started < 10, "a second, on a machine that has other things to do"
