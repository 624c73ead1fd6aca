"""One worker: obeys the control process's messages, listens, sweeps, counts, drains."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
from collections.abc import Callable

from readylb.data.access_log import AccessLog
from readylb.data.drive import hush
from readylb.data.entrance import entrance
from readylb.data.leaving import Leaving
from readylb.data.listener import Listener
from readylb.data.sweep import Sweep
from readylb.data.table import ServiceState
from readylb.wire.channel import Channel, Message
from readylb.wire.listening import listening_socket
from readylb.wire.messages import (
    Address,
    Drain,
    Drained,
    EndpointsApplied,
    Hello,
    ListenFailed,
    Listening,
    PassiveReport,
    RemoveService,
    ServiceRemoved,
    SetAccessLog,
    SetEndpoints,
    SetService,
    Stats,
)

log = logging.getLogger(__name__)

STATS_SECONDS = 1.0
# Files kept free for the rest of the process: logs, pipes of replicas, the admin API.
RESERVED_FILES = 64
_CUT_SECONDS = 0.02
_NO_FILES = frozenset((errno.EMFILE, errno.ENFILE))


#: Returns the listening socket for an address of the Service port `key`. Raises OSError.
Open = Callable[[str, Address], socket.socket]


class Worker:
    """The data plane of one loop."""

    def __init__(
        self,
        worker_id: int,
        channel: Channel,
        open_socket: Open = lambda _, address: listening_socket(address),
    ) -> None:
        """Be worker `worker_id` at the worker's end of `channel`; nothing runs before `start`."""
        self._id = worker_id
        self._channel = channel
        self._open = open_socket
        self._services: dict[str, ServiceState] = {}
        self._listeners: dict[str, dict[Address, Listener]] = {}
        self._leaving: list[Leaving] = []
        self._pending: dict[str, SetEndpoints] = {}
        self._access_log: AccessLog | None = None
        self._lines_lost = 0
        self._stats_at = 0.0
        self._drain_deadline: float | None = None
        self._room = _room()
        self._ending = False
        self._stopped: asyncio.Event = asyncio.Event()

    def start(self) -> None:
        """Serve from now on, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._sweep = Sweep(self._loop)
        self._sweep.each_tick.append(self._tick)
        self._sweep.start()
        hush(self._loop)
        self._stats_at = self._sweep.now + STATS_SECONDS
        self._channel.send(Hello(worker=self._id, pid=os.getpid()))
        self._channel.listen(self._obey)

    async def stopped(self) -> None:
        """Return when a drain is over."""
        await self._stopped.wait()

    # messages

    def _obey(self, message: Message) -> None:
        if isinstance(message, SetEndpoints):
            self._set_endpoints(message)
        elif isinstance(message, SetService):
            self._set_service(message)
        elif isinstance(message, RemoveService):
            self._remove_service(message)
        elif isinstance(message, SetAccessLog):
            self._set_access_log(message)
        elif isinstance(message, Drain):
            self._drain(message.grace_seconds)

    def _set_access_log(self, message: SetAccessLog) -> None:
        current = self._access_log
        try:
            if not message.path:
                self._access_log = None
                self._close_access_log(current)
            elif current is not None:
                current.reopen(message.path, message.line_format)
            else:
                self._access_log = AccessLog(self._loop, message.path, message.line_format)
        except OSError as error:
            why = error.strerror or str(error)
            log.error("Access log: cannot write %s: %s", message.path, why)  # noqa: TRY400 - no fault of the code
        for service in self._every_service():
            service.access_log = self._access_log

    def _close_access_log(self, access_log: AccessLog | None) -> None:
        if access_log is not None:
            access_log.close()
            self._lines_lost += access_log.lost

    def _set_endpoints(self, message: SetEndpoints) -> None:
        service = self._services.get(message.key)
        if service is None:
            # Its SetService is still to come; nothing can be sent before.
            self._pending[message.key] = message
            self._channel.send(EndpointsApplied(key=message.key, generation=message.generation))
        else:
            service.apply(message)
            self._channel.send(service.applied())

    def _set_service(self, message: SetService) -> None:
        service = self._services.get(message.key)
        if service is None:
            service = ServiceState(self._loop, self._sweep, message, self._report)
            service.access_log = self._access_log
            self._services[message.key] = service
            self._listeners[message.key] = {}
            waiting = self._pending.pop(message.key, None)
            if waiting is not None:
                service.apply(waiting)
        else:
            service.set(message)
        listeners = self._listeners[message.key]
        for address in [known for known in listeners if known not in message.listen]:
            listeners.pop(address).close()
        if self._drain_deadline is not None:
            return
        for address in message.listen:
            if address in listeners:
                self._channel.send(Listening(key=message.key, address=listeners[address].address))
            else:
                self._listen(service, address)

    def _listen(self, service: ServiceState, address: Address) -> None:
        try:
            opened = self._open(service.key, address)
            listener = Listener(
                self._loop,
                address.host,
                opened,
                lambda client: entrance(service, client),
                lambda: self._room_left(service),
                lambda error: service.counters.pause(_why_paused(service, error)),
            )
        except OSError as error:
            self._channel.send(
                ListenFailed(
                    key=service.key,
                    address=address,
                    errno=error.errno or 0,
                    error=error.strerror or str(error),
                )
            )
            return
        self._listeners[service.key][address] = listener
        self._channel.send(Listening(key=service.key, address=listener.address))

    def _remove_service(self, message: RemoveService) -> None:
        self._pending.pop(message.key, None)
        service = self._services.pop(message.key, None)
        if service is None:
            self._channel.send(ServiceRemoved(message.key, message.removal))
            return
        listeners = tuple(self._listeners.pop(message.key).values())
        for listener in listeners:
            listener.close()
        self._close(service)
        leaving = Leaving(service, listeners, message.removal, self._channel.send)
        self._leaving.append(leaving)
        leaving.tell()

    def _drain(self, grace_seconds: float) -> None:
        deadline = self._sweep.now + grace_seconds
        if self._drain_deadline is not None:
            # A second word may only cut it short: somebody is in a hurry now.
            self._drain_deadline = min(self._drain_deadline, deadline)
            self._check_drained(self._sweep.now)
            return
        self._drain_deadline = deadline
        for listeners in self._listeners.values():
            for listener in listeners.values():
                listener.close()
        for service in self._services.values():
            self._close(service)
        self._check_drained(self._sweep.now)

    def _every_service(self) -> list[ServiceState]:
        return [*self._services.values(), *(leaving.service for leaving in self._leaving)]

    def _close(self, service: ServiceState) -> None:
        """Let what runs finish; end what is idle; close idle connections to endpoints."""
        service.closing = True
        for client in list(service.clients):
            client.drain()
        for endpoint in service.table.endpoints:
            for upstream in list(endpoint.idle):
                upstream.expired(float("inf"))

    def _report(self, report: PassiveReport | EndpointsApplied) -> None:
        self._channel.send(report)

    # once in a tick

    def _tick(self, now: float) -> None:
        if self._access_log is not None:
            self._access_log.tick()
        if now >= self._stats_at:
            self._stats_at = now + STATS_SECONDS
            self._send_stats()
        for leaving in self._leaving:
            leaving.tell()
        self._leaving = [leaving for leaving in self._leaving if not leaving.over]
        if self._drain_deadline is not None:
            self._check_drained(now)
        else:
            self._accept_again()

    def _send_stats(self) -> None:
        services = tuple(
            service.counters.snapshot(
                service.key, tuple(endpoint.snapshot() for endpoint in service.table.endpoints)
            )
            for service in self._services.values()
        )
        lost = self._lines_lost + (self._access_log.lost if self._access_log is not None else 0)
        self._channel.send(Stats(worker=self._id, services=services, access_log_lost=lost))

    def _room_left(self, service: ServiceState) -> int:
        """Return how many more clients there are files for, and the Service port may have."""
        # A splice takes as many files as two clients and their endpoints.
        room = self._room - sum(len(other.clients) + 2 * other.splices for other in self._every_service())
        most = service.settings.limits.connections
        return min(room, most - len(service.clients)) if most else room

    def _accept_again(self) -> None:
        """Let listeners that had paused at a limit go on where there is room."""
        self._room = _room()
        for key, listeners in self._listeners.items():
            if self._room_left(self._services[key]) > 0:
                for listener in listeners.values():
                    listener.resume()

    def _check_drained(self, now: float) -> None:
        deadline = self._drain_deadline
        clients = [client for service in self._every_service() for client in service.clients]
        beginning = any(item.beginning for items in self._listeners.values() for item in items.values())
        if self._ending or deadline is None or ((clients or beginning) and now < deadline):
            return
        self._ending = True
        for client in clients:
            client.cut()
        if clients:
            # What is cut takes a turn of the loop to say so, and is counted then.
            self._loop.call_later(_CUT_SECONDS, self._end, len(clients))
        else:
            self._end(0)

    def _end(self, cut: int) -> None:
        self._sweep.stop()
        access_log, self._access_log = self._access_log, None
        self._close_access_log(access_log)
        self._send_stats()
        self._channel.send(Drained(worker=self._id, cut=cut))
        self._stopped.set()


def _why_paused(service: ServiceState, error: OSError | None) -> str:
    """Return the word under which it is counted that accepting stops."""
    if error is not None:
        return "OutOfFiles" if error.errno in _NO_FILES else "OutOfMemory"
    most = service.settings.limits.connections
    return "ConnectionLimit" if 0 < most <= len(service.clients) else "FileLimit"


def _room() -> int:
    """Return how many clients the file limit allows, each with a connection to an endpoint."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (soft - RESERVED_FILES) // 2)
