"""The admin API as Python: what the command uses, and what programs that embed readylb may use.

    async with Client() as client:
        pods = await client.list(PODS, "default")
        async for change in client.watch(PODS, "default"):
            print(change["type"], change["object"]["metadata"]["name"])

Objects are the API's JSON. Errors: ApiError and its kinds for what the server refuses, ReadylbError
when it cannot be reached; the message is a whole sentence with what to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from readylb.config.admin_token import read_token, token_paths
from readylb.core.admin_address import (
    ADMIN_VARIABLE,
    DEFAULT_ADMIN_ADDRESS,
    parse_admin_address,
)
from readylb.core.api_resources import PODS, ApiResource
from readylb.core.drained import DRAINED
from readylb.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    GoneError,
    InvalidError,
    NotFoundError,
    ReadylbError,
    UsageError,
)

#: A server on this machine answers in milliseconds; one that takes longer is stuck.
_ANSWER_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
#: One line of a watch is one object; this is the most that a line may take.
_LINE_LIMIT = 16 * 1024 * 1024

_ERRORS: dict[str, type[ApiError]] = {
    error.reason: error
    for error in (NotFoundError, AlreadyExistsError, ConflictError, InvalidError, GoneError)
}
_UNAUTHORIZED = 401
_FAILED = 400
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

Document = dict[str, Any]
Operations = list[Document]


@dataclass(frozen=True, slots=True)
class Selector:
    """Which objects: label and field selectors as `kubectl -l` and `--field-selector` write them."""

    labels: str = ""
    fields: str = ""

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters that say so."""
        given = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return {name: value for name, value in given.items() if value}


EVERYTHING = Selector()


class RemoteCommand:
    """A command that runs inside a container: its streams, and how it ended."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Speak v5.channel.k8s.io over `socket`."""
        self._socket = socket
        self.exit_code: int | None = None

    async def read(self) -> tuple[int, bytes] | None:
        """Return (1 or 2, bytes) of stdout or stderr; None at the end, when `exit_code` is known.

        ReadylbError when the command could not be started or the connection was lost.
        """
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                continue
            channel, data = message.data[0], message.data[1:]
            if channel in {1, 2} and data:
                return channel, data
            if channel == 3:  # noqa: PLR2004 -- the channel of the outcome, see admin.kubernetes.exec
                self.exit_code = _exit_code(json.loads(data))
        if self.exit_code is None:
            msg = "cannot say how the command ended: the connection was lost (is readylb still running?)"
            raise ReadylbError(msg)
        return None

    async def write(self, data: bytes) -> None:
        """Send to its stdin; after the command has ended, nowhere."""
        await self._send(b"\x00" + data)

    async def close_stdin(self) -> None:
        """End its stdin."""
        await self._send(b"\xff\x00")

    async def resize(self, rows: int, columns: int) -> None:
        """Tell its terminal its size."""
        await self._send(b"\x04" + json.dumps({"Width": columns, "Height": rows}).encode())

    async def _send(self, data: bytes) -> None:
        if not self._socket.closed:
            await self._socket.send_bytes(data)


class Client:
    """A connection to the admin API; use it with `async with`."""

    def __init__(self, address: str = "", token: str | None = None) -> None:
        """Find the server by `address`, else READYLB_ADMIN, else 127.0.0.1:8001; read its token file.

        UsageError when the address is none.
        """
        text = address or os.environ.get(ADMIN_VARIABLE, "") or DEFAULT_ADMIN_ADDRESS
        parsed = parse_admin_address(text)
        if parsed is None:
            msg = "cannot reach the admin API: it is off (start `readylb up` without --admin off)"
            raise UsageError(msg)
        self.address = parsed
        self._token = read_token(parsed) if token is None else token
        self._session: aiohttp.ClientSession | None = None

    @property
    def kubectl_url(self) -> str:
        """The URL, token included, that kubectl takes as `--server`; for TCP addresses only."""
        return f"http://{self.address.reachable}/token/{self._token}"

    async def __aenter__(self) -> Self:
        """Open the session."""
        path = self.address.path
        connector = aiohttp.UnixConnector(path) if path else aiohttp.TCPConnector()
        self._session = aiohttp.ClientSession(
            base_url="http://localhost" if path else f"http://{self.address.reachable}",
            connector=connector,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            read_bufsize=_LINE_LIMIT,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self, resource: ApiResource, namespace: str, name: str, *, as_table: bool = False
    ) -> Document:
        """Return one object (or its Table). NotFoundError."""
        return await self._json("GET", resource.path(namespace, name), headers=_accept(as_table))

    async def list(
        self,
        resource: ApiResource,
        namespace: str | None,
        selector: Selector = EVERYTHING,
        *,
        as_table: bool = False,
    ) -> Document:
        """Return the list (or the Table) of a namespace, or of all with None."""
        query, headers = selector.query, _accept(as_table)
        return await self._json("GET", resource.path(namespace), query=query, headers=headers)

    async def watch(
        self,
        resource: ApiResource,
        namespace: str | None,
        selector: Selector = EVERYTHING,
        *,
        since: str = "",
        as_table: bool = False,
    ) -> AsyncGenerator[Document, None]:
        """Yield `{"type": ..., "object": ...}`: what exists and then changes, or only changes after `since`.

        Ends when the server ends it. GoneError when `since` is too old: list again. Who leaves early closes
        it (`contextlib.aclosing`), and with it the request.
        """
        query = {"watch": "true", "resourceVersion": since, **selector.query}
        path = resource.path(namespace)
        async with self._request("GET", path, query=query, headers=_accept(as_table)) as response:
            async for line in response.content:
                change: Document = json.loads(line)
                if change["type"] == "ERROR":
                    raise _error_of(change["object"])
                yield change

    async def logs(self, namespace: str, pod: str, options: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """Yield pieces of a container's log; `options` are those of `pods/NAME/log`."""
        path = f"{PODS.path(namespace, pod)}/log"
        async with self._request("GET", path, query=dict(options)) as response:
            async for piece in response.content.iter_any():
                yield piece

    async def delete(
        self, resource: ApiResource, namespace: str, name: str, *, grace_seconds: int | None = None
    ) -> Document:
        """Ask for deletion; return the object as it terminates, or a Status. NotFoundError."""
        body: Document = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        return await self._json("DELETE", resource.path(namespace, name), body=body)

    async def patch(
        self,
        resource: ApiResource,
        namespace: str,
        name: str,
        change: Document | Operations,
        *,
        subresource: str = "",
    ) -> Document:
        """Merge `change` into an object (RFC 7396: null removes); return what it has become.

        A list is operations on places in the object instead (RFC 6902).

        NotFoundError; InvalidError; ConflictError when `change` names a resourceVersion that is no longer the
        present one.
        """
        path = resource.path(namespace, name) + (f"/{subresource}" if subresource else "")
        form = "json-patch" if isinstance(change, list) else "merge-patch"
        headers = {"Content-Type": f"application/{form}+json"}
        return await self._json("PATCH", path, headers=headers, body=change)

    async def create(
        self, resource: ApiResource, namespace: str, document: Document, *, dry_run: bool = False
    ) -> Document:
        """Make an object; return it. AlreadyExistsError, InvalidError. `dry_run` writes nothing."""
        return await self._json("POST", resource.path(namespace), query=_dry_run(dry_run), body=document)

    async def replace(
        self, resource: ApiResource, namespace: str, name: str, document: Document, *, dry_run: bool = False
    ) -> Document:
        """Replace what an author says of an object; return it. NotFoundError, InvalidError, ConflictError."""
        path = resource.path(namespace, name)
        return await self._json("PUT", path, query=_dry_run(dry_run), body=document)

    async def explain(self, namespace: str, pod: str) -> Document:
        """Return why a pod is in or out of the rotation; `lines` says it in text. NotFoundError."""
        return await self._json("GET", f"{PODS.path(namespace, pod)}/explain")

    async def drain(self, namespace: str, pod: str, *, force: bool = False) -> Document:
        """Keep new requests from a pod; return it. The condition `readylb.io/Drained` tells the progress.

        NotFoundError; ApiError (429) when a Service has no other pod for its requests, unless `force`.
        """
        return await self._json("POST", f"{PODS.path(namespace, pod)}/drain", body={"force": force})

    async def undrain(self, namespace: str, pod: str) -> Document:
        """Let a pod have requests again, as far as its probes do; return it. NotFoundError."""
        return await self.patch(PODS, namespace, pod, {"metadata": {"annotations": {DRAINED: None}}})

    async def scale(self, resource: ApiResource, namespace: str, name: str, replicas: int) -> Document:
        """Set how many replicas a workload is to have; return its Scale. NotFoundError, InvalidError."""
        change = {"spec": {"replicas": replicas}}
        return await self.patch(resource, namespace, name, change, subresource="scale")

    @asynccontextmanager
    async def exec(  # noqa: PLR0913 -- kubectl's options, each of them optional but the first three
        self,
        namespace: str,
        pod: str,
        command: Sequence[str],
        *,
        container: str = "",
        stdin: bool = False,
        tty: bool = False,
    ) -> AsyncIterator[RemoteCommand]:
        """Run a command inside a container for the length of an `async with` block."""
        path = f"{PODS.path(namespace, pod)}/exec"
        flags = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
        query = [("command", word) for word in command]
        query += [(name, "true") for name, wanted in flags.items() if wanted]
        query += [("container", container)] if container else []
        try:
            socket = await self._live.ws_connect(
                path, params=query, protocols=("v5.channel.k8s.io",), max_msg_size=0
            )
        except aiohttp.WSServerHandshakeError as error:
            # A refusal has its reason in a body, which a failed handshake does not show: ask again.
            async with self._request("GET", path, query=query):
                msg = f"cannot run a command in pod {pod}: {error.message}"
                raise ReadylbError(msg) from error
        except aiohttp.ClientConnectionError as error:
            raise self._unreachable(error) from error
        async with socket:
            yield RemoteCommand(socket)

    @property
    def _live(self) -> aiohttp.ClientSession:
        if self._session is None:
            msg = "Client must be used with `async with`"
            raise RuntimeError(msg)
        return self._session

    async def _json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Document | Operations | None = None,
    ) -> Document:
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS, sock_connect=_CONNECT_SECONDS)
        async with self._request(
            method, path, query=query, headers=headers, json=body, timeout=timeout
        ) as response:
            document: Document = await response.json()
            return document

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, *, query: Any = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._live.request(method, path, params=query, **options) as response:
                if response.status >= _FAILED:
                    raise await self._refusal(response)
                yield response
        except TimeoutError as error:
            msg = f"cannot use the admin API at {self.address}: no answer in time (is readylb stuck?)"
            raise ReadylbError(msg) from error
        except aiohttp.ClientConnectionError as error:
            raise self._unreachable(error) from error
        except aiohttp.ClientPayloadError as error:
            msg = f"cannot go on reading from {self.address}: the connection was lost (has readylb stopped?)"
            raise ReadylbError(msg) from error

    async def _refusal(self, response: aiohttp.ClientResponse) -> ReadylbError:
        if response.status == _UNAUTHORIZED:
            path = token_paths(self.address)[0]
            found = "its token has changed" if self._token else f"there is no token for it in {path}"
            remedy = "run this as the user who started `readylb up`"
            return ReadylbError(f"cannot use the admin API at {self.address}: {found} ({remedy})")
        try:
            return _error_of(await response.json())
        except (ValueError, aiohttp.ContentTypeError):
            what = f"{response.status} {response.reason}, which no readylb says"
            remedy = "another program listens there; another address: --admin ADDR"
            return ReadylbError(f"cannot use the admin API at {self.address}: it answered {what} ({remedy})")

    def _unreachable(self, error: aiohttp.ClientConnectionError) -> ReadylbError:
        cause = str(error) or type(error).__name__
        if isinstance(error, aiohttp.ClientConnectorError):
            number = error.os_error.errno
            cause = os.strerror(number).lower() if number and number > 0 else str(error.os_error)
        hint = "is 'readylb up' running? another address: --admin ADDR"
        return ReadylbError(f"cannot reach the admin API at {self.address}: {cause} ({hint})")


def _dry_run(wanted: bool) -> dict[str, str]:
    return {"dryRun": "All"} if wanted else {}


def _accept(as_table: bool) -> dict[str, str]:
    return {"Accept": _TABLE if as_table else "application/json"}


def _error_of(status: Document) -> ApiError:
    """Return the error that a Status describes."""
    reason = str(status.get("reason", ""))
    kind = _ERRORS.get(reason, ApiError)
    error = kind(status.get("message", "unknown error"))
    if kind is ApiError:
        error.status, error.reason = int(status.get("code", 500)), reason
    return error


def _exit_code(status: Document) -> int:
    """Return how a command ended; ReadylbError when it never ran."""
    if status.get("status") == "Success":
        return 0
    for cause in status.get("details", {}).get("causes", []):
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise ReadylbError(str(status.get("message", "the command failed for an unknown reason")))
