"""The request an httpGet probe sends, byte for byte (`pkg/probe/http/request.go`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

from readylb.control.probes.address import join
from readylb.core.unix_address import unix_path
from readylb.model.probe import HTTPHeader

USER_AGENT = "kube-probe/1.36"

_UNPARSABLE = re.compile(r"%(?![0-9A-Fa-f]{2})|[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
#: Characters that Go leaves as they are in a path, and in a query.
_PATH_SAFE = "/%:@!$&'()*+,;=~-._[]"
_QUERY_SAFE = _PATH_SAFE + "?\"'`{}|\\^<>"
#: net/http writes these itself, or not at all (reqWriteExcludeHeader).
_NOT_COPIED = frozenset({"Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ProbeURL:
    """Where to ask: `uri` is path and query, escaped; `authority` is what Host says by default."""

    scheme: str
    host: str
    port: int
    uri: str
    authority: str

    def __str__(self) -> str:
        """Return the URL as Go's errors print it."""
        return f"{self.scheme}://{self.authority}{self.uri}"

    def redirect(self, location: str) -> ProbeURL:
        """Return where a Location leads. ValueError when it is no URL."""
        parts = urlsplit(urljoin(str(self), location))
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            msg = f'unsupported protocol scheme "{parts.scheme}"'
            raise ValueError(msg)
        uri = _escape(parts.path or "/", parts.query)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        # Behind a Unix socket the name that the probe used is the pod itself.
        itself = unix_path(self.host) is not None and parts.netloc == self.authority
        host = self.host if itself else parts.hostname
        return ProbeURL(parts.scheme, host, port, uri, parts.netloc.rpartition("@")[2])


@lru_cache(maxsize=4096)
def first_url(scheme: str, host: str, port: int, path: str) -> ProbeURL:
    """Return the URL to begin with. A path that is no URL is used as it is, wholly escaped.

    Kept, because every probe asks for the same one again and again.
    """
    uri = _reference(path)
    if not uri.startswith("/"):
        uri = "/" + uri
    authority = join(host, port) if unix_path(host) is None else "localhost"
    return ProbeURL(scheme.lower() or "http", host, port, uri, authority)


def is_absolute(location: str) -> bool:
    """Say whether a Location names a scheme: a Host header of the probe's own outlives the others.

    Source: Go's net/http, client.go: the query of a relative one may well hold a URL.
    """
    return bool(urlsplit(location).scheme)


def canonical(name: str) -> str:
    """Return a header name as Go spells it: `HOST` → `Host`, `FOO-bAR` → `Foo-Bar`."""
    if not _TOKEN.fullmatch(name):
        return name
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


class Headers:
    """The headers of a probe, defaults filled in. ValueError when one could not be sent."""

    def __init__(self, given: tuple[HTTPHeader, ...]) -> None:
        """Collect; repeated names become repeated lines."""
        self._values: dict[str, list[str]] = {}
        for item in given:
            if not _TOKEN.fullmatch(item.name):
                msg = f'net/http: invalid header field name "{item.name}"'
                raise ValueError(msg)
            if _BAD_VALUE.search(item.value):
                msg = f'net/http: invalid header field value for "{canonical(item.name)}"'
                raise ValueError(msg)
            self._values.setdefault(canonical(item.name), []).append(item.value.strip())
        self._values.setdefault("User-Agent", [USER_AGENT])
        if not self._values.setdefault("Accept", ["*/*"])[0]:
            del self._values["Accept"]

    @property
    def host(self) -> str:
        """The Host that the probe asks for, or nothing."""
        return self._values.get("Host", [""])[0]

    def render(self, url: ProbeURL, host: str, referer: str = "") -> bytes:
        """Return the request: Host and User-Agent first, the others by name, as net/http writes them."""
        lines = [f"GET {url.uri} HTTP/1.1", f"Host: {host or url.authority}"]
        if self._values["User-Agent"][0]:
            lines.append(f"User-Agent: {self._values['User-Agent'][0]}")
        others = {name: values for name, values in self._values.items() if name not in _NOT_COPIED}
        if referer and "Referer" not in others:
            others["Referer"] = [referer]
        lines += [f"{name}: {value}" for name in sorted(others) for value in others[name]]
        lines += ["Connection: close", "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def first_request(given: tuple[HTTPHeader, ...], url: ProbeURL) -> tuple[Headers, bytes]:
    """Return the headers of a probe and the request it begins with; ValueError as of `Headers`.

    Kept, as the URL is: what a probe says changes with its pod only.
    """
    headers = Headers(given)
    return headers, headers.render(url, headers.host)


def _reference(text: str) -> str:
    """Return path and query of a reference; one that is no URL (`//[a`, a stray %) is a path."""
    try:
        parts = None if _UNPARSABLE.search(text) else urlsplit(text)
    except ValueError:
        parts = None
    return quote(text, safe="/:@$&+,;=~-._") if parts is None else _escape(parts.path, parts.query)


def _escape(path: str, query: str) -> str:
    uri = quote(path, safe=_PATH_SAFE)
    return f"{uri}?{quote(query, safe=_QUERY_SAFE)}" if query else uri
