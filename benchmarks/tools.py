"""The C programs beside the proxies: compiled for a run, into the run's own folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.processes import BenchmarkError

_SOURCES = Path(__file__).resolve().parent


def compiled(name: str, folder: Path) -> str:
    """Compile NAME.c once in `folder`; return the program's path. BenchmarkError without a compiler."""
    program = folder / name
    if program.exists():
        return str(program)
    compiler = shutil.which("cc")
    if compiler is None:
        msg = f"cannot benchmark: a C compiler is needed for {name}.c (apt-get install gcc libc6-dev)"
        raise BenchmarkError(msg)
    command = [compiler, "-O2", "-o", str(program), str(_SOURCES / f"{name}.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"cannot benchmark: {name}.c does not compile:\n{done.stderr}"
        raise BenchmarkError(msg)
    return str(program)
