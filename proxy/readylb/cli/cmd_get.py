"""`readylb get`: objects as a table, as YAML, as JSON or by name; `-w` goes on with what changes."""

from __future__ import annotations

import argparse
from contextlib import aclosing
from typing import Any

from readylb.cli.client_verb import Subject, add_client_arguments, parse_subjects, run_client
from readylb.cli.documents import FORMATS, print_document, print_list
from readylb.cli.output import complain, write
from readylb.cli.table_printer import TableOptions, TablePrinter
from readylb.client import Client, Selector
from readylb.core.api_resources import ApiResource
from readylb.errors import ApiError, GoneError, UsageError

Document = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `get` takes."""
    parser.add_argument("what", metavar="TYPE [NAME...] | TYPE/NAME", nargs="*", help="all, pods, svc, ...")
    parser.add_argument("-o", "--output", choices=("wide", *FORMATS), help="how to print")
    parser.add_argument("-w", "--watch", action="store_true", help="go on with what changes")
    parser.add_argument(
        "-l", "--selector", metavar="LABELS", default="", help="by labels, as in app=web,tier!=db"
    )
    parser.add_argument(
        "--field-selector", metavar="FIELDS", default="", help="by fields, as in status.phase=Running"
    )
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="of all namespaces")
    parser.add_argument("--no-headers", action="store_true", help="without the line of column names")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """List, and watch if asked."""
    subjects = parse_subjects(args.what)
    if args.watch and len(subjects) > 1:
        msg = "cannot watch several at once: name one resource type, or one object (-w)"
        raise UsageError(msg)
    if any(subject.name for subject in subjects) and (args.selector or args.all_namespaces):
        msg = "cannot select by labels or namespaces what is named (leave out -l and -A, or the name)"
        raise UsageError(msg)
    return run_client(args, lambda client: _Get(client, args, subjects).run())


class _Get:
    """One run of `get`: fetches each subject, prints, watches."""

    def __init__(self, client: Client, args: argparse.Namespace, subjects: list[Subject]) -> None:
        self._client = client
        self._args = args
        self._subjects = subjects
        self._namespace = None if args.all_namespaces else args.namespace
        self._as_table = args.output in {None, "wide"}
        self._failed = False
        self._streamed = False
        resources = {subject.resource for subject in subjects}
        self._options = TableOptions(
            wide=args.output == "wide",
            namespaces=args.all_namespaces,
            kinds=len(resources) > 1,
            headers=not args.no_headers,
        )

    async def run(self) -> int:
        found = [(subject, await self._fetch(subject)) for subject in self._subjects]
        if self._args.watch:
            await self._watch(*found[0])
        elif self._as_table:
            self._print_tables([(subject.resource, table) for subject, table in found if table is not None])
        else:
            self._print_documents([document for _, document in found if document is not None])
        return 1 if self._failed else 0

    async def _fetch(self, subject: Subject) -> Document | None:
        """Return a Table, a list or an object; None, with a word on stderr, for a name that is not there."""
        if not subject.name:
            return await self._client.list(
                subject.resource, self._namespace, self._selector(subject), as_table=self._as_table
            )
        try:
            return await self._client.get(
                subject.resource, self._args.namespace, subject.name, as_table=self._as_table
            )
        except ApiError as error:
            self._failed = True
            what = f"{subject.resource.singular} {subject.name}"
            complain(f"readylb: cannot get {what}: {error}")
            return None

    def _selector(self, subject: Subject) -> Selector:
        fields = f"metadata.name={subject.name}" if subject.name else self._args.field_selector
        return Selector(labels=self._args.selector, fields=fields)

    def _print_tables(self, tables: list[tuple[ApiResource, Document]]) -> None:
        """Print one table per resource with an empty line between; say so when there is nothing at all."""
        merged: dict[ApiResource, Document] = {}
        for resource, table in tables:
            if resource in merged:
                merged[resource]["rows"] += table["rows"]
            elif table["rows"]:
                merged[resource] = table
        blocks = ["\n".join(self._printer(resource).lines(table)) for resource, table in merged.items()]
        if blocks:
            write("\n\n".join(blocks))
        elif not self._failed:
            self._say_nothing_found()

    def _print_documents(self, documents: list[Document]) -> None:
        items = [item for document in documents for item in document.get("items", [document])]
        if len(self._subjects) == 1 and self._subjects[0].name:
            if items:
                print_document(items[0], self._args.output)
            return
        print_list(items, self._args.output)

    def _say_nothing_found(self) -> None:
        where = "" if self._namespace is None else f" in {self._namespace} namespace"
        complain(f"No resources found{where}.")

    def _printer(self, resource: ApiResource) -> TablePrinter:
        return TablePrinter(resource, self._options)

    async def _watch(self, subject: Subject, first: Document | None) -> None:
        if first is None:
            return
        printer = self._printer(subject.resource)
        since = first["metadata"]["resourceVersion"]
        if self._as_table:
            if first["rows"]:
                _print_now(printer.lines(first))
        else:
            for item in first.get("items", [first]):
                self._print_next(item)
        while True:
            try:
                since = await self._follow(subject, printer, since)
            except GoneError:
                latest = await self._client.list(subject.resource, self._namespace)
                since = latest["metadata"]["resourceVersion"]

    async def _follow(self, subject: Subject, printer: TablePrinter, since: str) -> str:
        """Print changes until the stream ends; return the version to resume from."""
        changes = self._client.watch(
            subject.resource, self._namespace, self._selector(subject), since=since, as_table=self._as_table
        )
        async with aclosing(changes):
            async for change in changes:
                document = change["object"]
                since = document["metadata"]["resourceVersion"]
                if self._as_table:
                    _print_now(printer.lines(document))
                else:
                    self._print_next(document)
        return since

    def _print_next(self, item: Document) -> None:
        """Print one object of a stream; `---` parts YAML documents that follow each other."""
        if self._args.output == "yaml" and self._streamed:
            write("---")
        self._streamed = True
        print_document(item, self._args.output)


def _print_now(lines: list[str]) -> None:
    write("\n".join(lines))
