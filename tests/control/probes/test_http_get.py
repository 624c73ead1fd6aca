from __future__ import annotations

import asyncio
import gc
import ssl
from pathlib import Path

import pytest
from tests.control.probes.served import ask, reply, serve, shout

from readylb.control.probes.http_exchange import HTTPExchange
from readylb.control.probes.http_get import http_get
from readylb.control.probes.outcome import Outcome, ProbeError
from readylb.model.probe import HTTPGetAction, HTTPHeader, Probe, ProbeResult

TERMINATED = "Probe terminated redirects, Response body: "


@pytest.fixture
def certificate() -> ssl.SSLContext:
    """Return a server's context with a certificate that nobody vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(__file__).with_name("self-signed.pem"))
    return context


async def get(port: int, path: str = "/", *, timeout: float = 1, **settings: object) -> Outcome:
    action = HTTPGetAction(path=path, port=8080, **settings)  # type: ignore[arg-type]
    return await http_get(ask(Probe(timeout_seconds=timeout), port), action)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "result", "output"),
    [
        ("200 OK", ProbeResult.SUCCESS, "body"),
        ("299 Odd", ProbeResult.SUCCESS, "body"),
        ("300 Multiple Choices", ProbeResult.WARNING, TERMINATED + "body"),
        ("302 Found", ProbeResult.WARNING, TERMINATED + "body"),
        ("399 Odd", ProbeResult.WARNING, TERMINATED + "body"),
        ("400 Bad Request", ProbeResult.FAILURE, "HTTP probe failed with statuscode: 400"),
        ("503 Service Unavailable", ProbeResult.FAILURE, "HTTP probe failed with statuscode: 503"),
    ],
)
async def test_the_status_decides(status: str, result: ProbeResult, output: str) -> None:
    async with serve(reply(status, b"body")) as served:
        assert await get(served.port) == Outcome(result, output)


async def test_the_request_has_kubelets_headers_and_no_others() -> None:
    async with serve(reply()) as served:
        await get(served.port, "/healthz?full=1")
        assert served.requests == [
            b"GET /healthz?full=1 HTTP/1.1\r\n"
            b"Host: 127.0.0.1:%d\r\n"
            b"User-Agent: kube-probe/1.36\r\n"
            b"Accept: */*\r\n"
            b"Connection: close\r\n\r\n" % served.port
        ]


async def test_every_attempt_opens_a_connection_of_its_own() -> None:
    async with serve(reply(), hang=True) as served:
        await get(served.port)
        await get(served.port)
        assert served.connections == 2


async def test_a_refused_connection_fails_in_gos_words() -> None:
    async with serve(reply()) as served:
        port = served.port
    expected = f'Get "http://127.0.0.1:{port}/x": dial tcp 127.0.0.1:{port}: connect: connection refused'
    assert await get(port, "/x") == Outcome(ProbeResult.FAILURE, expected, refused=True)


async def test_a_silent_server_fails_at_the_timeout() -> None:
    async with serve(b"", hang=True) as served:
        outcome = await get(served.port, timeout=0.05)
    assert outcome.result is ProbeResult.FAILURE
    assert outcome.output == (
        f'Get "http://127.0.0.1:{served.port}/": '
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"", "EOF"),
        (b"HTTP/1.1 200 OK\r\nConte", "unexpected EOF"),
        (
            b'hello "you"\x01\r\n\r\n',
            'net/http: HTTP/1.x transport connection broken: malformed HTTP response "hello \\"you\\"\\x01"',
        ),
    ],
)
async def test_an_answer_that_is_none_is_a_failure(answer: bytes, text: str) -> None:
    async with serve(answer) as served:
        outcome = await get(served.port)
    assert outcome == Outcome(ProbeResult.FAILURE, f'Get "http://127.0.0.1:{served.port}/": {text}')


async def test_a_body_that_breaks_off_is_an_error_and_not_a_failure() -> None:
    async with serve(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf") as served:
        with pytest.raises(ProbeError, match="unexpected EOF") as caught:
            await get(served.port)
    assert caught.value.state is ProbeResult.FAILURE


async def test_a_body_that_never_ends_is_an_error_at_the_timeout() -> None:
    async with serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", hang=True) as served:
        with pytest.raises(ProbeError, match="while reading body"):
            await get(served.port, timeout=0.05)


async def test_a_long_body_is_cut_at_10_kib() -> None:
    async with serve(reply(body=b"x" * 100_000)) as served:
        outcome = await get(served.port)
    assert outcome == Outcome(ProbeResult.SUCCESS, "x" * 10_240)


async def test_a_body_may_end_with_the_connection_or_with_the_last_chunk() -> None:
    async with serve(b"HTTP/1.0 200 OK\r\n\r\nold") as served:
        assert (await get(served.port)).output == "old"
    async with serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n") as served:
        assert (await get(served.port)).output == "ok"


async def test_informational_answers_are_passed_over() -> None:
    async with serve(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply(body=b"late")) as served:
        assert (await get(served.port)).output == "late"


async def test_a_local_redirect_is_followed_and_its_end_is_judged() -> None:
    for where in ("/there", "/there?from=http://127.0.0.1/"):
        answers = [reply("302 Found", b"", f"Location: {where}"), reply("500 No")]
        async with serve(answers.__getitem__) as served:
            outcome = await get(served.port, http_headers=(HTTPHeader(name="host", value="example.com"),))
        assert outcome.output == "HTTP probe failed with statuscode: 500"
        assert served.requests[1].startswith(f"GET {where} HTTP/1.1\r\nHost: example.com\r\n".encode())


async def test_a_redirect_to_another_host_is_not_followed_but_warned_about() -> None:
    page = b'<a href="http://0.0.0.0/">Found</a>.'
    async with serve(reply("302 Found", page, "Location: http://0.0.0.0/")) as served:
        outcome = await get(served.port)
    assert outcome == Outcome(ProbeResult.WARNING, TERMINATED + page.decode())
    assert len(served.requests) == 1


async def test_a_circle_of_redirects_ends_after_ten() -> None:
    async with serve(reply("301 Moved", b"", "Location: /again")) as served:
        outcome = await get(served.port)
    assert outcome == Outcome(ProbeResult.FAILURE, 'Get "/again": stopped after 10 redirects')
    assert len(served.requests) == 10


async def test_a_location_that_is_no_url_is_a_failure() -> None:
    async with serve(reply("301 Moved", b"", "Location: http://[::1/")) as served:
        outcome = await get(served.port)
    assert outcome.result is ProbeResult.FAILURE
    assert 'failed to parse Location header "http://[::1/"' in outcome.output


async def test_a_wrong_port_name_is_an_error() -> None:
    action = HTTPGetAction(port="web")
    with pytest.raises(ProbeError, match=r'^strconv.Atoi: parsing "web": invalid syntax$'):
        await http_get(ask(Probe()), action)


async def test_a_named_port_follows_the_mapping() -> None:
    async with serve(reply()) as served:
        outcome = await http_get(ask(Probe(), served.port), HTTPGetAction(port="http"))
    assert outcome.result is ProbeResult.SUCCESS


async def test_https_is_asked_without_verification(certificate: ssl.SSLContext) -> None:
    async with serve(reply(body=b"secret"), tls=certificate) as served:
        assert await get(served.port, scheme="HTTPS") == Outcome(ProbeResult.SUCCESS, "secret")


async def test_https_to_a_plain_server_fails_in_gos_words() -> None:
    async with shout(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        outcome = await get(port, scheme="HTTPS")
    assert (
        outcome.output == f'Get "https://127.0.0.1:{port}/": http: server gave HTTP response to HTTPS client'
    )


async def test_an_ipv6_address_is_asked_in_brackets() -> None:
    async with serve(reply(), host="::1") as served:
        outcome = await http_get(
            ask(Probe(), served.port, pod_ip="::1"), HTTPGetAction(path="/six", port=8080)
        )
    assert outcome.result is ProbeResult.SUCCESS
    assert b"Host: [::1]:%d\r\n" % served.port in served.requests[0]


async def test_a_header_with_a_line_break_is_never_sent() -> None:
    async with serve(reply()) as served:
        outcome = await get(served.port, http_headers=(HTTPHeader(name="x-a", value="1\r\nX-B: 2"),))
    assert outcome.result is ProbeResult.FAILURE
    assert outcome.output.endswith('net/http: invalid header field value for "X-A"')
    assert served.requests == []


async def test_an_attempt_leaves_nothing_to_the_garbage_collector() -> None:
    """A thousand a second would make it stop everything for long, every few seconds."""
    gc.collect()
    gc.disable()
    try:
        async with serve(reply()) as served:
            assert (await get(served.port)).result is ProbeResult.SUCCESS
        await asyncio.sleep(0)
        assert not any(isinstance(item, HTTPExchange) for item in gc.get_objects())
    finally:
        gc.enable()
