"""The control loop that every controller runs: changes become keys, keys are reconciled.

Level-triggered: `reconcile(key)` reads what is wanted and what is from the store, and closes the
gap; it never relies on having seen a particular change. Several changes of one key before it is
reconciled are one reconciliation.

A key that takes long, such as a Service of a thousand pods, rests in proportion before it is reconciled
again: changes that come one by one may not keep the loop busy with it, nor what hears of the outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from readylb.control.store import Change, Key, Store
from readylb.control.turns import Turns
from readylb.model import Object

#: A reconciliation that took longer than this is followed by a rest.
QUICK_SECONDS = 0.001
#: A rest is so many times as long as what it follows, and at most so long: failures are to be acted on.
REST_FACTOR = 2.0
REST_SECONDS = 0.01


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
    resting: dict[Key, float] = {}
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
                if (rested_at := resting.pop(key, 0.0)) > store.clock.now():
                    resting[key] = rested_at
                    due[key] = loop.time() + rested_at - store.clock.now()
                    continue
                due.pop(key, None)
                begun_at = store.clock.now()
                again = reconciler.reconcile(key)
                took = store.clock.now() - begun_at
                if took > QUICK_SECONDS:
                    resting[key] = begun_at + took + min(REST_FACTOR * took, REST_SECONDS)
                if again is not None:
                    due[key] = loop.time() + again
                await turns.pause()
