"""What every runtime is made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from readylb.control.clock import Clock
from readylb.control.tasks import Fatal


@dataclass(frozen=True, slots=True)
class RuntimeContext:
    """`run` names this run of readylb; `state_dir` is a folder of its own; `images` may change.

    `pod_range` has the addresses of pods with a network of their own; None: choose a free range.
    """

    clock: Clock
    run: str
    state_dir: Path
    images: Mapping[str, tuple[str, ...]]
    fatal: Fatal
    pod_range: IPv4Network | None = None
