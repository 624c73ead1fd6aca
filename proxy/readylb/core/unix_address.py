"""`unix:/PATH`: an endpoint behind a Unix socket. As a pod's IP and an endpoint's host it stands whole."""

from __future__ import annotations

PREFIX = "unix:"
#: sockaddr_un.sun_path on Linux, less its final NUL (unix(7)).
_LONGEST = 107


def parse_unix(text: str) -> str | None:
    """Return the address when it is one of a Unix socket, else None.

    Raises ValueError, whose text says what is wrong with the path.
    """
    if not text.startswith(PREFIX):
        return None
    path = text.removeprefix(PREFIX)
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        msg = "a Unix socket is named by its whole path, such as unix:/run/web.sock"
        raise ValueError(msg)
    if len(path.encode()) > _LONGEST:
        msg = f"the path of a Unix socket has at most {_LONGEST} bytes"
        raise ValueError(msg)
    return text


def unix_path(host: str) -> str | None:
    """Return the path when `host` is a Unix socket's address, else None."""
    return host.removeprefix(PREFIX) if host.startswith(PREFIX) else None
