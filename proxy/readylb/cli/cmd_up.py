"""`readylb up`: serve manifests, endpoints that run already, or replicas of a command."""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from readylb.app.signals import ignore_early
from readylb.cli.arguments import add_image, add_strict
from readylb.config import quick
from readylb.config.load import load
from readylb.config.own_folder import own_folder
from readylb.config.problems import AccessLogTarget, Loaded
from readylb.core.access_record import FORMATS
from readylb.core.admin_address import DEFAULT_ADMIN_ADDRESS
from readylb.core.isolation import RUNTIMES, Isolation
from readylb.core.pod_addresses import parse_range
from readylb.errors import UsageError
from readylb.model import Service
from readylb.model.probe import ProbeKind
from readylb.telemetry.logging import setup

log = logging.getLogger("readylb")

MAX_PORT = 65535
#: More workers than any machine has use for; a bound against a slip of the hand.
MAX_WORKERS = 256

EPILOG = """three ways to say what to serve:
  readylb up -f rc.yaml -f svc.yaml
  readylb up --port 8000 --backend 127.0.0.1:8081 --backend 127.0.0.1:8082 --readiness http:/readyz
  readylb up --port 8000 --replicas 3 --readiness http:/readyz -- uvicorn app:app --port '$(PORT)'

probe SPEC: http:/path  http:PORT/path  tcp  tcp:PORT  exec:COMMAND
            (readiness and startup ask each second, liveness each 10 s)
signals: TERM or INT drain and stop, a second one stops now; HUP reads the files again;
         USR1 opens the access log anew (after logrotate has moved it)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `up` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    _add_sources(parser.add_argument_group("what to serve"))
    _add_places(parser.add_argument_group("where to listen"))
    parser.add_argument(
        "--workers",
        metavar="N|auto",
        default="0",
        help="data-plane processes; auto: one per CPU; 0: in the control process (default: 0)",
    )
    _add_isolation(parser.add_argument_group("what pods share"))
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="how to tell what happens"
    )
    parser.add_argument(
        "--access-log",
        metavar="FILE|-|off",
        default=os.environ.get("READYLB_ACCESS_LOG", ""),
        help="a line for each request; -: standard output (default: READYLB_ACCESS_LOG, what -f says, off)",
    )
    parser.add_argument(
        "--access-log-format",
        choices=sorted(FORMATS),
        default=os.environ.get("READYLB_ACCESS_LOG_FORMAT", ""),
        help="its format (default: READYLB_ACCESS_LOG_FORMAT, what -f says, or combined)",
    )


def _add_sources(group: argparse._ArgumentGroup) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    group.add_argument(
        "-f",
        "--filename",
        metavar="PATH",
        **many,
        help="manifest or readylb.yaml: file, folder or - (may repeat)",
    )
    group.add_argument(
        "--backend", metavar="HOST:PORT", **many, help="an endpoint that runs already (may repeat)"
    )
    group.add_argument("--replicas", metavar="N", type=int, help="run N replicas of COMMAND")
    group.add_argument(
        "command", metavar="-- COMMAND", nargs="*", help="what a replica runs; it listens on $(PORT)"
    )
    group.add_argument("--name", default="app", help="quick forms: name of the Service (default: app)")
    group.add_argument(
        "--port", metavar="N", type=int, default=80, help="quick forms: its port (default: 80)"
    )
    for kind in ("readiness", "liveness", "startup"):
        group.add_argument(f"--{kind}", metavar="SPEC", help=f"quick forms: its {kind} probe")
    add_image(group)
    add_strict(group)


def _add_places(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--bind",
        metavar="ADDR",
        default="127.0.0.1",
        help="address of the Services (default: 127.0.0.1; 0.0.0.0 serves others)",
    )
    group.add_argument(
        "--publish",
        metavar="SERVICE:PORT=LOCALPORT",
        action="append",
        default=[],
        help="listen on another local port (may repeat)",
    )
    group.add_argument(
        "--admin",
        metavar="ADDR",
        default=DEFAULT_ADMIN_ADDRESS,
        help=f"admin API: HOST:PORT, unix:PATH or off (default: {DEFAULT_ADMIN_ADDRESS})",
    )


def _add_isolation(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--isolation",
        choices=tuple(RUNTIMES),
        help="none: this machine's network and files (default, unless -f says else); "
        "namespaces: each pod has a network, processes, a hostname and a /tmp of its own (Linux, root)",
    )
    group.add_argument(
        "--pod-cidr",
        metavar="RANGE",
        default="",
        help="with namespaces: the pods' addresses, as in 10.213.0.0/22 (default: a range that is free)",
    )


def run(args: argparse.Namespace) -> int:
    """Check everything that can be checked, then serve until told to stop."""
    ignore_early()
    read = _reader(args)
    loaded = read()
    publish = dict(_parse_publish(text) for text in args.publish)
    return _serve(args, read, loaded, publish)


def _serve(
    args: argparse.Namespace,
    read: Callable[[], Loaded],
    loaded: Loaded,
    publish: Mapping[tuple[str, int], int],
) -> int:
    # Imported here: `up --help` and a wrong command line need none of it.
    import uvloop  # noqa: PLC0415

    from readylb.app.control import ControlProcess, UpSettings  # noqa: PLC0415
    from readylb.app.process import raise_file_limit  # noqa: PLC0415

    workers = _parse_workers(args.workers)
    _isolation(args, loaded)
    _refuse_unknown(publish, loaded)
    _check_access_log(_access_log(args, loaded))
    setup(args.log_format)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    raise_file_limit()
    settings = UpSettings(
        access_log=lambda loaded: _access_log(args, loaded),
        read=read,
        loaded=loaded,
        state_dir=own_folder() / "runs",
        node_name=platform.node() or "localhost",
        bind=args.bind,
        publish=publish,
        admin=args.admin,
        workers=workers,
        log_format=args.log_format,
        isolation=lambda loaded: _isolation(args, loaded),
    )

    async def main() -> int:
        return await ControlProcess(settings).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def _reader(args: argparse.Namespace) -> Callable[[], Loaded]:
    """Return what reads the configuration; each call reads the files anew."""
    forms = [bool(args.filename), bool(args.backend), args.replicas is not None]
    if sum(forms) != 1:
        msg = "cannot start: say what to serve in one way: -f PATH, --backend ADDR, --replicas N -- COMMAND"
        raise UsageError(msg)
    if args.command and args.replicas is None:
        msg = f"cannot start: {args.command[0]!r} is not an option (a COMMAND goes with --replicas N)"
        raise UsageError(msg)
    if args.filename:
        return _file_reader(args)
    quick_loaded = _quick(args)
    return lambda: quick_loaded


def _file_reader(args: argparse.Namespace) -> Callable[[], Loaded]:
    for option in ("readiness", "liveness", "startup"):
        if getattr(args, option):
            msg = (
                f"cannot start: --{option} goes with --backend or --replicas (with -f, write it in the file)"
            )
            raise UsageError(msg)
    images = dict(quick.parse_image(text) for text in args.image)
    standard_input = sys.stdin.buffer.read() if "-" in args.filename else b""
    return lambda: load(args.filename, strict=args.strict, images=images, stdin=io.BytesIO(standard_input))


def _quick(args: argparse.Namespace) -> Loaded:
    readiness, liveness, startup = (
        quick.parse_probe(spec, kind) if (spec := getattr(args, kind.lower())) else None
        for kind in (ProbeKind.READINESS, ProbeKind.LIVENESS, ProbeKind.STARTUP)
    )
    probes = quick.QuickProbes(readiness, liveness, startup)
    if args.backend:
        return quick.backends(args.name, args.port, args.backend, probes)
    if not args.command:
        msg = "cannot start: --replicas needs a command (readylb up --replicas 3 -- COMMAND)"
        raise UsageError(msg)
    return quick.replicas(args.name, args.port, args.replicas, args.command, probes)


def _parse_publish(text: str) -> tuple[tuple[str, int], int]:
    matched = re.fullmatch(r"([^:=]+):(\d+)=(\d+)", text)
    if matched is None or not 0 <= int(matched[3]) <= MAX_PORT:
        msg = f"cannot read --publish {text!r}: it reads SERVICE:PORT=LOCALPORT, as in --publish web:80=8000"
        raise UsageError(msg)
    return (matched[1], int(matched[2])), int(matched[3])


def _parse_workers(text: str) -> int:
    if text == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_WORKERS):
        msg = f"cannot read --workers {text!r}: it is a number from 0 to {MAX_WORKERS}, or auto"
        raise UsageError(msg)
    return int(text)


def _isolation(args: argparse.Namespace, loaded: Loaded) -> Isolation:
    """Return what pods share: what the command line says wins over files."""
    said = loaded.isolation or Isolation()
    kind = args.isolation or said.kind
    if not args.pod_cidr:
        return Isolation(kind, said.pod_range if kind == said.kind else None)
    if kind == "none":
        msg = "cannot start: --pod-cidr goes with --isolation namespaces (without it pods have no addresses)"
        raise UsageError(msg)
    try:
        return Isolation(kind, parse_range(args.pod_cidr))
    except ValueError as error:
        msg = f"cannot read --pod-cidr {args.pod_cidr!r}: {error}"
        raise UsageError(msg) from error


def _access_log(args: argparse.Namespace, loaded: Loaded) -> AccessLogTarget | None:
    """Return where the access log goes: what the command line or environment says wins over files."""
    said = loaded.access_log
    if args.access_log == "off" or not (args.access_log or said):
        return None
    path = args.access_log or (said.path if said else "")
    line_format = args.access_log_format or (said.line_format if said else "") or "combined"
    if line_format not in FORMATS:
        known = " or ".join(sorted(FORMATS))
        msg = f"cannot read READYLB_ACCESS_LOG_FORMAT={line_format}: it is {known}"
        raise UsageError(msg)
    return AccessLogTarget(path if path == "-" else str(Path(path).absolute()), line_format)


def _check_access_log(target: AccessLogTarget | None) -> None:
    """Open it once: better now than in a worker."""
    if target is None or target.path == "-":
        return
    try:
        with Path(target.path).open("ab"):
            return
    except OSError as error:
        msg = f"cannot write the access log {target.path}: {error.strerror} (--access-log FILE names another)"
        raise UsageError(msg) from error


def _refuse_unknown(publish: Mapping[tuple[str, int], int], loaded: Loaded) -> None:
    """Refuse a --publish that names no Service port: it would be ignored in silence."""
    known = {
        (item.metadata.name, port.port)
        for item in loaded.objects
        if isinstance(item, Service)
        for port in item.spec.ports
    }
    for name, port in publish:
        if (name, port) not in known:
            ports = ", ".join(f"{service}:{number}" for service, number in sorted(known)) or "none"
            msg = f"cannot publish {name}:{port}: there is no such Service port (there is: {ports})"
            raise UsageError(msg)
