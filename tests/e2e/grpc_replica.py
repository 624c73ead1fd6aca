"""A gRPC server whose health is a file: SERVING while FILE is there. `grpc_replica.py FILE`."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc


def check(request: bytes, context: Any) -> bytes:
    return b"\x08\x01" if Path(sys.argv[1]).exists() else b"\x08\x02"


server = grpc.server(ThreadPoolExecutor(2))
handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),))
server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
server.start()
server.wait_for_termination()
