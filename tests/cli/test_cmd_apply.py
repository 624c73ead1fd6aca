from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.admin.live import Live
from tests.admin.workloads import WEB

from readylb.cli.main import main
from readylb.model import Deployment, Service
from readylb.model.meta import LAST_APPLIED_ANNOTATION

Output = pytest.CaptureFixture[str]
SERVICE = b"""
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_bytes(WEB + b"---\n" + SERVICE)
    return path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def stored(live: Live, namespace: str = "default") -> Deployment:
    return live.call(lambda: live.world.store.get(Deployment, namespace, "web"))


def test_what_is_new_is_created_and_what_is_there_stays(live: Live, file: Path, capsys: Output) -> None:
    assert main(["apply", "-f", str(file)]) == 0
    assert main(["apply", "-f", str(file)]) == 0
    change(file, "replicas: 3", "replicas: 2")
    assert main(["apply", "-f", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "deployment.apps/web created",
        "service/web created",
        "deployment.apps/web unchanged",
        "service/web unchanged",
        "deployment.apps/web configured",
        "service/web unchanged",
    ]
    assert stored(live).spec.replicas == 2
    assert LAST_APPLIED_ANNOTATION in stored(live).metadata.annotations


def test_what_was_scaled_stays_where_the_file_names_no_number(live: Live, file: Path) -> None:
    change(file, "  replicas: 3\n", "")
    assert main(["apply", "-f", str(file)]) == 0
    assert main(["scale", "deployment/web", "--replicas=5"]) == 0
    change(file, 'value: "1"', 'value: "2"')
    assert main(["apply", "-f", str(file)]) == 0
    assert stored(live).spec.replicas == 5
    assert stored(live).spec.template.spec.containers[0].env[0].value == "2"


def test_what_is_refused_leaves_everything_as_it_was(live: Live, file: Path, capsys: Output) -> None:
    change(file, "        command: [python3, server.py]\n", "")
    assert main(["apply", "-f", str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    first, last = printed.err.splitlines()
    assert first.startswith('readylb: cannot apply deployment web: Deployment.apps "web" is invalid: ')
    assert 'cannot run image "web:1"' in first
    assert last == "readylb: nothing was applied"
    assert live.call(lambda: live.world.store.find(Service, "default", "web")) is None


def test_a_file_that_is_wrong_is_said_with_its_line(live: Live, file: Path, capsys: Output) -> None:
    change(file, "replicas: 3", "replicas: many")
    assert main(["apply", "-f", str(file)]) == 2
    assert f"{file}:6: spec.replicas: cannot unmarshal" in capsys.readouterr().err
    assert live.call(lambda: live.world.store.find(Deployment, "default", "web")) is None


def test_a_dry_run_says_what_would_be_done(live: Live, file: Path, capsys: Output) -> None:
    assert main(["apply", "-f", str(file), "--dry-run"]) == 0
    assert live.call(lambda: live.world.store.find(Deployment, "default", "web")) is None
    assert main(["apply", "-f", str(file)]) == 0
    change(file, "replicas: 3", "replicas: 2")
    assert main(["apply", "-f", str(file), "--dry-run=server"]) == 0
    assert stored(live).spec.replicas == 3
    assert capsys.readouterr().out.splitlines()[::4] == [
        "deployment.apps/web created (server dry run)",
        "deployment.apps/web configured (server dry run)",
    ]


def test_a_namespace_is_for_what_names_none(live: Live, file: Path, capsys: Output) -> None:
    assert main(["apply", "-f", str(file), "-n", "other"]) == 0
    assert stored(live, "other").spec.replicas == 3
    change(file, "{name: web, labels", "{name: web, namespace: third, labels")
    assert main(["apply", "-f", str(file), "-n", "other"]) == 2
    assert 'the namespace "third" is not the one that was asked for (-n other)' in capsys.readouterr().err


def test_standard_input_and_a_readylb_yaml_are_taken(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(SERVICE)))
    assert main(["apply", "-f", "-"]) == 0
    native = tmp_path / "readylb.yaml"
    native.write_text("images: {a: b}\nservices:\n  app: {port: 81, command: run it, replicas: 2}\n")
    assert main(["apply", "-f", str(native)]) == 0
    change(native, "replicas: 2", "replicas: 3")
    assert main(["apply", "-f", str(native)]) == 0
    printed = capsys.readouterr()
    assert "deployment.apps/app configured\n" in printed.out
    assert "images and accessLog of a readylb.yaml are settings of `readylb up`" in printed.err


def test_what_files_describe_is_deleted(live: Live, file: Path, capsys: Output) -> None:
    assert main(["apply", "-f", str(file), "-n", "other"]) == 0
    assert main(["delete", "-f", str(file), "-n", "other"]) == 0
    assert main(["delete", "-f", str(file), "-n", "other"]) == 1
    assert main(["delete", "-f", str(file), "pod/x"]) == 2
    printed = capsys.readouterr()
    assert printed.out.splitlines()[2:] == ['deployment.apps "web" deleted', 'service "web" deleted']
    assert 'cannot delete service web: services "web" not found' in printed.err
    assert live.call(lambda: live.world.store.find(Deployment, "other", "web")) is None
