"""`readylb kubeconfig`: what lets kubectl and k9s talk to the running readylb.

    readylb kubeconfig > kubeconfig && kubectl --kubeconfig kubeconfig get pods

kubectl sends no credentials to a server without TLS, so the token is part of the server's URL; the
output is a secret like the token file itself.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from readylb.cli.client_verb import add_client_arguments, run_client
from readylb.cli.documents import render
from readylb.cli.output import complain, write
from readylb.client import Client
from readylb.core.api_resources import PODS
from readylb.errors import ReadylbError

_NAME = "readylb"
_OTHERS_MAY_READ = 0o044


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `kubeconfig` takes."""
    add_client_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the configuration, once it is known to work."""
    return run_client(args, lambda client: _print(client, args.namespace))


async def _print(client: Client, namespace: str) -> int:
    if client.address.path:
        remedy = "start readylb up with --admin HOST:PORT"
        msg = f"cannot make a kubeconfig for {client.address}: kubectl needs a port ({remedy})"
        raise ReadylbError(msg)
    await client.list(PODS, namespace)
    if os.fstat(sys.stdout.fileno()).st_mode & _OTHERS_MAY_READ and not sys.stdout.isatty():
        complain("readylb: the output holds the admin token: let nobody else read it (chmod 600)")
    write(render(_kubeconfig(client.kubectl_url, namespace), "yaml"))
    return 0


def _kubeconfig(url: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": {"server": url}}],
        "contexts": [
            {"name": _NAME, "context": {"cluster": _NAME, "user": _NAME, "namespace": namespace}},
        ],
        "current-context": _NAME,
        "users": [{"name": _NAME, "user": {}}],
    }
