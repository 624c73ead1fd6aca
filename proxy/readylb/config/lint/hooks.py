"""Hooks that leave a container no time to stop."""

from __future__ import annotations

import re

from readylb.config.lint.finding import Finding, Findings
from readylb.core.drain import MINIMUM_GRACE_SECONDS
from readylb.model.container import Container
from readylb.model.lifecycle import LifecycleHandler

_SLEEP = re.compile(r"sleep\s+(\d{1,6})s?")


def lint_hooks(path: str, container: Container, grace_seconds: int) -> Findings:
    """Yield what is odd about the hooks of the container at `path`, in a pod with that grace period."""
    hook = container.lifecycle.pre_stop if container.lifecycle else None
    seconds = _sleeps(hook) if hook else 0
    if not seconds:
        return
    if seconds >= grace_seconds:
        yield Finding(
            f"{path}.lifecycle.preStop", _message(seconds, "terminationGracePeriodSeconds", grace_seconds)
        )
    for word, probe in (
        ("livenessProbe", container.liveness_probe),
        ("startupProbe", container.startup_probe),
    ):
        own = probe.termination_grace_period_seconds if probe else None
        if own is not None and seconds >= own:
            place = f"{path}.{word}.terminationGracePeriodSeconds"
            yield Finding(place, _message(seconds, "it", own))


def _message(seconds: int, what: str, grace: int) -> str:
    return (
        f"the preStop hook sleeps for {seconds} s and {what} is {grace}: SIGKILL comes "
        f"{MINIMUM_GRACE_SECONDS} s after SIGTERM (a shorter sleep, or a longer grace period)"
    )


def _sleeps(hook: LifecycleHandler) -> int:
    """Return how long a hook sleeps that does nothing else; 0 for any other."""
    if hook.sleep is not None:
        return hook.sleep.seconds
    words = hook.exec.command if hook.exec else ()
    text = " ".join(words[2:] if words[1:2] == ("-c",) else words)
    found = _SLEEP.fullmatch(text.removeprefix("/bin/").strip())
    return int(found[1]) if found else 0
