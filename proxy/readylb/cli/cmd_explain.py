"""`readylb explain`: why a pod is in or out of the rotation, in five lines."""

from __future__ import annotations

import argparse
import json

from readylb.cli.client_verb import add_client_arguments, run_client
from readylb.cli.cmd_logs import pod_name
from readylb.cli.output import complain, write
from readylb.client import Client
from readylb.errors import ApiError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `explain` takes."""
    parser.add_argument("pod", metavar="POD", help="name of the pod, or pod/NAME")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="default: text")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print why."""
    pod = pod_name(args.pod)
    return run_client(args, lambda client: _explain(client, args, pod))


async def _explain(client: Client, args: argparse.Namespace, pod: str) -> int:
    try:
        document = await client.explain(args.namespace, pod)
    except ApiError as error:
        complain(f"readylb: cannot explain pod {pod}: {error}")
        return 1
    write(json.dumps(document, indent=4) if args.output == "json" else "\n".join(document["lines"]))
    return 0
