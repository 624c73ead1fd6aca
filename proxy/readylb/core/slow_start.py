"""How much of its weight an endpoint has that has just become Ready.

Caches are cold and pools empty right after a start; a full share at once may be more than it bears. The
share grows evenly with its age, from a tenth of its weight to the whole: Envoy's slow start with its
defaults (aggression 1, min_weight_percent 10).
"""

from __future__ import annotations

#: Envoy's min_weight_percent, as a fraction.
LEAST_SHARE = 0.1


def share(age_seconds: float, window_seconds: float) -> float:
    """Return the part of its weight, up to 1.0, for an endpoint that has been Ready so long."""
    if window_seconds <= 0 or age_seconds >= window_seconds:
        return 1.0
    return max(LEAST_SHARE, age_seconds / window_seconds)


def step_seconds(window_seconds: float) -> float:
    """Return how soon to look again: when the share has grown by 5 %, at most four times a second."""
    return max(0.25, window_seconds / 20)
