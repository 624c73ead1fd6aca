from __future__ import annotations

import pytest

from readylb.control.probes.http_request import Headers, ProbeURL, canonical, first_request, first_url
from readylb.model.probe import HTTPHeader

URL = first_url("HTTP", "10.0.0.5", 80, "/")


def lines(*given: tuple[str, str]) -> list[str]:
    headers = Headers(tuple(HTTPHeader(name=name, value=value) for name, value in given))
    return headers.render(URL, headers.host).decode().split("\r\n")[1:-2]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", "http://10.0.0.5:80/"),
        ("http://[a?b", "http://10.0.0.5:80/http://%5Ba%3Fb"),
        ("//\u2100", "http://10.0.0.5:80//%E2%84%80"),
        ("/", "http://10.0.0.5:80/"),
        ("healthz", "http://10.0.0.5:80/healthz"),
        ("?foo", "http://10.0.0.5:80/?foo"),
        ("/path?bar", "http://10.0.0.5:80/path?bar"),
        ("/a b", "http://10.0.0.5:80/a%20b"),
        ("/a%20b#part", "http://10.0.0.5:80/a%20b"),
        ("/100%?", "http://10.0.0.5:80/100%25%3F"),
        ("/a\r\nX: y", "http://10.0.0.5:80/a%0D%0AX:%20y"),
    ],
)
def test_the_url_is_made_from_the_path(path: str, shown: str) -> None:
    assert str(first_url("HTTP", "10.0.0.5", 80, path)) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [("HOST", "Host"), ("FOO-bAR", "Foo-Bar"), ("x", "X"), ("user agent", "user agent")],
)
def test_header_names_are_spelled_as_go_spells_them(name: str, shown: str) -> None:
    assert canonical(name) == shown


def test_defaults_can_be_replaced_and_removed() -> None:
    assert lines(("user-agent", "me"), ("ACCEPT", "text/html")) == [
        "Host: 10.0.0.5:80",
        "User-Agent: me",
        "Accept: text/html",
        "Connection: close",
    ]
    assert lines(("User-Agent", ""), ("Accept", "")) == ["Host: 10.0.0.5:80", "Connection: close"]


def test_host_is_the_requests_host_and_repeated_names_are_repeated_lines() -> None:
    assert lines(("Host", "example.com"), ("X-A", "1"), ("x-a", "2"), ("Accept-Encoding", "")) == [
        "Host: example.com",
        "User-Agent: kube-probe/1.36",
        "Accept: */*",
        "Accept-Encoding: ",
        "X-A: 1",
        "X-A: 2",
        "Connection: close",
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("X-A", "1\r\nX-B: 2"), ("X-A", "\x00"), ("X-A: 1\r\nX-B", "2"), ("", "")]
)
def test_what_would_break_the_request_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="net/http: invalid header field"):
        Headers((HTTPHeader(name=name, value=value),))


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/there", "http://10.0.0.5:80/there"),
        ("there?x=1", "http://10.0.0.5:80/there?x=1"),
        ("https://10.0.0.5/", "https://10.0.0.5/"),
        ("//other.example:81/x", "http://other.example:81/x"),
    ],
)
def test_a_redirect_is_resolved_against_the_url(location: str, shown: str) -> None:
    assert str(URL.redirect(location)) == shown


@pytest.mark.parametrize("location", ["ftp://10.0.0.5/", "http://[::1/", "http://10.0.0.5:99999/"])
def test_a_location_that_leads_nowhere_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        URL.redirect(location)


def test_the_request_of_a_probe_that_has_not_changed_is_rendered_once(monkeypatch):
    rendered: list[str] = []
    render = Headers.render

    def counted(self: Headers, url: ProbeURL, host: str, referer: str = "") -> bytes:
        rendered.append(url.uri)
        return render(self, url, host, referer)

    monkeypatch.setattr(Headers, "render", counted)
    given = (HTTPHeader(name="X-Once", value="1"),)
    asked = [first_request(given, first_url("HTTP", "127.0.0.1", 80, "/once")) for _ in range(5)]
    assert rendered == ["/once"]
    assert b"X-Once: 1\r\n" in asked[-1][1]
    first_request(given, first_url("HTTP", "127.0.0.1", 80, "/other"))
    assert rendered == ["/once", "/other"]
