"""`readylb describe`: one object in full, with its events, as `kubectl describe` prints it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable

from readylb.cli.client_verb import Subject, add_client_arguments, parse_subjects, run_client
from readylb.cli.describe_pod import describe_pod
from readylb.cli.describe_service import describe_service
from readylb.cli.describe_workload import (
    describe_deployment,
    describe_replica_set,
    describe_replication_controller,
)
from readylb.cli.description import Document, Scene
from readylb.cli.output import complain, write
from readylb.client import Client, Selector
from readylb.core import api_resources as names
from readylb.core.api_resources import ApiResource
from readylb.errors import ApiError, NotFoundError, UsageError

_DESCRIBERS: dict[ApiResource, Callable[[Scene], Awaitable[str]]] = {
    names.PODS: describe_pod,
    names.SERVICES: describe_service,
    names.REPLICATION_CONTROLLERS: describe_replication_controller,
    names.REPLICA_SETS: describe_replica_set,
    names.DEPLOYMENTS: describe_deployment,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `describe` takes."""
    parser.add_argument("what", metavar="TYPE [NAME...] | TYPE/NAME", nargs="*", help="pod NAME, svc, ...")
    parser.add_argument("-l", "--selector", metavar="LABELS", default="", help="by labels")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Describe what is named."""
    subjects = parse_subjects(args.what)
    for subject in subjects:
        if subject.resource not in _DESCRIBERS:
            known = ", ".join(resource.plural for resource in _DESCRIBERS)
            msg = f"cannot describe {subject.resource.plural} (it describes: {known}; or get -o yaml)"
            raise UsageError(msg)
    return run_client(args, lambda client: _describe(client, args, subjects))


async def _describe(client: Client, args: argparse.Namespace, subjects: list[Subject]) -> int:
    failed, texts = False, []
    for subject in subjects:
        try:
            items = await _find(client, args, subject)
        except ApiError as error:
            complain(f"readylb: cannot describe {subject.resource.singular} {subject.name}: {error}")
            failed = True
            continue
        describer = _DESCRIBERS[subject.resource]
        texts += [await describer(Scene(client, item, time.time())) for item in items]
    if texts:
        write("\n\n\n".join(texts))
    elif not failed:
        complain(f"No resources found in {args.namespace} namespace.")
    return 1 if failed else 0


async def _find(client: Client, args: argparse.Namespace, subject: Subject) -> list[Document]:
    """Return the object of that name, or those whose names begin with it; all when none is named."""
    if subject.name:
        try:
            return [await client.get(subject.resource, args.namespace, subject.name)]
        except NotFoundError:
            listed = await client.list(subject.resource, args.namespace)
            found = [item for item in listed["items"] if item["metadata"]["name"].startswith(subject.name)]
            if not found:
                raise
            return found
    listed = await client.list(subject.resource, args.namespace, Selector(labels=args.selector))
    items: list[Document] = listed["items"]
    return items
