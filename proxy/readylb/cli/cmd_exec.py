"""`readylb exec`: a command inside a container; its exit status becomes ours."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack

from readylb.cli.client_verb import add_client_arguments, run_client
from readylb.cli.cmd_logs import pod_name
from readylb.cli.output import complain, write_bytes
from readylb.cli.terminal import StandardInput, raw_terminal, watch_size
from readylb.client import Client, RemoteCommand
from readylb.errors import ApiError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `exec` takes."""
    parser.add_argument("pod", metavar="POD", help="name of the pod, or pod/NAME")
    parser.add_argument("command", metavar="-- COMMAND", nargs="*", help="what to run, with its arguments")
    parser.add_argument("-c", "--container", metavar="NAME", default="", help="when the pod has several")
    parser.add_argument("-i", "--stdin", action="store_true", help="pass on our stdin")
    parser.add_argument("-t", "--tty", action="store_true", help="give it a terminal")
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    if not args.command:
        msg = "cannot run nothing: say what to run (readylb exec POD -- COMMAND)"
        raise UsageError(msg)
    pod = pod_name(args.pod)
    return run_client(args, lambda client: _exec(client, args, pod))


async def _exec(client: Client, args: argparse.Namespace, pod: str) -> int:
    tty = args.tty and sys.stdin.isatty()
    if args.tty and not tty:
        complain("readylb: no terminal for the command: our stdin is none")
    running = client.exec(
        args.namespace, pod, args.command, container=args.container, stdin=args.stdin, tty=tty
    )
    try:
        async with running as command:
            return await _converse(command, stdin=args.stdin, tty=tty)
    except ApiError as error:
        complain(f"readylb: cannot run a command in pod {pod}: {error}")
        return 1


async def _converse(command: RemoteCommand, *, stdin: bool, tty: bool) -> int:
    """Carry bytes both ways until the command ends; return its exit status."""
    async with AsyncExitStack() as stack:
        if tty:
            stack.enter_context(raw_terminal())
            await stack.enter_async_context(watch_size(command.resize))
        if stdin:
            await stack.enter_async_context(StandardInput(command.write, command.close_stdin))
        while (piece := await command.read()) is not None:
            stream, data = piece
            await asyncio.to_thread(write_bytes, data, stream)
    return 1 if command.exit_code is None else command.exit_code
