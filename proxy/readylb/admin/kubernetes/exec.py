"""`pods/NAME/exec`: a command inside a container, over a WebSocket.

Source: apimachinery/pkg/util/remotecommand (protocols v4 and v5.channel.k8s.io). The first byte of
each message is its channel: 0 stdin, 1 stdout, 2 stderr, 3 the outcome as a Status, 4 the size of the
terminal; in v5, 255 says that the channel named by the second byte ends.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from aiohttp import WSMsgType, web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.containers import container_of, pod_of
from readylb.admin.kubernetes.status import BadRequestError
from readylb.control.runtimes.runtime import ExecSession
from readylb.control.tasks import TaskGroup
from readylb.errors import RuntimeFailureError

logger = logging.getLogger(__name__)

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _OUTCOME, _RESIZE, _CLOSE = 0, 1, 2, 3, 4, 255
#: Shells wrap pasted files into one message; the API server's own limit for a frame is higher.
_MESSAGE_LIMIT = 4 * 1024 * 1024


async def exec_in_pod(request: web.Request) -> web.StreamResponse:
    """Answer a WebSocket GET: run `command` and connect its streams until it ends or the client goes."""
    pod = pod_of(request)
    container = container_of(request, pod).name
    command = tuple(request.query.getall("command", []))
    if not command:
        msg = "you must specify at least 1 command for the container"
        raise BadRequestError(msg)
    status = pod.container_status(container)
    if status is None or status.state.running is None:
        msg = f'container "{container}" in pod "{pod.metadata.name}" is not running'
        raise BadRequestError(msg)
    socket = web.WebSocketResponse(protocols=_PROTOCOLS, max_msg_size=_MESSAGE_LIMIT)
    if not socket.can_prepare(request).ok:
        msg = "exec needs a WebSocket upgrade (kubectl 1.30 or newer, or `readylb exec`)"
        raise BadRequestError(msg)
    stdin, tty = (request.query.get(name) in {"true", "1"} for name in ("stdin", "tty"))
    await socket.prepare(request)
    try:
        session = (
            await request.app[DEPS]
            .runtime_for(pod)
            .exec_session(pod, container, command, stdin=stdin, tty=tty)
        )
    except RuntimeFailureError as error:
        await _send(socket, _OUTCOME, json.dumps(_failed(str(error))).encode())
    else:
        await _connect(socket, session)
    await socket.close()
    return socket


async def _connect(socket: web.WebSocketResponse, session: ExecSession) -> None:
    """Carry bytes both ways until the command ends; then say how it ended."""
    tasks = TaskGroup("exec", lambda fault: logger.error("exec: reading from the client failed: %s", fault))
    tasks.spawn("input", _input(socket, session))
    try:
        while (piece := await session.read()) is not None:
            await _send(socket, _STDOUT if piece[0] == 1 else _STDERR, piece[1])
        outcome = _outcome(await session.wait())
        await _send(socket, _OUTCOME, json.dumps(outcome).encode())
    except ConnectionResetError:
        pass  # the client has gone; the command goes with it
    finally:
        await tasks.stop()
        await session.kill()


async def _input(socket: web.WebSocketResponse, session: ExecSession) -> None:
    """Hand what the client sends to the command; the client going away ends the command."""
    async for message in socket:
        data = message.data.encode() if message.type is WSMsgType.TEXT else message.data
        if not isinstance(data, bytes) or not data:
            continue
        channel, body = data[0], data[1:]
        if channel == _STDIN:
            session.write(body)
        elif channel == _CLOSE and body[:1] == bytes([_STDIN]):
            session.close_stdin()
        elif channel == _RESIZE:
            _resize(session, body)
    await session.kill()


def _resize(session: ExecSession, body: bytes) -> None:
    try:
        size = json.loads(body)
        rows, columns = int(size["Height"]), int(size["Width"])
    except (ValueError, KeyError, TypeError):
        logger.debug("exec: a terminal size that cannot be read: %r", body[:80])
        return
    session.resize(rows, columns)


async def _send(socket: web.WebSocketResponse, channel: int, data: bytes) -> None:
    await socket.send_bytes(bytes([channel]) + data)


def _outcome(code: int) -> dict[str, Any]:
    """Return the Status of a command that has ended with `code`."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _failed(message: str) -> dict[str, Any]:
    return {
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }
