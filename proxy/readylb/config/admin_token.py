"""The file in which a client finds the token of the admin API that listens on an address."""

from __future__ import annotations

from pathlib import Path

from readylb.config.own_folder import own_folder
from readylb.core.admin_address import AdminAddress
from readylb.errors import ReadylbError


def token_paths(address: AdminAddress) -> list[Path]:
    """Return where the token may be: an address may be written in several ways."""
    folder = own_folder()
    return [folder / alias.token_file_name for alias in address.aliases]


def read_token(address: AdminAddress) -> str:
    """Return the token for an address, empty when there is none: the server then says so. ReadylbError."""
    for path in token_paths(address):
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            continue
        except OSError as error:
            msg = f"cannot read the admin token in {path}: {error.strerror} (run as the user of `readylb up`)"
            raise ReadylbError(msg) from error
    return ""
