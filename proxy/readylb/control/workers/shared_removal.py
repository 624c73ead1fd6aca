"""The removal of a Service port as several workers carry it out: done when all of them are."""

from __future__ import annotations

from collections.abc import Iterable

from readylb.wire.messages import RemoveService, ServiceRemoved


class SharedRemoval:
    """What the workers that served the port have answered."""

    def __init__(self, message: RemoveService, workers: Iterable[int]) -> None:
        """Wait for all of `workers`."""
        self._message = message
        #: Worker -> who it is busy with; None before its first answer.
        self._heard: dict[int, tuple[str, ...] | None] = dict.fromkeys(workers)
        self._said: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        """Show the state."""
        return f"<shared removal {self._message.removal} of {self._message.key} {self._heard}>"

    def hear(self, worker: int, message: ServiceRemoved) -> None:
        """Take a worker's word."""
        if worker in self._heard:
            self._heard[worker] = message.busy

    def leave(self, worker: int) -> None:
        """Do not wait for a worker that has ended: what it carried has ended with it."""
        self._heard.pop(worker, None)

    def news(self) -> ServiceRemoved | None:
        """Return who may still be busy in any worker, once all have answered and when it is news."""
        answers = [busy for busy in self._heard.values() if busy is not None]
        busy = tuple(sorted({uid for answer in answers for uid in answer}))
        if len(answers) < len(self._heard) or busy == self._said:
            return None
        self._said = busy
        return ServiceRemoved(self._message.key, self._message.removal, busy)
