"""`readylb drain`: keeps new requests from pods and waits until those that run have finished."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from typing import Any

from readylb.cli.arguments import add_switch
from readylb.cli.client_verb import add_client_arguments, run_client
from readylb.cli.cmd_logs import pod_name
from readylb.cli.intervals import parse_duration
from readylb.cli.output import complain, write
from readylb.client import Client, Selector
from readylb.core.api_resources import PODS
from readylb.core.drained import DRAINED, DRAINED_CONDITION
from readylb.errors import ApiError, GoneError, ReadylbError

_TOO_MANY_REQUESTS = 429


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `drain` takes."""
    parser.add_argument("pods", metavar="POD", nargs="+", help="name of a pod, or pod/NAME")
    parser.add_argument(
        "--force", action="store_true", help="drain even the last pod of a Service: its clients get 503"
    )
    add_switch(
        parser,
        "--wait",
        says="wait until running requests have finished (default: true); new ones never come any more",
    )
    parser.add_argument(
        "--timeout", metavar="DURATION", default="0s", help="wait no longer, as in 90s (0s: no limit)"
    )
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Drain what is named."""
    pods = [pod_name(word) for word in args.pods]
    args.timeout_seconds = parse_duration("--timeout", args.timeout)
    return run_client(args, lambda client: _drain_all(client, args, pods))


async def _drain_all(client: Client, args: argparse.Namespace, pods: list[str]) -> int:
    """Drain all first, then wait for each: their requests end side by side."""
    failed = False
    begun: list[tuple[str, dict[str, Any]]] = []
    for pod in pods:
        try:
            begun.append((pod, await client.drain(args.namespace, pod, force=args.force)))
        except ApiError as error:
            remedy = " (wait until another is Ready, or --force)" if _is_last(error) else ""
            complain(f"readylb: cannot drain pod {pod}: {error}{remedy}")
            failed = True
    try:
        async with asyncio.timeout(args.timeout_seconds or None):
            for pod, document in begun:
                await _finish(client, args, pod, document)
    except TimeoutError as error:
        msg = f"cannot wait any longer: {args.timeout} have passed (no new requests come; running ones go on)"
        raise ReadylbError(msg) from error
    return 1 if failed else 0


async def _finish(client: Client, args: argparse.Namespace, pod: str, document: dict[str, Any]) -> None:
    """Return when no new request comes, and with `--wait` when the last has ended."""
    said = ""
    while True:
        try:
            said = _tell(pod, document, said, wait=args.wait)
            if not said:
                return
            selector = Selector(fields=f"metadata.name={pod}")
            since = document["metadata"]["resourceVersion"]
            changes = client.watch(PODS, args.namespace, selector, since=since)
            async with aclosing(changes):
                async for change in changes:
                    if change["type"] == "DELETED":
                        write(f"pod/{pod} deleted")
                        return
                    said = _tell(pod, change["object"], said, wait=args.wait)
                    if not said:
                        return
        except GoneError:
            pass  # it was long since the pod changed: look again, from where it is now
        document = await client.get(PODS, args.namespace, pod)


def _tell(pod: str, document: dict[str, Any], said: str, *, wait: bool) -> str:
    """Print what is new; return what has been said (`-`: nothing), or nothing at the end."""
    if document["metadata"].get("annotations", {}).get(DRAINED) != "true":
        msg = f"cannot drain pod {pod}: it was undrained meanwhile"
        raise ReadylbError(msg)
    conditions = document.get("status", {}).get("conditions", [])
    reason = next((item["reason"] for item in conditions if item["type"] == DRAINED_CONDITION), "")
    if reason and reason != said:
        write(f"pod/{pod} {reason.lower()}")
    done = reason == "Drained" or (reason and not wait)
    return "" if done else reason or said or "-"


def _is_last(error: ApiError) -> bool:
    return error.status == _TOO_MANY_REQUESTS
