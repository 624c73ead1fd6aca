"""Restart hooks of Python: from `module:object`, or an entry point's name, to what can be called.

Whoever writes a configuration may have anything run, so importing what it names is no further trust.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from readylb.config.hints import did_you_mean
from readylb.config.problems import quote
from readylb.model.restart import PythonRestart

#: Entry points by which distributions offer hooks of theirs.
ENTRY_POINTS = "readylb.restart_hooks"


def load_hook(settings: PythonRestart) -> Callable[[], Callable[[Any], Any]]:
    """Return what makes the coroutine function that is called with each RestartRequest.

    The object is one of three: a class, made with the settings as keyword arguments, whose objects have
    an async method `restart(request)`; an object that has one; or an async function, called with the
    request and the settings. ValueError says why it is none of them, or cannot be imported.
    """
    found = _imported(settings) if ":" in settings.hook else _offered(settings.hook)
    if isinstance(found, type):
        _check_method(settings.hook, found)
        _check_call(settings, found)
        return lambda: found(**settings.settings).restart
    if inspect.iscoroutinefunction(found):
        _check_call(settings, found, None)
        return lambda: partial(found, **settings.settings)
    _check_method(settings.hook, found)
    if settings.settings:
        msg = f"{quote(settings.hook)} is an object already, and takes no settings (name its class)"
        raise ValueError(msg)
    return lambda: found.restart


def _imported(settings: PythonRestart) -> Any:
    name, _, path = settings.hook.partition(":")
    here = str(Path(settings.path).absolute())
    if here not in sys.path:
        sys.path.append(here)  # a module beside the files, as the servers of Python find theirs
    try:
        found: Any = import_module(name)
    except ModuleNotFoundError as error:
        hint = f" (PYTHONPATH and {here} were searched)" if error.name == name else ""
        msg = f"cannot import {quote(name)}: no module named {quote(error.name)}{hint}"
        raise ValueError(msg) from error
    except (Exception, SystemExit) as error:
        msg = f"cannot import {quote(name)}: {type(error).__name__}: {error}"
        raise ValueError(msg) from error
    for step in path.split("."):
        if not hasattr(found, step):
            hint = did_you_mean(step, [known for known in dir(found) if not known.startswith("_")])
            msg = f"module {quote(name)} has no {quote(path)}{hint}"
            raise ValueError(msg)
        found = getattr(found, step)
    return found


def _offered(name: str) -> Any:
    offers = entry_points(group=ENTRY_POINTS)
    if name not in offers.names:
        hint = did_you_mean(name, offers.names) or " (an object of a module is written module:object)"
        msg = f"no installed package offers a restart hook {quote(name)}{hint}"
        raise ValueError(msg)
    try:
        return offers[name].load()
    except (Exception, SystemExit) as error:
        msg = f"cannot load the entry point {quote(name)}: {type(error).__name__}: {error}"
        raise ValueError(msg) from error


def _check_method(reference: str, found: Any) -> None:
    if not inspect.iscoroutinefunction(getattr(found, "restart", None)):
        msg = f"{quote(reference)} must be an async function, or have an async method restart(request)"
        raise ValueError(msg)


def _check_call(settings: PythonRestart, found: Callable[..., Any], *request: None) -> None:
    try:
        inspect.signature(found).bind(*request, **settings.settings)
    except (TypeError, ValueError) as error:
        msg = f"{quote(settings.hook)} does not take these settings: {error}"
        raise ValueError(msg) from error
