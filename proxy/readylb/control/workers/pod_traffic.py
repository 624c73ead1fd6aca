"""Which pods requests may reach: kept per Service port, told to the store as PodTraffic.

An entry is made before the workers hear of an endpoint, and unmade when all of them have confirmed
that it has had its last request. So the pod controller, which reads it in the store, never ends a
container under a request, however the messages and the reconciliations interleave.

A pod that terminates is drained once. If it lives on for long after its stop signal, it may serve
again as kube-proxy's last resort; nobody waits for it then.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial

from readylb.control.clock import Clock
from readylb.control.store import Store
from readylb.core.selection import select
from readylb.model import PodTraffic
from readylb.model.meta import ObjectMeta
from readylb.wire.messages import EndpointEntry, SetEndpoints

#: A pod that still serves this long after it was drained does not die of SIGTERM at once.
SURVIVAL_SECONDS = 1.0


class PodTrafficLedger:
    """The uids that each Service port may be sending to."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Know of no traffic."""
        self._store = store
        self._clock = clock
        self._open: dict[str, set[str]] = {}
        #: Of these, who is sent nothing new and is still busy.
        self._ending: dict[str, set[str]] = {}
        self._drained_at: dict[str, float] = {}
        self._retired = False

    def __repr__(self) -> str:
        """Show the state."""
        return f"<pod traffic {self._open}>"

    def sending(self, message: SetEndpoints) -> None:
        """Note what the workers are about to hear."""
        if self._retired:
            return
        held = self._open.setdefault(message.key, set())
        chosen = select(message.endpoints)
        self._end(message.key, self._ending.get(message.key, set()) - {entry.uid for entry in chosen})
        for entry in chosen:
            if not entry.terminating:  # what was drained once for another reason is back
                self._drained_at.pop(entry.uid, None)
            drained = entry.terminating and entry.uid in self._drained_at
            if entry.uid not in held and not drained:
                held.add(entry.uid)
                self._tell(message.key, entry)

    def confirmed(self, message: SetEndpoints, busy: tuple[str, ...]) -> None:
        """Note that all workers follow `message`, the newest, and are still busy with some others."""
        held = self._open.get(message.key, set())
        chosen = {entry.uid for entry in select(message.endpoints)}
        ending = held.intersection(busy) - chosen
        done = held - chosen - ending
        self._close(message.key, done)
        self._end(message.key, ending, done)

    def survived(self, uid: str) -> bool:
        """Say whether a terminating pod was drained a while ago: it is there in spite of its signal."""
        drained_at = self._drained_at.get(uid)
        return drained_at is not None and self._clock.now() >= drained_at + SURVIVAL_SECONDS

    def forget(self, uid: str) -> None:
        """Take note that a pod is gone."""
        self._drained_at.pop(uid, None)

    def dropped(self, key: str) -> None:
        """Forget a Service port that is no longer served."""
        self._close(key, set(self._open.get(key, ())))
        self._open.pop(key, None)
        self._end(key, set())
        self._ending.pop(key, None)

    def leaving(self, key: str, removal: int) -> None:
        """Note that a Service port is served no more, and that what runs through it finishes."""
        held = self._open.pop(key, set())
        self._ending.pop(key, None)
        if held:
            gone = _gone(key, removal)
            self._open[gone] = held
            self._end(gone, set(held))

    def removed(self, key: str, removal: int, busy: tuple[str, ...]) -> None:
        """Note who may still be busy with what ran through a Service port when it was removed."""
        gone = _gone(key, removal)
        done = self._open.get(gone, set()) - set(busy)
        if done:
            self._close(gone, done)
            self._end(gone, self._open[gone] & set(busy), done)
        if not self._open.get(gone, True):
            self.dropped(gone)

    def retire(self) -> None:
        """Note that no worker carries anything any more, and none ever will."""
        self._retired = True
        for key in list(self._open):
            self.dropped(key)

    def _tell(self, key: str, entry: EndpointEntry) -> None:
        namespace = _namespace(key)
        if self._store.find(PodTraffic, namespace, entry.uid) is None:
            meta = ObjectMeta(name=entry.uid, namespace=namespace)
            self._store.create(PodTraffic(metadata=meta, pod_name=entry.name))

    def _end(self, key: str, uids: set[str], done: AbstractSet[str] = frozenset()) -> None:
        """Take `uids` for those that a Service port sends nothing new to; tell whose lot that changes.

        `done` are those that it has nothing to do with any more.
        """
        changed = self._ending.get(key, set()) ^ uids
        self._ending[key] = uids
        for uid in changed | done:
            ports = [name for name, held in self._open.items() if uid in held]
            ending = all(uid in self._ending.get(name, ()) for name in ports)
            if ports and self._store.find(PodTraffic, _namespace(key), uid) is not None:
                self._store.update(PodTraffic, _namespace(key), uid, partial(replace, ending=ending))

    def _close(self, key: str, uids: set[str]) -> None:
        held = self._open.get(key)
        if held is None or not uids:
            return
        held -= uids
        for uid in uids:
            if not any(uid in others for others in self._open.values()):
                self._store.remove(PodTraffic, _namespace(key), uid)
                self._drained_at[uid] = self._clock.now()


def _gone(key: str, removal: int) -> str:
    """Return the name of a removed port's traffic, beside that of a port that is served again."""
    return f"{key}#{removal}"


def _namespace(key: str) -> str:
    return key.partition("/")[0]
