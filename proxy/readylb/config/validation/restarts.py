"""Rules of restart hooks, the same for the annotation and for readylb.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

from readylb.config.validation.errors import Errors, FieldError, forbidden, invalid, required
from readylb.core.unix_address import PREFIX, parse_unix
from readylb.model.restart import (
    DockerRestart,
    ExecRestart,
    PythonRestart,
    RestartHooks,
    SystemdRestart,
    WebhookRestart,
)

EXAMPLE = '{"exec": {"command": ["systemctl", "restart", "web"]}}'

#: Longest time a hook may take: an endpoint that is not back after an hour needs a person.
_MOST_SECONDS = 3600
_MOST_ATTEMPTS = 10

#: `$(NAME)`, which stands for something only a request tells.
_REFERENCE = re.compile(r"\$\([A-Z_]+\)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL = re.compile(r"[!-~]+")
#: RestrictedNamePattern of moby's daemon/names.
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
#: VALID_CHARS of systemd's unit-name.c; globs would restart several.
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*")
_OBJECT = re.compile(r"(?!\d)\w+(\.(?!\d)\w+)*:(?!\d)\w+(\.(?!\d)\w+)*")


def validate_restart(path: str, hooks: RestartHooks) -> Errors:
    """Yield what is wrong with the hooks at `path` ("" where they are the whole)."""
    found = {field.name: getattr(hooks, field.name) for field in fields(RestartHooks)}
    given = {name: settings for name, settings in found.items() if settings is not None}
    if not given:
        yield required(path, f"one of {', '.join(found)}")
    elif len(given) > 1:
        yield forbidden(path, f"one hook, not {' and '.join(given)}")
    for name, settings in given.items():
        below = f"{path}.{name}".lstrip(".")
        yield from _RULES[name](below, settings)
        if not 0 < settings.timeout_seconds <= _MOST_SECONDS:
            detail = f"must be above 0 and at most {_MOST_SECONDS}"
            yield invalid(f"{below}.timeoutSeconds", settings.timeout_seconds, detail)


def _exec(path: str, hook: ExecRestart) -> Errors:
    if not hook.command:
        yield required(f"{path}.command", "the words of a command")


def _webhook(path: str, hook: WebhookRestart) -> Errors:
    if wrong := _url(_REFERENCE.sub("0", hook.url)):
        yield FieldError(f"{path}.url", f"Invalid value: {wrong}")
    if hook.secret_file and hook.secret_env:
        yield forbidden(f"{path}.secretEnv", "the secret is in secretFile, not in both")
    if hook.secret_env and not _VARIABLE.fullmatch(hook.secret_env):
        yield FieldError(f"{path}.secretEnv", "Invalid value: must be the name of an environment variable")
    if not 1 <= hook.attempts <= _MOST_ATTEMPTS:
        yield invalid(f"{path}.attempts", hook.attempts, f"must be between 1 and {_MOST_ATTEMPTS}")


def _url(text: str) -> str:
    """Return what is wrong with a URL. Its own words are not repeated: there may be a secret among them."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return "must be a URL"
    if url.scheme not in {"http", "https"} or not url.hostname or port == 0 or not _URL.fullmatch(text):
        return "must be a URL such as https://restarter.example:8443/hooks/web"
    if url.username is not None or url.password is not None:
        return "must not hold a user or password: `get -o yaml` shows it (use secretFile or secretEnv)"
    return ""


def _docker(path: str, hook: DockerRestart) -> Errors:
    name = _REFERENCE.sub("0", hook.container)
    if not name:
        yield required(f"{path}.container", "the name of a container")
    elif not _CONTAINER.fullmatch(name):
        detail = "must be the name or id of a container: letters, digits, and _.- after the first"
        yield invalid(f"{path}.container", hook.container, detail)
    try:
        parse_unix(PREFIX + hook.socket)
    except ValueError as error:
        yield invalid(f"{path}.socket", hook.socket, str(error).replace(PREFIX, ""))
    stop = hook.stop_seconds
    if stop is not None and not 0 <= stop < hook.timeout_seconds:
        detail = "must be at least 0, and below timeoutSeconds"
        yield invalid(f"{path}.stopSeconds", stop, detail)


def _systemd(path: str, hook: SystemdRestart) -> Errors:
    name = _REFERENCE.sub("0", hook.unit)
    if not name:
        yield required(f"{path}.unit", "the name of a unit")
    elif not _UNIT.fullmatch(name):
        yield invalid(f"{path}.unit", hook.unit, "must be the name of one unit, such as web@$(INDEX).service")


def _python(path: str, hook: PythonRestart) -> Errors:
    if not hook.hook:
        yield required(f"{path}.hook", "module:object or the name of an entry point")
    elif ":" in hook.hook and not _OBJECT.fullmatch(hook.hook):
        yield invalid(f"{path}.hook", hook.hook, "must read module:object, such as ops.restarts:restart")
    for name in hook.settings:
        if not name.isidentifier():
            yield invalid(f"{path}.settings", name, "must be a name that Python takes as a keyword argument")


_RULES: Mapping[str, Callable[[str, Any], Errors]] = {
    "exec": _exec,
    "webhook": _webhook,
    "docker": _docker,
    "systemd": _systemd,
    "python": _python,
}
