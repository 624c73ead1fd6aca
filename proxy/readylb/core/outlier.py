"""What traffic itself says of an endpoint: passive evidence, beside the probe's word and the operator's.

Traffic needs all three to agree. A refused connection excludes at once: nobody listens. Timeouts and
broken connections in a row eject for a time that grows, as Envoy's outlier detection does; so do 5xx
where that is asked for. Nothing here overrules a probe that says no.
"""

from __future__ import annotations

#: An endpoint that no probe can vouch for is tried again after this long, times how often in a row.
REFUSED_SECONDS = 1.0
REFUSED_MOST_SECONDS = 30.0


class Outlier:
    """The evidence against one endpoint. Times are of one clock; `until` and `refused_at` 0 for none.

    `refused_at` bars an endpoint that has a probe until the probe has passed after that moment;
    `until` bars any endpoint until then.
    """

    __slots__ = ("answers_5xx", "failures", "refused_at", "times", "until")

    def __init__(self) -> None:
        """Hold nothing against it."""
        self.failures = 0
        self.answers_5xx = 0
        self.refused_at = 0.0
        self.times = 0
        self.until = 0.0

    def __repr__(self) -> str:
        """Show what is held against it."""
        return f"<Outlier {self.failures} failures, {self.answers_5xx} 5xx, ejected {self.times} times>"

    def failed(self, most: int) -> bool:
        """Count a failure in a row of them; True: there are `most` (0: never) now."""
        self.failures += 1
        return 0 < most <= self.failures

    def answered_5xx(self, most: int) -> bool:
        """Count a 5xx in a row of them; True: there are `most` (0: never) now."""
        self.failures = 0
        self.answers_5xx += 1
        return 0 < most <= self.answers_5xx

    def eject(self, now: float, seconds: float, most_seconds: float) -> None:
        """Bar it for `seconds` times how often in a row; a long good time in between ends the row."""
        if now - self.until > most_seconds:
            self.times = 0
        self.times += 1
        self.until = now + min(seconds * self.times, most_seconds)
        self.failures = self.answers_5xx = 0

    def vouch(self, at: float) -> None:
        """Forget a refusal up to `at`: its probe has passed since."""
        if at >= self.refused_at:
            self.refused_at = 0.0

    def is_refused(self) -> bool:
        """Say whether a probe has to vouch for it first."""
        return self.refused_at > 0

    def is_ejected(self, now: float) -> bool:
        """Say whether its time is not over."""
        return self.until > now


def may_eject(ejected: int, endpoints: int, percent: float) -> bool:
    """Say whether one more of `endpoints` may be ejected where `ejected` are, and `percent` is the most."""
    return (ejected + 1) * 100 <= endpoints * percent
