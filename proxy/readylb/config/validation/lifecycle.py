"""Rules of hooks (validateLifecycle, validateHandler)."""

from __future__ import annotations

from readylb.config.validation.errors import Errors, forbidden, invalid, required
from readylb.config.validation.probes import validate_http_get
from readylb.model.lifecycle import Lifecycle, LifecycleHandler


def validate_lifecycle(path: str, lifecycle: Lifecycle | None, grace_seconds: int) -> Errors:
    """Yield what is wrong with the hooks at `path`, in a pod with that grace period."""
    if lifecycle is None:
        return
    if lifecycle.post_start is not None:
        yield from _handler(f"{path}.postStart", lifecycle.post_start, grace_seconds)
    if lifecycle.pre_stop is not None:
        yield from _handler(f"{path}.preStop", lifecycle.pre_stop, grace_seconds)


def _handler(path: str, handler: LifecycleHandler, grace_seconds: int) -> Errors:
    handlers = {
        "exec": handler.exec,
        "httpGet": handler.http_get,
        "tcpSocket": handler.tcp_socket,
        "sleep": handler.sleep,
    }
    chosen = [name for name, action in handlers.items() if action is not None]
    if not chosen:
        yield required(path, "must specify a handler type")
    for name in chosen[1:]:
        yield forbidden(f"{path}.{name}", "may not specify more than 1 handler type")
    first = chosen[0] if chosen else ""
    if first == "exec" and handler.exec is not None and not handler.exec.command:
        yield required(f"{path}.exec.command")
    elif first == "httpGet" and handler.http_get is not None:
        yield from validate_http_get(f"{path}.httpGet", handler.http_get)
    elif first == "sleep" and handler.sleep is not None and not 0 <= handler.sleep.seconds <= grace_seconds:
        detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_seconds})"
        yield invalid(f"{path}.sleep", handler.sleep.seconds, detail)
