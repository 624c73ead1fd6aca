"""Who may use the admin API: the bearer of the token that was made at start.

The token lies in a file that only its owner can read, in a folder that only its owner can enter.
Besides the token, the Host header is checked: a page in a browser can make a name of its own point
to 127.0.0.1 (DNS rebinding), but it cannot make the browser send another Host.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web

from readylb.config.own_folder import own_folder
from readylb.core.admin_address import AdminAddress
from readylb.errors import ReadylbError

_TOKEN_BYTES = 32
#: Group and others: none of these bits may be set on the folder.
_OTHERS = 0o077


def new_token() -> str:
    """Return a fresh token of 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class TokenFile:
    """The file from which client verbs read the token of an address."""

    def __init__(self, address: AdminAddress) -> None:
        """Name the file; nothing is written yet."""
        self.path = own_folder() / address.token_file_name

    def write(self, token: str) -> None:
        """Write the token, readable by its owner only. ReadylbError when the folder is not safe."""
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_folder(folder)
            draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(token + "\n")
            draft.replace(self.path)
        except OSError as error:
            remedy = "set XDG_RUNTIME_DIR to a folder of yours, or run with --admin off"
            msg = f"cannot write the admin token to {self.path}: {error.strerror} ({remedy})"
            raise ReadylbError(msg) from error

    def remove(self, token: str) -> None:
        """Remove the file if it still holds this token; another `up` may have replaced it."""
        try:
            if self.path.read_text().strip() == token:
                self.path.unlink()
        except (FileNotFoundError, PermissionError):  # removed meanwhile, or never ours
            return


def carries_token(request: web.Request, token: str) -> bool:
    """Say whether a request proves to know the token; compared in constant time.

    Three ways: `Authorization: Bearer TOKEN`; Basic with the token as password (browsers, `curl -u`);
    and the path `/token/TOKEN/...`, because kubectl sends no credentials to a server without TLS.
    """
    given = [request.match_info.get("token", ""), *_header_tokens(request.headers.get("Authorization", ""))]
    wanted = token.encode()
    return any(hmac.compare_digest(candidate.encode(), wanted) for candidate in given)


def host_is_ours(request: web.Request, address: AdminAddress) -> bool:
    """Say whether the Host header names an address that we may be reached at, not a stranger's name."""
    if address.path:
        return True
    name = _host_name(request.headers.get("Host", ""))
    if name in {"localhost", address.host}:
        return True
    try:
        asked = ip_address(name)
    except ValueError:
        return False
    return asked.is_loopback or _is_any(address.host)


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _host_name(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] if ":" in header else header


def _header_tokens(header: str) -> list[str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return [value.strip()]
    if scheme.lower() == "basic":
        try:
            return [base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")[2]]
        except binascii.Error:
            return []
    return []


def _check_folder(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        msg = (
            f"cannot keep the admin token in {folder}: it is not a folder of ours "
            "(set XDG_RUNTIME_DIR to a private folder, or run with --admin off)"
        )
        raise ReadylbError(msg)
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        folder.chmod(0o700)
