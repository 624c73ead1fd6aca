"""The parts that every description has: labels, annotations, events.

Lines are written with tabs where columns end, as kubectl writes them; `finish` aligns them as
kubectl's tab writer does. Source: k8s.io/kubectl/pkg/describe/describe.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from readylb.cli.intervals import event_interval
from readylb.cli.tabwriter import align
from readylb.client import Client, Selector
from readylb.core.api_resources import EVENTS
from readylb.model.meta import LAST_APPLIED_ANNOTATION

NONE = "<none>"
#: Annotations longer than this go on a line of their own (maxAnnotationLen).
_LONG_ANNOTATION = 140
#: The object once more (skipAnnotations).
_UNSHOWN = frozenset({LAST_APPLIED_ANNOTATION})

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a description is made from: the object, a client for what belongs to it, the moment."""

    client: Client
    item: Document
    now: float

    @property
    def namespace(self) -> str:
        """The namespace of the object."""
        return str(self.item["metadata"].get("namespace", "default"))

    async def events(self) -> list[Document]:
        """Return the object's events, oldest first."""
        meta = self.item["metadata"]
        fields = ",".join(
            f"involvedObject.{name}={value}"
            for name, value in (("kind", self.item["kind"]), ("name", meta["name"]), ("uid", meta["uid"]))
        )
        listed = await self.client.list(EVENTS, self.namespace, Selector(fields=fields))
        return sorted(listed["items"], key=lambda event: str(event.get("lastTimestamp", "")))


def multiline(title: str, entries: Mapping[str, str], join: str = "=") -> list[str]:
    """Return `TITLE:  a=b` and further lines below it; `<none>` when empty."""
    if not entries:
        return [f"{title}:\t{NONE}"]
    texts = [_entry(name, value, join) for name, value in sorted(entries.items())]
    return [f"{title}:\t{texts[0]}", *(f"\t{text}" for text in texts[1:])]


def head(item: Document) -> list[str]:
    """Return the lines of name and namespace."""
    meta = item["metadata"]
    return [f"Name:\t{meta['name']}", f"Namespace:\t{meta.get('namespace', '')}"]


def labels_and_annotations(item: Document) -> list[str]:
    """Return the lines of labels and annotations."""
    meta = item["metadata"]
    labels = multiline("Labels", meta.get("labels", {}))
    notes = {name: value for name, value in meta.get("annotations", {}).items() if name not in _UNSHOWN}
    return [*labels, *multiline("Annotations", notes, ": ")]


def controlled_by(item: Document) -> list[str]:
    """Return the line that names the owner, if one controls the object."""
    owners = item["metadata"].get("ownerReferences", [])
    owner = next((owner for owner in owners if owner.get("controller")), None)
    return [] if owner is None else [f"Controlled By:\t{owner['kind']}/{owner['name']}"]


def is_controlled_by(item: Document, uid: str) -> bool:
    """Say whether the object with that uid manages this one."""
    owners = item["metadata"].get("ownerReferences", [])
    return any(owner.get("controller") and owner["uid"] == uid for owner in owners)


def finish(lines: list[str], events: list[Document], now: float) -> str:
    """Return the description: aligned lines, then the events in columns of their own."""
    if not events:
        return align("\n".join([*lines, f"Events:\t{NONE}"]))
    rows = ["Events:", "  Type\tReason\tAge\tFrom\tMessage", "  ----\t------\t----\t----\t-------"]
    for event in events:
        source = event.get("source", {}).get("component", "")
        message = event.get("message", "").strip()
        cells = (event.get("type", ""), event.get("reason", ""), event_interval(event, now), source, message)
        rows.append("  " + "\t".join(cells))
    return align("\n".join(lines)) + "\n" + align("\n".join(rows))


def selector_text(selector: Document | None) -> str:
    """Return a label selector as one line (metav1.FormatLabelSelector); `<none>` for none."""
    selector = selector or {}
    parts = [f"{name}={value}" for name, value in sorted(selector.get("matchLabels", {}).items())]
    for term in selector.get("matchExpressions", []):
        values = ",".join(sorted(term.get("values", [])))
        forms = {
            "In": f"{term['key']} in ({values})",
            "NotIn": f"{term['key']} notin ({values})",
            "Exists": term["key"],
            "DoesNotExist": f"!{term['key']}",
        }
        parts.append(forms[term["operator"]])
    return ",".join(parts) or NONE


def _entry(name: str, value: str, join: str) -> str:
    text = f"{name}{join}{value}"
    if join == "=" or (len(text) <= _LONG_ANNOTATION and "\n" not in value):
        return text
    return f"{name}:\n" + "\n".join(f"\t  {_shortened(line)}" for line in value.split("\n"))


def _shortened(line: str) -> str:
    limit = _LONG_ANNOTATION - 2
    return line if len(line) <= limit else line[:limit] + "..."
