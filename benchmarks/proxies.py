"""The proxies by name, and which of them can be measured here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks.peers import envoy, haproxy, nginx, readylb
from benchmarks.peers.scene import Kind, Scene
from benchmarks.processes import BenchmarkError, require

#: Where `make install-compiled` puts readylb with its hot modules compiled.
COMPILED_PYTHON = Path(__file__).resolve().parent.parent / ".venv-compiled" / "bin" / "python"

_ALL = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy; `find` raises BenchmarkError where it is not installed.

    `worker_only`: what carries the traffic is a child process, and the parent only controls it.
    """

    name: str
    command: Callable[[Scene], list[str]]
    find: Callable[[], object]
    kinds: frozenset[Kind] = _ALL
    python: str = sys.executable
    worker_only: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A proxy that runs, with what is counted: its processes and its port."""

    name: str
    port: int
    process: psutil.Process
    worker_only: bool

    def counted(self) -> list[psutil.Process]:
        """Return the processes whose time and memory count."""
        children = self.process.children(recursive=True)
        return children if self.worker_only else [self.process, *children]


def _compiled() -> Path:
    if not COMPILED_PYTHON.exists():
        msg = "cannot measure readylb-compiled: it is not built (make install-compiled)"
        raise BenchmarkError(msg)
    return COMPILED_PYTHON


PROXIES: dict[str, Proxy] = {
    proxy.name: proxy
    for proxy in (
        Proxy("haproxy", haproxy.command, lambda: require("haproxy", "haproxy")),
        Proxy("nginx", nginx.command, lambda: require("nginx", "nginx"), frozenset({Kind.HTTP})),
        Proxy("envoy", envoy.command, envoy.binary),
        Proxy("readylb", readylb.command, lambda: None, worker_only=True),
        Proxy("readylb-compiled", readylb.command, _compiled, python=str(COMPILED_PYTHON), worker_only=True),
    )
}


def available(names: Sequence[str] | None) -> tuple[list[Proxy], list[str]]:
    """Return the proxies to measure, and a line for each that is left out.

    Those named must be there (BenchmarkError); without names, whatever is there is measured.
    """
    if names is not None:
        for name in names:
            PROXIES[name].find()
        return [PROXIES[name] for name in names], []
    found, missing = [], []
    for proxy in PROXIES.values():
        try:
            proxy.find()
        except BenchmarkError as error:
            missing.append(str(error))
        else:
            found.append(proxy)
    return found, missing
