from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.admin.live import TOKEN, Live, serve

from readylb.cli.main import main

Output = pytest.CaptureFixture[str]


def test_the_token_is_in_the_url_because_kubectl_sends_none_without_tls(live: Live, capfd: Output) -> None:
    assert main(["kubeconfig", "-n", "other"]) == 0
    document = yaml.safe_load(capfd.readouterr().out)
    assert document["clusters"][0]["cluster"]["server"] == f"http://{live.address}/token/{TOKEN}"
    assert document["contexts"][0]["context"]["namespace"] == "other"
    assert document["current-context"] == document["contexts"][0]["name"]


def test_a_unix_socket_is_nothing_for_kubectl(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: Output
) -> None:
    with serve(monkeypatch, tmp_path, f"unix:{tmp_path}/s"):
        assert main(["kubeconfig"]) == 1
    assert "kubectl needs a port" in capfd.readouterr().err


def test_nothing_is_printed_when_nobody_is_there(monkeypatch: pytest.MonkeyPatch, capfd: Output) -> None:
    monkeypatch.setenv("READYLB_ADMIN", "127.0.0.1:1")
    assert main(["kubeconfig"]) == 1
    assert capfd.readouterr().out == ""
