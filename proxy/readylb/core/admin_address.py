"""Where the admin API listens, and under which name its token is kept.

Pure: the server that writes the token file and the client that reads it share these rules, not code
that touches the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from readylb.errors import UsageError

#: `kubectl proxy` uses the same port, so it is what people have in their fingers.
DEFAULT_ADMIN_ADDRESS = "127.0.0.1:8001"
#: The variable by which client verbs find the server.
ADMIN_VARIABLE = "READYLB_ADMIN"

_PORT_MAXIMUM = 65535
#: Loopback, and every address: a client on this machine reaches a server on any of them by the others.
_OWN_HOSTS = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class AdminAddress:
    """A TCP address (`host`, `port`) or a Unix socket (`path`)."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        """Return the form that `--admin` takes."""
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def token_file_name(self) -> str:
        """The name of the file with the token for this address; `/` cannot be in a name."""
        return str(self).replace("%", "%25").replace("/", "%2F") + ".token"

    @property
    def reachable(self) -> AdminAddress:
        """The address by which a client on this machine reaches a server that listens here."""
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host)
        return self if loopback is None else AdminAddress(host=loopback, port=self.port)

    @property
    def aliases(self) -> tuple[AdminAddress, ...]:
        """Under which addresses a server that is reached here may have been started, itself first."""
        if self.path or self.host not in _OWN_HOSTS:
            return (self,)
        others = (AdminAddress(host=host, port=self.port) for host in _OWN_HOSTS if host != self.host)
        return (self, *others)


def parse_admin_address(text: str) -> AdminAddress | None:
    """Return the address, or None for `off`. UsageError says which forms there are."""
    if text == "off":
        return None
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if path:
            return AdminAddress(path=path)
    else:
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if colon and port.isdecimal() and int(port) <= _PORT_MAXIMUM:
            return AdminAddress(host=host or "127.0.0.1", port=int(port))
    msg = f"cannot use --admin {text}: it is no address (write HOST:PORT, unix:PATH or off)"
    raise UsageError(msg)


def token_folder(environment: Mapping[str, str], home: str) -> str:
    """Return the folder of token files: `$XDG_RUNTIME_DIR/readylb`, else the user's state folder.

    Rules of the XDG Base Directory specification; a relative path in either variable is ignored.
    `home` may be empty: not known. UsageError when it is needed then.
    """
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/"):
        return f"{runtime}/readylb"
    state = environment.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return f"{state}/readylb"
    if not home:
        msg = "cannot tell where your files are: no home folder (set HOME or XDG_RUNTIME_DIR)"
        raise UsageError(msg)
    return f"{home}/.local/state/readylb"
