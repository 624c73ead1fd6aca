"""What restart hooks need of the machine they are to run on: found out before one is needed."""

from __future__ import annotations

import os

from readylb.config.hook_objects import load_hook
from readylb.config.validation.errors import Errors, FieldError
from readylb.model.restart import RestartHooks, WebhookRestart


def unmet(path: str, hooks: RestartHooks) -> Errors:
    """Yield why hooks that obey their rules cannot work here.

    A socket or program may come later, and is no part of what is configured: its absence is the event's.
    """
    prefix = f"{path}." if path else ""
    if hooks.webhook is not None:
        try:
            read_secret(hooks.webhook)
        except ValueError as error:
            field = "secretFile" if hooks.webhook.secret_file else "secretEnv"
            yield FieldError(f"{prefix}webhook.{field}", str(error))
    if hooks.python is not None:
        try:
            load_hook(hooks.python)
        except ValueError as error:
            yield FieldError(f"{prefix}python.hook", str(error))


def read_secret(hook: WebhookRestart) -> bytes:
    """Return the secret of a webhook, b"" when it has none. ValueError says why it cannot be had.

    White space around the text of a file is not part of it: editors end files with a newline.
    """
    if hook.secret_env:
        secret = os.environb.get(hook.secret_env.encode(), b"")
        if not secret:
            msg = f"the environment variable {hook.secret_env} is not set"
            raise ValueError(msg)
        return secret
    if not hook.secret_file:
        return b""
    try:
        with open(hook.secret_file, "rb") as file:  # noqa: PTH123 - a path that holds NUL is an error here too
            secret = file.read(_MOST_SECRET_BYTES).strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        msg = f"cannot read the secret: {reason.lower()}"
        raise ValueError(msg) from error
    if not secret:
        msg = "the file is empty"
        raise ValueError(msg)
    return secret


#: A key is no longer than a few lines; what is longer is the wrong file.
_MOST_SECRET_BYTES = 16_384
