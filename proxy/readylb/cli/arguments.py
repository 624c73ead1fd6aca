"""Arguments that several verbs take, so that each reads and is told of the same way everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from readylb.errors import UsageError

_FILES = "manifest or readylb.yaml: a file, a folder or - (may repeat)"


def add_filename(parser: argparse.ArgumentParser, *, required: bool = True, says: str = _FILES) -> None:
    """Declare `-f PATH...`, as often as one likes: a list of paths in `filename`."""
    parser.add_argument(
        "-f",
        "--filename",
        metavar="PATH",
        action="extend",
        nargs="+",
        default=[],
        required=required,
        help=says,
    )


def add_image(group: argparse._ActionsContainer) -> None:
    """Declare `--image IMAGE=COMMAND`, as often as one likes: a list of these texts in `image`."""
    group.add_argument(
        "--image",
        metavar="IMAGE=COMMAND",
        action="append",
        default=[],
        help="the local command that stands for an image (may repeat)",
    )


def add_strict(group: argparse._ActionsContainer) -> None:
    """Declare `--strict true|false`: a bool in `strict`."""
    _add_bool(group, "--strict", says="false: unknown fields are warnings (default: true)")


def add_switch(group: argparse._ActionsContainer, *flags: str, says: str) -> None:
    """Declare a bool that is true unless one says false; the last of `flags` alone means true."""
    _add_bool(group, *flags, says=says, nargs="?", const=True)


def _add_bool(group: argparse._ActionsContainer, *flags: str, says: str, **more: Any) -> None:
    group.add_argument(
        *flags, metavar="true|false", default=True, type=_bool_of(flags[-1]), help=says, **more
    )


def _bool_of(option: str) -> Callable[[str], bool]:
    """Return what reads the value of that option; UsageError when it is neither word."""

    def read(text: str) -> bool:
        if text not in {"true", "false"}:
            msg = f"cannot read {option}={text}: it is true or false"
            raise UsageError(msg)
        return text == "true"

    return read
