"""`readylb delete`: asks for deletion and waits until the objects are gone."""

from __future__ import annotations

import argparse
from contextlib import aclosing

from readylb.cli.arguments import add_filename, add_switch
from readylb.cli.client_verb import (
    Subject,
    add_client_arguments,
    parse_subjects,
    run_client,
)
from readylb.cli.files import load_files, resource_of
from readylb.cli.output import complain, write
from readylb.client import Client, Selector
from readylb.errors import ApiError, GoneError, NotFoundError, UsageError
from readylb.model import Object


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `delete` takes."""
    parser.add_argument("what", metavar="TYPE NAME... | TYPE/NAME", nargs="*", help="pod NAME, svc NAME, ...")
    add_filename(parser, required=False, says="what these files describe (may repeat)")
    parser.add_argument(
        "--grace-period", metavar="SECONDS", type=int, default=-1, help="instead of the pod's own"
    )
    parser.add_argument("--now", action="store_true", help="the same as --grace-period=1")
    add_switch(parser, "--wait", says="wait until they are gone (default: true)")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Delete what is named, here or in files."""
    if args.filename and args.what:
        msg = "cannot delete by name and by file at once: give one of them"
        raise UsageError(msg)
    if args.filename:
        found = [
            (item.metadata.namespace, _subject(item)) for item in load_files(args.filename, args.namespace)
        ]
        return run_client(args, lambda client: _delete(client, args, found))
    subjects = parse_subjects(args.what)
    if not all(subject.name for subject in subjects):
        msg = "cannot delete a whole resource type: name the objects (readylb delete pod NAME)"
        raise UsageError(msg)
    named = [(args.namespace, subject) for subject in subjects]
    return run_client(args, lambda client: _delete(client, args, named))


def _subject(item: Object) -> Subject:
    return Subject(resource_of(item), item.metadata.name)


async def _delete(client: Client, args: argparse.Namespace, subjects: list[tuple[str, Subject]]) -> int:
    grace = 1 if args.now else args.grace_period if args.grace_period >= 0 else None
    failed = False
    deleted: list[tuple[str, Subject, str]] = []
    for namespace, subject in subjects:
        resource, name = subject.resource, subject.name
        try:
            answer = await client.delete(resource, namespace, name, grace_seconds=grace)
        except ApiError as error:
            complain(f"readylb: cannot delete {resource.singular} {name}: {error}")
            failed = True
            continue
        write(f'{resource.qualified_singular} "{name}" deleted')
        uid = answer.get("metadata", {}).get("uid") or answer.get("details", {}).get("uid", "")
        deleted.append((namespace, subject, uid))
    if args.wait:
        for namespace, subject, uid in deleted:
            await _wait_until_gone(client, namespace, subject, uid)
    return 1 if failed else 0


async def _wait_until_gone(client: Client, namespace: str, subject: Subject, uid: str) -> None:
    """Return when the object with this uid is no more; another of the same name does not count."""
    selector = Selector(fields=f"metadata.name={subject.name}")
    while True:
        try:
            current = await client.get(subject.resource, namespace, subject.name)
        except NotFoundError:
            return
        if current["metadata"]["uid"] != uid:
            return
        since = current["metadata"]["resourceVersion"]
        try:
            async with aclosing(client.watch(subject.resource, namespace, selector, since=since)) as changes:
                async for change in changes:
                    if change["type"] == "DELETED":
                        return
        except GoneError:
            continue  # it was long since the object changed: look again, from where it is now
