"""The folder in which this user's readylb keeps tokens and what pods write, from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from readylb.core.admin_address import token_folder


def own_folder() -> Path:
    """Return the folder; it may not exist yet. UsageError when nothing says where the user's files are."""
    return Path(token_folder(os.environ, _home()))


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:  # no HOME, and a user id without an account, as in many containers
        return ""
