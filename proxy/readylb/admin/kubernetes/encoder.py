"""The JSON of objects as bytes, made once however many watches show the same one."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

from readylb.admin.kubernetes.objects import ApiObject, encode

#: Watches that keep up show a change one right after the other; one that lags encodes for itself.
_MOST = 64


class Encoder:
    """Remembers what was encoded last. Objects never change, so being the same object says enough."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        # With the object itself: as long as it is kept, nobody else has its id.
        self._kept: OrderedDict[int, tuple[ApiObject, bytes]] = OrderedDict()

    def object(self, item: ApiObject) -> bytes:
        """Return the object as the API's JSON, in one line without its end."""
        kept = self._kept.get(id(item))
        if kept is not None:
            return kept[1]
        data = compact(encode(item))
        self._kept[id(item)] = (item, data)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return data


def compact(document: dict[str, Any]) -> bytes:
    """Return a document as JSON without blanks."""
    return json.dumps(document, separators=(",", ":")).encode()
