"""What is published is what was tested: the wheel, in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.e2e.harness import ROOT


def test_the_wheel_installs_and_runs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "proxy", source / "proxy", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("readylb-*.whl")

    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    words = ["-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    # Its dependencies are taken from the environment of the tests: what is tested here is the wheel.
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    readylb = tmp_path / "venv" / "bin" / "readylb"
    assert run(tmp_path, readylb, "--version") == run(tmp_path, sys.executable, "-m", "readylb", "--version")
    where = run(tmp_path, python, "-c", "import readylb; print(readylb.__file__)")
    assert where.startswith(str(site))
    manifest = ROOT / "examples" / "05-liveness-shell" / "liveness2.yaml"
    run(tmp_path, readylb, "check", "-f", manifest)


def run(folder: Path, *words: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
