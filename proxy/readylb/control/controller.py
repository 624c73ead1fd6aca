"""The control loop that every controller runs: changes become keys, keys are reconciled.

Level-triggered: `reconcile(key)` reads what is wanted and what is from the store, and closes the
gap; it never relies on having seen a particular change. Several changes of one key before it is
reconciled are one reconciliation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from readylb.control.store import Change, Key, Store
from readylb.model import Object


class Reconciler(Protocol):
    """What a controller must answer: which kinds, which keys, and how to close the gap."""

    kinds: tuple[type[Object], ...]

    def keys(self, change: Change) -> Iterable[Key]:
        """Return the (namespace, name) keys that a change touches."""

    def reconcile(self, key: Key) -> None:
        """Bring what is closer to what is wanted, synchronously."""


async def run(store: Store, reconciler: Reconciler) -> None:
    """Reconcile until the store closes. Changes that are queued already are folded together."""
    with store.watch(*reconciler.kinds) as watch:
        async for change in watch:
            dirty = dict.fromkeys(reconciler.keys(change))
            for more in watch.drain():
                dirty.update(dict.fromkeys(reconciler.keys(more)))
            for key in dirty:
                reconciler.reconcile(key)
