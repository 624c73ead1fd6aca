"""Who is left out by workers for a time, because traffic failed at it: remembered to be shown."""

from __future__ import annotations

from collections.abc import Collection

from readylb.core.passive import PassiveReason, PassiveSignal
from readylb.wire.messages import PassiveReport


class Ejections:
    """What holds longest against each pod at each Service port, at any of the workers."""

    def __init__(self) -> None:
        """Know of none."""
        self._signals: dict[str, dict[str, PassiveSignal]] = {}

    def __repr__(self) -> str:
        """Show how many pods are known."""
        return f"<ejections of {len(self._signals)} pods>"

    def note(self, report: PassiveReport, now: float) -> None:
        """Take a report; only one that says until when is an ejection, and the latest such moment counts."""
        known = self._signals.get(report.uid, {}).get(report.key)
        if not report.until or (known is not None and known.until > report.until):
            return
        service, _, port = report.key.partition("/")[2].rpartition(":")
        reason = PassiveReason.EJECTED if report.reason == "Ejected" else PassiveReason.REFUSED
        self._signals.setdefault(report.uid, {})[report.key] = PassiveSignal(
            reason=reason, since=now, until=report.until, service=service, port=int(port)
        )

    def lead_back(self, key: str, uids: Collection[str], now: float) -> None:
        """Take it that these pods, and no others, lead back to the Service port `key`."""
        mark = f"{key} leads back"
        for uid, signals in self._signals.items():
            if uid not in uids:
                signals.pop(mark, None)
        service, _, port = key.partition("/")[2].rpartition(":")
        for uid in uids:
            signal = PassiveSignal(
                reason=PassiveReason.LEADS_BACK, since=now, service=service, port=int(port)
            )
            self._signals.setdefault(uid, {}).setdefault(mark, signal)

    def of(self, uid: str) -> tuple[PassiveSignal, ...]:
        """Return what is held against a pod, what is over included."""
        return tuple(self._signals.get(uid, {}).values())

    def forget(self, uid: str) -> None:
        """Take note that a pod is gone."""
        self._signals.pop(uid, None)
