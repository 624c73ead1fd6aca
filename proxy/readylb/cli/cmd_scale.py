"""`readylb scale`: how many replicas a workload is to have."""

from __future__ import annotations

import argparse

from readylb.cli.client_verb import Subject, add_client_arguments, parse_subjects, run_client
from readylb.cli.output import complain, write
from readylb.client import Client
from readylb.errors import ApiError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `scale` takes."""
    parser.add_argument(
        "what", metavar="KIND/NAME | KIND NAME...", nargs="*", help="a Deployment, ReplicaSet or rc"
    )
    parser.add_argument("--replicas", metavar="N", type=int, required=True, help="how many there are to be")
    parser.add_argument(
        "--current-replicas", metavar="N", type=int, default=-1, help="only if that many are wanted now"
    )
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Scale what is named."""
    if args.replicas < 0:
        msg = f"cannot scale to {args.replicas}: --replicas must be 0 or more"
        raise UsageError(msg)
    subjects = parse_subjects(args.what)
    if not all(subject.name for subject in subjects):
        msg = "cannot scale a whole resource type: name the objects (readylb scale deployment/NAME)"
        raise UsageError(msg)
    return run_client(args, lambda client: _scale(client, args, subjects))


async def _scale(client: Client, args: argparse.Namespace, subjects: list[Subject]) -> int:
    failed = False
    for subject in subjects:
        resource, name = subject.resource, subject.name
        try:
            await _scale_one(client, args, subject)
        except ApiError as error:
            complain(f"readylb: cannot scale {resource.singular} {name}: {error}")
            failed = True
        else:
            write(f"{resource.qualified_singular}/{name} scaled")
    return 1 if failed else 0


async def _scale_one(client: Client, args: argparse.Namespace, subject: Subject) -> None:
    """Scale one object; with a precondition, only the very version that fulfils it."""
    change = {"spec": {"replicas": args.replicas}}
    if args.current_replicas >= 0:
        present = await client.get(subject.resource, args.namespace, subject.name)
        replicas = present.get("spec", {}).get("replicas")
        if replicas != args.current_replicas:
            msg = f"Expected replicas to be {args.current_replicas}, was {replicas}"
            raise ApiError(msg)
        change["metadata"] = {"resourceVersion": present["metadata"]["resourceVersion"]}
    await client.patch(subject.resource, args.namespace, subject.name, change, subresource="scale")
