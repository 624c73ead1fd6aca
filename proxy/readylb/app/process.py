"""What this program does to its own process before it serves."""

from __future__ import annotations

import gc
import resource


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one; return it. Each connection is one file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def settle_memory() -> None:
    """Take the collector out of the tail: what exists now lives for ever, and is not scanned again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
