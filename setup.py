"""Compiles the hot modules with mypyc when READYLB_COMPILE=1. Without it, the same sources run as they are.

Everything else about the package is in pyproject.toml. Only a wheel is ever compiled: an editable
installation would leave shared objects beside the sources, where they would win over them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from setuptools import setup

_PACKAGE = Path("proxy/readylb")
#: Runs for every request, or for every connection.
_HOT = (
    *sorted(path for path in (_PACKAGE / "core/http1").glob("*.py") if path.name != "__init__.py"),
    _PACKAGE / "core/idle_learning.py",
    _PACKAGE / "core/latency.py",
    _PACKAGE / "core/retry.py",
    *(
        _PACKAGE / "core/balancing" / f"{name}.py"
        for name in ("least_request", "random_two", "ring_hash", "round_robin", "turns")
    ),
    *(
        _PACKAGE / "data" / f"{name}.py"
        for name in (
            "downstream",
            "drive",
            "entrance",
            "flow",
            "forwarder",
            "heads",
            "listener",
            "pool",
            "stats",
            "sweep",
            "table",
            "tcp",
            "trace",
            "tunnel",
            "upstream",
        )
    ),
)
#: mypyc is part of mypy; the rest is what the hot modules import, for their types.
_TO_COMPILE = ("mypy>=1.13", "httptools>=0.6.4", "msgspec>=0.19", "uvloop>=0.21")


def _compiled() -> list[Any]:
    from mypyc.build import mypycify  # noqa: PLC0415 - only where it is asked for is it installed

    os.environ["MYPYPATH"] = "proxy"
    options = ["--strict", "--follow-imports=silent", "--ignore-missing-imports", "--python-version=3.11"]
    extensions: list[Any] = mypycify([*options, *map(str, _HOT)], opt_level="3", debug_level="0")
    return extensions


asked = os.environ.get("READYLB_COMPILE") == "1"
setup(
    setup_requires=list(_TO_COMPILE) if asked else [],
    ext_modules=_compiled() if asked and "bdist_wheel" in sys.argv else [],
)
