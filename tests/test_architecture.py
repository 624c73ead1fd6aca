"""What the import contracts in pyproject.toml cannot see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "proxy" / "readylb"
MODULES = sorted(ROOT.rglob("*.py"))

#: What a worker process must not load: each costs memory and start-up time per worker.
HEAVY = ("aiohttp", "yaml", "prometheus_client", "rich")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT.parent))


def test_every_module_begins_with_its_rules() -> None:
    assert [name(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_no_room_is_empty() -> None:
    rooms = [path.parent for path in ROOT.rglob("__init__.py")]
    assert [name(room) for room in rooms if not _modules_in(room)] == []


def test_every_folder_with_modules_is_a_package() -> None:
    folders = sorted({path.parent for path in MODULES})
    assert [name(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_has_something_to_say() -> None:
    silent = (ast.Expr, ast.Import, ast.ImportFrom)
    assert [
        name(path)
        for path in MODULES
        if path.name != "__init__.py"
        and all(isinstance(item, silent) for item in ast.parse(path.read_text()).body)
    ] == []


def test_what_other_programs_call_pods_endpoints_and_policies_is_not_said() -> None:
    foreign = re.compile(r"\b(instances?|leastconn)\b", re.IGNORECASE)
    said = {name(path): found for path in MODULES if (found := foreign.findall(path.read_text()))}
    assert said == {}, "ARCHITECTURE.md lists our words"


def _modules_in(room: Path) -> list[Path]:
    return [path for path in sorted(room.rglob("*.py")) if path.name != "__init__.py"]


def loaded_by_room(room: str) -> set[str]:
    """Return what loading every module of a room loads."""
    return loaded_by(
        *(".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in _modules_in(ROOT / room))
    )


def loaded_by(*modules: str) -> set[str]:
    """Import modules in a fresh interpreter and return the top-level names that were loaded."""
    script = (
        "import importlib, sys\n"
        f"for name in {list(modules)!r}: importlib.import_module(name)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(ROOT.parent), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    return {module.partition(".")[0] for module in done.stdout.split()}


@pytest.mark.parametrize("room", ["data", "wire"])
def test_workers_are_lean(room) -> None:
    assert loaded_by_room(room).isdisjoint(HEAVY)


def test_a_worker_process_is_lean() -> None:
    loaded = loaded_by("readylb.app.worker")
    assert "uvloop" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("room", ["core", "model"])
def test_pure_rooms_load_no_event_loop(room) -> None:
    assert loaded_by_room(room).isdisjoint({"asyncio", "msgspec", *HEAVY})
