"""The control loop that every controller runs: changes become keys, keys are reconciled.

Level-triggered: `reconcile(key)` reads what is wanted and what is from the store, and closes the
gap; it never relies on having seen a particular change. Several changes of one key before it is
reconciled are one reconciliation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from readylb.control.store import Change, Key, Store
from readylb.control.turns import Turns
from readylb.model import Object


class Reconciler(Protocol):
    """What a controller must answer: which kinds, which keys, and how to close the gap."""

    kinds: tuple[type[Object], ...]

    def keys(self, change: Change) -> Iterable[Key]:
        """Return the (namespace, name) keys that a change touches."""

    def reconcile(self, key: Key) -> float | None:
        """Bring what is closer to what is wanted, synchronously.

        Return in how many seconds to look again even if nothing changes, or None.
        """


async def run(store: Store, reconciler: Reconciler) -> None:
    """Reconcile until the store closes. Changes that are queued already are folded together."""
    loop, turns = asyncio.get_running_loop(), Turns(store.clock)
    due: dict[Key, float] = {}
    with store.watch(*reconciler.kinds) as watch:
        while True:
            wait = max(0.0, min(due.values()) - loop.time()) if due else None
            idle = not watch.behind
            changes = await watch.batch(wait)
            if changes is None:
                return
            if idle:
                turns.begin()
            dirty = dict.fromkeys(key for change in changes for key in reconciler.keys(change))
            dirty.update(dict.fromkeys(key for key, moment in due.items() if moment <= loop.time()))
            for key in dirty:
                due.pop(key, None)
                again = reconciler.reconcile(key)
                if again is not None:
                    due[key] = loop.time() + again
                await turns.pause()
