"""`readylb undrain`: lets drained pods have requests again."""

from __future__ import annotations

import argparse

from readylb.cli.client_verb import add_client_arguments, run_client
from readylb.cli.cmd_logs import pod_name
from readylb.cli.output import complain, write
from readylb.client import Client
from readylb.core.api_resources import PODS
from readylb.core.drained import DRAINED
from readylb.errors import ApiError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `undrain` takes."""
    parser.add_argument("pods", metavar="POD", nargs="+", help="name of a pod, or pod/NAME")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Undrain what is named."""
    pods = [pod_name(word) for word in args.pods]
    return run_client(args, lambda client: _undrain_all(client, args, pods))


async def _undrain_all(client: Client, args: argparse.Namespace, pods: list[str]) -> int:
    failed = False
    for pod in pods:
        try:
            before = await client.get(PODS, args.namespace, pod)
            was = before["metadata"].get("annotations", {}).get(DRAINED) == "true"
            await client.undrain(args.namespace, pod)
        except ApiError as error:
            complain(f"readylb: cannot undrain pod {pod}: {error}")
            failed = True
        else:
            write(f"pod/{pod} {'undrained' if was else 'was not drained'}")
    return 1 if failed else 0
