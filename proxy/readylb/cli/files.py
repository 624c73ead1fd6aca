"""What files hold, for verbs that speak of objects by them: only these load what reads YAML."""

from __future__ import annotations

from collections.abc import Sequence

from readylb.cli.output import complain
from readylb.config.load import load
from readylb.core.api_resources import API_RESOURCES, ApiResource
from readylb.model import Object


def load_files(paths: Sequence[str], namespace: str, *, strict: bool = True) -> tuple[Object, ...]:
    """Return the objects that files describe; warnings go to stderr. ConfigError says what is wrong.

    Whether there is a command for an image, the server knows.
    """
    loaded = load(paths, strict=strict, images=None, namespace=namespace)
    for problem in loaded.warnings:
        complain(f"{problem.place}: warning: {problem.text}")
    if loaded.images or loaded.access_log is not None:
        complain("readylb: images and accessLog of a readylb.yaml are settings of `readylb up`: left out")
    return loaded.objects


def resource_of(item: Object) -> ApiResource:
    """Return the resource that an object belongs to."""
    kind = item.API_VERSION, item.KIND
    return next(found for found in API_RESOURCES if (found.group_version, found.kind) == kind)
