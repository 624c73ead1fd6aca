from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = f"{sys.executable} -m readylb"
MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: x, command: [sleep]}]}
"""


def _shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("arguments", ["--version", "--help", "check -f {manifest}"])
def test_a_full_disk_is_said_in_one_line(arguments: str, tmp_path: Path) -> None:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(MANIFEST)
    done = _shell(f"{COMMAND} {arguments.format(manifest=manifest)} > /dev/full")
    assert done.stderr == (
        "readylb: cannot write the answer: No space left on device (see where the output goes)\n"
    )
    assert done.returncode == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_nobody_listening(closed: str) -> None:
    assert _shell(f"{COMMAND} --version {closed}").returncode == 0
    assert _shell(f"{COMMAND} fly {closed}").returncode == 2


def test_no_descriptor_below_three_is_free_for_a_socket() -> None:
    code = "import os; from readylb.cli.output import open_missing; open_missing(); os._exit(os.dup(2) > 2)"
    assert _shell(f"{sys.executable} -c '{code}' <&- >&- 2>&-").returncode == 1
