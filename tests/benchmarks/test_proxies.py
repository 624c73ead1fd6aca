from __future__ import annotations

import shutil
import subprocess

import pytest
from benchmarks.proxies import LARGE_BYTES, PROXIES, endpoint_command


def test_readylb_is_measured_through_its_own_command(tmp_path) -> None:
    command = PROXIES["readylb"].command(tmp_path, 8000, 9000)
    assert command[1:4] == ["-m", "readylb", "up"]
    assert command[-2:] == ["--backend", "127.0.0.1:9000"]


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="nginx is not installed")
def test_nginx_accepts_both_of_its_configurations(tmp_path) -> None:
    commands = [endpoint_command(tmp_path, 9000), PROXIES["nginx"].command(tmp_path, 8000, 9000)]
    assert (tmp_path / "large").stat().st_size == LARGE_BYTES
    for command in commands:
        assert subprocess.run([*command, "-t", "-q"], check=False).returncode == 0


@pytest.mark.skipif(
    shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None, reason="haproxy is not installed"
)
def test_haproxy_accepts_its_configuration(tmp_path) -> None:
    command = PROXIES["haproxy"].command(tmp_path, 8000, 9000)
    done = subprocess.run([*command, "-c"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
