"""`readylb rollout`: watches, repeats, undoes, holds and releases the rollout of a Deployment."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from readylb.cli import rollout_history
from readylb.cli.arguments import add_switch
from readylb.cli.client_verb import Subject, add_client_arguments, parse_subjects, run_client
from readylb.cli.intervals import parse_duration
from readylb.cli.output import complain, write
from readylb.cli.rollout_status import rollout_status
from readylb.client import Client, Selector
from readylb.core.api_resources import DEPLOYMENTS, REPLICA_SETS
from readylb.errors import ApiError, GoneError, ReadylbError, UsageError

#: kubectl's own annotation, so that both tools show the same.
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `rollout` takes."""
    parser.add_argument("action", choices=tuple(_ACTIONS), help="what to do")
    parser.add_argument("what", metavar="deployment/NAME", nargs="*", help="a Deployment")
    add_switch(parser, "-w", "--watch", says="status: wait until the rollout is done (default: true)")
    parser.add_argument(
        "--timeout", metavar="DURATION", default="0s", help="status: wait no longer, as in 90s (0s: no limit)"
    )
    parser.add_argument(
        "--to-revision", metavar="N", type=int, default=0, help="undo: to N, not the last but one"
    )
    parser.add_argument(
        "--revision", metavar="N", type=int, default=0, help="history: show the pod template of N"
    )
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Do it to what is named."""
    subjects = parse_subjects(args.what)
    if not all(subject.name for subject in subjects):
        msg = f"cannot tell which one is meant: readylb rollout {args.action} deployment/NAME"
        raise UsageError(msg)
    if min(args.to_revision, args.revision) < 0:
        msg = f"cannot find revision {min(args.to_revision, args.revision)}: revisions are numbered from 1"
        raise UsageError(msg)
    args.timeout_seconds = parse_duration("--timeout", args.timeout)
    return run_client(args, lambda client: _run_all(client, args, subjects))


async def _run_all(client: Client, args: argparse.Namespace, subjects: list[Subject]) -> int:
    failed = False
    for subject in subjects:
        try:
            if subject.resource != DEPLOYMENTS:
                msg = "only Deployments roll out (delete its pods and it makes new ones)"
                raise ApiError(msg)  # noqa: TRY301  # told like what the server refuses
            await _ACTIONS[args.action](client, args, subject.name)
        except ApiError as error:
            what = f"{args.action} {subject.resource.singular} {subject.name}"
            complain(f"readylb: cannot {_PHRASE.get(args.action, '')}{what}: {error}")
            failed = True
    return 1 if failed else 0


_PHRASE = {"history": "tell the rollout's ", "status": "tell the rollout's "}


async def _status(client: Client, args: argparse.Namespace, name: str) -> None:
    limit = args.timeout_seconds or None
    try:
        async with asyncio.timeout(limit):
            await _follow(client, args, name)
    except TimeoutError as error:
        msg = f"cannot wait for the rollout any longer: {args.timeout} have passed (it goes on by itself)"
        raise ReadylbError(msg) from error


async def _follow(client: Client, args: argparse.Namespace, name: str) -> None:
    """Print every new sentence about the rollout until it is done."""
    said = ""
    while True:
        current = await client.get(DEPLOYMENTS, args.namespace, name)
        said, done = _tell(current, said)
        if done or not args.watch:
            return
        selector = Selector(fields=f"metadata.name={name}")
        since = current["metadata"]["resourceVersion"]
        try:
            async with aclosing(client.watch(DEPLOYMENTS, args.namespace, selector, since=since)) as changes:
                async for change in changes:
                    if change["type"] == "DELETED":
                        msg = "object has been deleted"
                        raise ApiError(msg)
                    said, done = _tell(change["object"], said)
                    if done:
                        return
        except GoneError:
            continue  # it was long since the object changed: look again, from where it is now


def _tell(deployment: dict[str, Any], said: str) -> tuple[str, bool]:
    """Print how far it is, unless that is what was said last."""
    text, done = rollout_status(deployment)
    if text != said:
        write(text)
    return text, done


async def _restart(client: Client, args: argparse.Namespace, name: str) -> None:
    current = await client.get(DEPLOYMENTS, args.namespace, name)
    if current.get("spec", {}).get("paused"):
        msg = f"can't restart paused deployment (run readylb rollout resume deployment/{name} first)"
        raise ApiError(msg)
    moment = datetime.now(UTC).isoformat(timespec="microseconds")
    change = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: moment}}}}}
    await client.patch(DEPLOYMENTS, args.namespace, name, change)
    write(f"{DEPLOYMENTS.qualified_singular}/{name} restarted")


async def _undo(client: Client, args: argparse.Namespace, name: str) -> None:
    current, known = await _revisions(client, args.namespace, name)
    number = rollout_history.chosen(current, known, args.to_revision)
    operations = rollout_history.way_back(current, known[number])
    title = f"{DEPLOYMENTS.qualified_singular}/{name}"
    if not operations:
        write(f"{title} skipped rollback (current template already matches revision {number})")
        return
    await client.patch(DEPLOYMENTS, args.namespace, name, operations)
    write(f"{title} rolled back")


async def _history(client: Client, args: argparse.Namespace, name: str) -> None:
    _, known = await _revisions(client, args.namespace, name)
    if args.revision:
        which, text = f"with revision #{args.revision}", rollout_history.revision(known, args.revision)
    else:
        which, text = "", rollout_history.history(known)
    write(f"{DEPLOYMENTS.qualified_singular}/{name} {which}\n{text}")


async def _revisions(
    client: Client, namespace: str, name: str
) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """Return the Deployment and its ReplicaSets by their revision."""
    current = await client.get(DEPLOYMENTS, namespace, name)
    listed = await client.list(REPLICA_SETS, namespace)
    return current, rollout_history.revisions(current, listed["items"])


async def _pause(client: Client, args: argparse.Namespace, name: str) -> None:
    await _set_paused(client, args.namespace, name, paused=True)


async def _resume(client: Client, args: argparse.Namespace, name: str) -> None:
    await _set_paused(client, args.namespace, name, paused=False)


async def _set_paused(client: Client, namespace: str, name: str, *, paused: bool) -> None:
    current = await client.get(DEPLOYMENTS, namespace, name)
    if bool(current.get("spec", {}).get("paused")) is paused:
        msg = f"it is {'already' if paused else 'not'} paused"
        raise ApiError(msg)
    await client.patch(DEPLOYMENTS, namespace, name, {"spec": {"paused": paused}})
    write(f"{DEPLOYMENTS.qualified_singular}/{name} {'paused' if paused else 'resumed'}")


_ACTIONS: dict[str, Callable[[Client, argparse.Namespace, str], Awaitable[None]]] = {
    "status": _status,
    "history": _history,
    "restart": _restart,
    "undo": _undo,
    "pause": _pause,
    "resume": _resume,
}
