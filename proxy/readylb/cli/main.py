"""The command: finds the verb, loads that verb's module alone, and turns errors into exit codes.

0 success; 1 it failed at run time; 2 usage or invalid configuration; 130 Ctrl-C; 141 broken pipe.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import readylb
from readylb.cli.output import complain, open_missing, swallow, write
from readylb.cli.parser import Parser
from readylb.errors import ConfigError, ReadylbError, UsageError

INTERRUPTED = 130
BROKEN_PIPE = 141


class Verb(NamedTuple):
    """One verb: the module that does it (with `add_arguments` and `run`), and one line about it."""

    module: str
    help: str


VERBS = {
    "up": Verb("readylb.cli.cmd_up", "serve manifests, endpoints that run already, or replicas of a command"),
    "check": Verb("readylb.cli.cmd_check", "validate manifests or readylb.yaml, and nothing else"),
    "apply": Verb("readylb.cli.cmd_apply", "bring objects to what files say: create them, change them"),
    "get": Verb("readylb.cli.cmd_get", "list pods, services, endpoints, workloads, events or all"),
    "describe": Verb("readylb.cli.cmd_describe", "show an object in detail, with its events"),
    "explain": Verb("readylb.cli.cmd_explain", "tell why a pod is in or out of the rotation"),
    "drain": Verb("readylb.cli.cmd_drain", "keep new requests from a pod, and wait until running ones end"),
    "undrain": Verb("readylb.cli.cmd_undrain", "let a drained pod have requests again"),
    "logs": Verb("readylb.cli.cmd_logs", "print what a pod's container has written"),
    "exec": Verb("readylb.cli.cmd_exec", "run a command inside a pod's container"),
    "delete": Verb("readylb.cli.cmd_delete", "delete pods, services or workloads"),
    "scale": Verb("readylb.cli.cmd_scale", "set how many replicas a workload is to have"),
    "rollout": Verb("readylb.cli.cmd_rollout", "status, history, restart, undo, pause, resume of a rollout"),
    "events": Verb("readylb.cli.cmd_events", "list or watch events"),
    "kubeconfig": Verb("readylb.cli.cmd_kubeconfig", "print what lets kubectl talk to this readylb"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    open_missing()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except ConfigError as error:
        sys.stdout.flush()
        # Each problem has a line of its own that begins with FILE:LINE, so that editors can follow it.
        complain(f"readylb: cannot use this configuration, nothing was applied:\n{error}")
        return error.exit_code
    except ReadylbError as error:
        sys.stdout.flush()
        complain(f"readylb: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        swallow()  # nobody reads
        return BROKEN_PIPE
    return code


def is_compiled() -> bool:
    """Say whether the hot modules of this installation are compiled."""
    spec = find_spec("readylb.core.http1.framing")
    return spec is not None and spec.origin is not None and not spec.origin.endswith(".py")


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in {"-h", "--help", "help"}:
        write(_help())
        return 0
    if argv[0] == "--version":
        write(f"readylb {readylb.__version__}{' (compiled)' if is_compiled() else ''}")
        return 0
    name, words = argv[0], argv[1:]
    verb = VERBS.get(name)
    if verb is None:
        raise UsageError(_unknown(name))
    module = import_module(verb.module)
    parser = Parser(prog=f"readylb {name}", description=verb.help)
    module.add_arguments(parser)
    return int(module.run(parser.parse_words(words)))


def _help() -> str:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:{width}}  {verb.help}" for name, verb in VERBS.items())
    return (
        "readylb sends traffic only to replicas that are Ready.\n\n"
        f"usage: readylb VERB [options]\n\nverbs:\n{verbs}\n\n"
        "readylb VERB --help says more. All verbs but up and check ask a running `readylb up`."
    )


def _unknown(name: str) -> str:
    if name.startswith("-"):
        return f"cannot use {name}: a verb comes first (readylb --help lists them)"
    close = get_close_matches(name, VERBS, n=1)
    hint = f"did you mean {close[0]}?" if close else "readylb --help lists them"
    return f"cannot run {name}: there is no such verb ({hint})"
