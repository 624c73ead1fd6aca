"""`readylb logs`: what a container has written."""

from __future__ import annotations

import argparse
from contextlib import aclosing

from readylb.cli.client_verb import add_client_arguments, parse_subjects, run_client
from readylb.cli.intervals import parse_duration
from readylb.cli.output import complain, write_bytes
from readylb.client import Client
from readylb.core.api_resources import PODS
from readylb.errors import ApiError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `logs` takes."""
    parser.add_argument("pod", metavar="POD", help="name of the pod, or pod/NAME")
    parser.add_argument("-c", "--container", metavar="NAME", default="", help="when the pod has several")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what it writes")
    parser.add_argument(
        "-p", "--previous", action="store_true", help="of the container that ran before the last restart"
    )
    parser.add_argument("--tail", metavar="N", type=int, default=-1, help="the last N lines only")
    parser.add_argument("--since", metavar="DURATION", default="", help="not older than, as in 5m or 1h30m")
    parser.add_argument("--timestamps", action="store_true", help="with the time of each line")
    parser.add_argument("--limit-bytes", metavar="N", type=int, default=0, help="at most N bytes")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the log."""
    pod = pod_name(args.pod)
    options = _options(args)
    return run_client(args, lambda client: _print(client, args.namespace, pod, options))


def pod_name(word: str) -> str:
    """Return the pod that `NAME` or `pod/NAME` means; UsageError for another type."""
    if "/" not in word:
        return word
    subject = parse_subjects([word])[0]
    if subject.resource != PODS:
        msg = f"cannot take {word}: name a pod (readylb get pods lists them)"
        raise UsageError(msg)
    return subject.name


def _options(args: argparse.Namespace) -> dict[str, str]:
    options = {name: "true" for name in ("follow", "previous", "timestamps") if getattr(args, name)}
    if args.container:
        options["container"] = args.container
    if args.tail >= 0:
        options["tailLines"] = str(args.tail)
    if args.limit_bytes > 0:
        options["limitBytes"] = str(args.limit_bytes)
    if args.since:
        options["sinceSeconds"] = str(parse_duration("--since", args.since))
    return options


async def _print(client: Client, namespace: str, pod: str, options: dict[str, str]) -> int:
    try:
        async with aclosing(client.logs(namespace, pod, options)) as pieces:
            async for piece in pieces:
                write_bytes(piece)
    except ApiError as error:
        complain(f"readylb: cannot read the log of pod {pod}: {error}")
        return 1
    return 0
