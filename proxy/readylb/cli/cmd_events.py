"""`readylb events`: what happened, oldest first; `-w` goes on."""

from __future__ import annotations

import argparse
import time
from contextlib import aclosing
from typing import Any

from readylb.cli.client_verb import Subject, add_client_arguments, parse_subjects, run_client
from readylb.cli.intervals import event_interval
from readylb.cli.output import complain, write
from readylb.cli.tabwriter import Columns
from readylb.client import Client, Selector
from readylb.core.api_resources import EVENTS
from readylb.errors import GoneError, UsageError

_HEAD = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]

Document = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `events` takes."""
    parser.add_argument("-w", "--watch", action="store_true", help="go on with what happens")
    parser.add_argument("--for", dest="about", metavar="TYPE/NAME", default="", help="of one object only")
    parser.add_argument("--types", metavar="TYPES", default="", help="Normal, Warning or both, by comma")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="of all namespaces")
    parser.add_argument("--no-headers", action="store_true", help="without the line of column names")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """List, and watch if asked."""
    subject = _subject(args.about)
    types = {word.strip().capitalize() for word in args.types.split(",") if word.strip()}
    if unknown := types - {"Normal", "Warning"}:
        msg = f"cannot select events of type {unknown.pop()} (there are: Normal, Warning)"
        raise UsageError(msg)
    return run_client(args, lambda client: _Events(client, args, subject, types).run())


def _subject(word: str) -> Subject | None:
    if not word:
        return None
    subjects = parse_subjects([word])
    if not subjects[0].name:
        msg = f"cannot tell which object {word} is (write --for TYPE/NAME)"
        raise UsageError(msg)
    return subjects[0]


class _Events:
    """One run of `events`."""

    def __init__(
        self, client: Client, args: argparse.Namespace, subject: Subject | None, types: set[str]
    ) -> None:
        self._client = client
        self._args = args
        self._types = types
        self._namespace = None if args.all_namespaces else args.namespace
        self._selector = Selector()
        if subject is not None:
            kind, name = subject.resource.kind, subject.name
            self._selector = Selector(fields=f"involvedObject.kind={kind},involvedObject.name={name}")
        self._columns = Columns()
        self._head_done = args.no_headers

    async def run(self) -> int:
        listed = await self._client.list(EVENTS, self._namespace, self._selector)
        events = sorted(filter(self._wanted, listed["items"]), key=_when)
        if events:
            self._print(events)
        elif not self._args.watch:
            where = "" if self._namespace is None else f" in {self._namespace} namespace"
            complain(f"No events found{where}.")
        if self._args.watch:
            await self._watch(listed["metadata"]["resourceVersion"])
        return 0

    async def _watch(self, since: str) -> None:
        while True:
            try:
                since = await self._follow(since)
            except GoneError:
                listed = await self._client.list(EVENTS, self._namespace)
                since = listed["metadata"]["resourceVersion"]

    async def _follow(self, since: str) -> str:
        """Print events until the stream ends; return the version to resume from."""
        changes = self._client.watch(EVENTS, self._namespace, self._selector, since=since)
        async with aclosing(changes):
            async for change in changes:
                since = change["object"]["metadata"]["resourceVersion"]
                if change["type"] != "DELETED" and self._wanted(change["object"]):
                    self._print([change["object"]])
        return since

    def _wanted(self, event: Document) -> bool:
        return not self._types or event.get("type") in self._types

    def _print(self, events: list[Document]) -> None:
        now = time.time()
        rows = [self._row(event, now) for event in events]
        if not self._head_done:
            rows.insert(0, ["NAMESPACE", *_HEAD] if self._namespace is None else _HEAD)
            self._head_done = True
        write("\n".join(self._columns.lines(rows)))

    def _row(self, event: Document, now: float) -> list[str]:
        about = event.get("involvedObject", {})
        row = [
            event_interval(event, now),
            event.get("type", ""),
            event.get("reason", ""),
            f"{about.get('kind', '')}/{about.get('name', '')}",
            event.get("message", "").strip(),
        ]
        return [event["metadata"].get("namespace", ""), *row] if self._namespace is None else row


def _when(event: Document) -> str:
    """Return what events are sorted by; the API's time stamps sort as text."""
    return str(event.get("lastTimestamp") or event.get("firstTimestamp") or "")
