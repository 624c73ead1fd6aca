"""What all verbs share that are clients of a running `readylb up`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches

from readylb.client import Client
from readylb.core.api_resources import API_RESOURCES, ApiResource
from readylb.errors import UsageError

_BY_NAME = {name: resource for resource in API_RESOURCES for name in resource.names}


def add_client_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the server is and which namespace is meant."""
    parser.add_argument(
        "--admin",
        metavar="ADDR",
        default="",
        help="admin API: HOST:PORT or unix:PATH (default: READYLB_ADMIN or 127.0.0.1:8001)",
    )
    parser.add_argument(
        "-n", "--namespace", metavar="NAME", default="default", help="namespace (default: default)"
    )


def run_client(args: argparse.Namespace, work: Callable[[Client], Awaitable[int]]) -> int:
    """Run `work` with a client of the server that `args` name; return its exit code."""

    async def main() -> int:
        async with Client(args.admin) as client:
            return await work(client)

    return asyncio.run(main())


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verb is about: a resource, and a name or all of them."""

    resource: ApiResource
    name: str = ""


def find_resource(word: str) -> ApiResource:
    """Return the resource of that (short, singular or plural) name; UsageError with a suggestion."""
    found = _BY_NAME.get(word.lower())
    if found is None:
        close = get_close_matches(word.lower(), _BY_NAME, n=1)
        kinds = ", ".join(resource.plural for resource in API_RESOURCES)
        hint = f"did you mean {close[0]}?" if close else f"there are: {kinds}"
        msg = f"cannot find a resource called {word} ({hint})"
        raise UsageError(msg)
    return found


def parse_subjects(words: list[str]) -> list[Subject]:
    """Read `TYPE[,TYPE...] [NAME...]` or `TYPE/NAME...`; `all` stands for everything that runs."""
    if not words:
        kinds = ", ".join(resource.plural for resource in API_RESOURCES)
        msg = f"cannot tell what is meant: name a resource type (there are: all, {kinds})"
        raise UsageError(msg)
    if any("/" in word for word in words):
        return [_slashed(word) for word in words]
    types, names = words[0], words[1:]
    resources = [resource for word in types.split(",") if word for resource in _resources(word)]
    if not names:
        return [Subject(resource) for resource in resources]
    if types == "all":
        msg = "cannot find one object in all: name its type (as in pod/NAME)"
        raise UsageError(msg)
    return [Subject(resource, name) for resource in resources for name in names]


def _slashed(word: str) -> Subject:
    kind, slash, name = word.partition("/")
    if not slash or not kind or not name or "/" in name:
        msg = f"cannot mix {word} with TYPE/NAME: write all as TYPE/NAME, or TYPE NAME..."
        raise UsageError(msg)
    return Subject(find_resource(kind), name)


def _resources(word: str) -> list[ApiResource]:
    if word == "all":
        return [resource for resource in API_RESOURCES if resource.in_all]
    return [find_resource(word)]
