"""A client of the balancer that shows everything it got."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from tests.e2e.waiting import DEADLINE_SECONDS


@dataclass(frozen=True)
class Answer:
    """One response. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def fetch(
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = DEADLINE_SECONDS,
) -> Answer:
    """Make one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, response.read())
    finally:
        connection.close()
