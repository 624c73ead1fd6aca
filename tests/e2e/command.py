"""The command where it ends by itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.e2e.harness import COMMAND, ROOT
from tests.e2e.ports import free_port


def readylb(folder: Path, *words: str, stdin: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in a world of its own; AssertionError if it does not end."""
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_STATE_HOME": str(folder),
        "READYLB_ADMIN": f"127.0.0.1:{free_port()}",
    }
    return subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
