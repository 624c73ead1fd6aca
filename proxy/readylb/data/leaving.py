"""A Service port that is served no more, while what runs through it finishes.

Its endpoints may belong to pods that go with it. The control process is told which of them may still
have something to do, until it is none: only then are their containers stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from readylb.data.listener import Listener
from readylb.data.table import ServiceState
from readylb.wire.messages import ServiceRemoved


class Leaving:
    """One removal of one Service port, told to `report` as it comes to its end."""

    def __init__(
        self,
        service: ServiceState,
        listeners: Sequence[Listener],
        removal: int,
        report: Callable[[ServiceRemoved], None],
    ) -> None:
        """Watch over `service`, whose `listeners` are closed and may still let somebody in."""
        self.service = service
        self._listeners = listeners
        self._removal = removal
        self._report = report
        self._said: tuple[str, ...] | None = None
        service.on_left = self.tell

    def __repr__(self) -> str:
        """Show the state."""
        return f"<leaving {self.service.key} clients={len(self.service.clients)} busy={self._said}>"

    @property
    def beginning(self) -> bool:
        """Say whether somebody who had connected before is still to be let in."""
        return any(listener.beginning for listener in self._listeners)

    @property
    def over(self) -> bool:
        """Say whether nothing more can come of it."""
        return not self.service.clients and not self.beginning

    def tell(self) -> None:
        """Say who is busy, if that is news."""
        busy = self._busy()
        if busy != self._said:
            self._said = busy
            self._report(ServiceRemoved(self.service.key, self._removal, busy))

    def _busy(self) -> tuple[str, ...]:
        """Return the endpoints with something in flight; all, while a client may still get any of them."""
        service = self.service
        busy = service.in_flight()
        under_way = sum(client.is_under_way() for client in service.clients)
        if self.beginning or under_way > sum(busy.values()):
            return tuple(sorted({*busy, *service.table.eligible_uids}))
        return tuple(sorted(busy))
