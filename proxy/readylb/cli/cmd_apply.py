"""`readylb apply`: brings objects to what files say, and leaves the rest of them alone.

Source: kubectl/pkg/cmd/apply. As there, what was applied last is kept with the object. Unlike there,
all is judged before anything is written.
"""

from __future__ import annotations

import argparse
from typing import Any

from readylb.cli.arguments import add_filename, add_strict
from readylb.cli.client_verb import add_client_arguments, run_client
from readylb.cli.files import load_files, resource_of
from readylb.cli.output import complain, write
from readylb.client import Client
from readylb.core.api_resources import ApiResource
from readylb.core.last_applied import applied, said_of
from readylb.errors import ApiError, ConflictError, NotFoundError, ReadylbError
from readylb.model import Object
from readylb.model.meta import LAST_APPLIED_ANNOTATION

Document = dict[str, Any]

#: How often an object that others change at the same time is read again (kubectl's maxPatchRetry).
_TRIES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `apply` takes."""
    add_filename(parser)
    parser.add_argument(
        "--dry-run",
        metavar="none|server",
        nargs="?",
        const="server",
        default="none",
        choices=("none", "server"),
        help="server: let it be judged, and write nothing",
    )
    add_strict(parser)
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Apply everything that the files say. ConfigError says what is wrong in them."""
    objects = load_files(args.filename, args.namespace, strict=args.strict)
    return run_client(args, lambda client: _apply_all(client, args, objects))


async def _apply_all(client: Client, args: argparse.Namespace, objects: tuple[Object, ...]) -> int:
    """Judge all, then write all: what is refused is refused before anything has changed."""
    if not await _each(client, objects, dry_run=True, told=args.dry_run == "server"):
        if args.dry_run == "none":
            complain("readylb: nothing was applied")
        return 1
    if args.dry_run == "server":
        return 0
    return 0 if await _each(client, objects, dry_run=False, told=True) else 1


async def _each(client: Client, objects: tuple[Object, ...], *, dry_run: bool, told: bool) -> bool:
    """Apply each, and say what came of it; return whether all went well."""
    well = True
    for item in objects:
        resource = resource_of(item)
        try:
            outcome = await _apply(client, resource, item, dry_run=dry_run)
        except ApiError as error:
            complain(f"readylb: cannot apply {resource.singular} {item.metadata.name}: {error}")
            well = False
            continue
        if told:
            suffix = " (server dry run)" if dry_run else ""
            write(f"{resource.qualified_singular}/{item.metadata.name} {outcome}{suffix}")
    return well


async def _apply(client: Client, resource: ApiResource, item: Object, *, dry_run: bool) -> str:
    """Apply one; return what became of it. ApiError."""
    meta = item.metadata
    for _ in range(_TRIES):
        try:
            live = await client.get(resource, meta.namespace, meta.name)
        except NotFoundError:
            await client.create(resource, meta.namespace, _new(item), dry_run=dry_run)
            return "created"
        wanted = applied(item, live)
        if wanted == live:
            return "unchanged"
        try:
            now = await client.replace(resource, meta.namespace, meta.name, wanted, dry_run=dry_run)
        except ConflictError:
            continue  # somebody was faster: look at what they have made of it
        return "unchanged" if _authored(now) == _authored(live) else "configured"
    msg = f"cannot apply {resource.singular} {meta.name}: others go on changing it (try again)"
    raise ReadylbError(msg)


def _new(item: Object) -> Document:
    """Return the document of an object that is to be made: what was said, and the note of it."""
    said = said_of(item)
    note = item.metadata.annotations[LAST_APPLIED_ANNOTATION]
    annotations = {**said["metadata"].get("annotations", {}), LAST_APPLIED_ANNOTATION: note}
    metadata = {**said["metadata"], "name": item.metadata.name, "annotations": annotations}
    return {**said, "metadata": metadata}


def _authored(document: Document) -> tuple[Any, Any, Any]:
    """Return what the author of an object has in hand."""
    metadata = document["metadata"]
    return document.get("spec"), metadata.get("labels"), metadata.get("annotations")
