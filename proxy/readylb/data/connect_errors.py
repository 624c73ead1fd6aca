"""What it means that a connection to an endpoint could not be made: whose doing, and whether to ask again."""

from __future__ import annotations

import errno

from readylb.core.retry import Failure

#: The kernel gave up before anything was connected: certainly nothing was sent.
NEVER_CONNECTED = frozenset(
    (
        errno.ECONNREFUSED,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.EADDRNOTAVAIL,
        errno.ENOENT,
    )
)
#: Nobody listens there: nothing but a listener can change that.
_REFUSALS = frozenset((errno.ECONNREFUSED, errno.ENOENT, errno.EHOSTUNREACH, errno.EHOSTDOWN))
#: Something of ours has run out: files, memory, local ports.
_SHORTAGES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL))


def failure_of(error: OSError) -> Failure:
    """Return how an attempt to connect failed that got no further than `error`."""
    return Failure.STARVED if error.errno in _SHORTAGES else Failure.UNREACHABLE


def is_refusal(error: BaseException | None) -> bool:
    """Say whether nobody listens at the endpoint's address."""
    return isinstance(error, OSError) and error.errno in _REFUSALS


def is_never_connected(error: BaseException | None) -> bool:
    """Say whether there has been no connection at all."""
    return isinstance(error, OSError) and error.errno in NEVER_CONNECTED
