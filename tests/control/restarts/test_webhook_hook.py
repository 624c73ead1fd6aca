from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from readylb.control.restarts import RestartRequest
from readylb.control.restarts import webhook_hook as module
from readylb.control.restarts.webhook_hook import WebhookHook
from readylb.errors import RuntimeFailureError
from readylb.model.restart import WebhookRestart


class Receiver:
    """A server on loopback that gives `answers` in turn (the last one for ever) and keeps what came."""

    def __init__(self) -> None:
        self.answers: list[web.Response | float] = [web.Response(text="will do")]
        self.bodies: list[bytes] = []
        self.requests: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.Response()
        if "X-Then" in answer.headers:
            begun = web.StreamResponse(status=answer.status)
            await begun.prepare(request)
            await asyncio.sleep(60)
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


class Pauses(list[float]):
    """The pauses that a hook makes, without making them."""

    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


async def post(
    receiver: Receiver, asked: RestartRequest, path: str = "/restart", **settings: object
) -> tuple[str, Pauses]:
    pauses = Pauses()
    hook = WebhookRestart(url=f"{receiver.url}{path}", **settings)  # type: ignore[arg-type]
    said = await WebhookHook(hook, sleep=pauses.sleep, rng=lambda: 0.0).restart(asked)
    return said, pauses


async def test_the_document_is_posted_and_the_answer_told(receiver: Receiver, asked: RestartRequest) -> None:
    said, pauses = await post(receiver, asked, "/restart/$(POD_NAME)?reason=$(REASON)&at=$(ENDPOINT)")
    assert said == f"{receiver.url} answered 200: will do"
    assert pauses == []
    (request,) = receiver.requests
    assert request.method == "POST"
    assert request.raw_path == "/restart/web-2?reason=LivenessProbeFailed&at=127.0.0.1:8083"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("readylb/")
    assert "X-Readylb-Signature-256" not in request.headers
    facts = json.loads(receiver.bodies[0])
    assert facts["id"] == request.headers["X-Readylb-Delivery"]
    assert (facts["podName"], facts["index"], facts["reason"]) == ("web-2", 2, "LivenessProbeFailed")
    assert facts["message"] == "HTTP probe failed with statuscode: 500"


@pytest.mark.parametrize("by", ["file", "environment"])
async def test_with_a_secret_the_body_is_signed(
    receiver: Receiver, asked: RestartRequest, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("HOOK_KEY", "s3cret")
    where = {"secret_file": str(tmp_path / "key")} if by == "file" else {"secret_env": "HOOK_KEY"}
    said, _ = await post(receiver, asked, **where)
    digest = hmac.new(b"s3cret", receiver.bodies[0], hashlib.sha256).hexdigest()
    assert receiver.requests[0].headers["X-Readylb-Signature-256"] == f"sha256={digest}"
    assert "s3cret" not in said


async def test_a_secret_that_is_gone_is_a_failure(receiver: Receiver, asked: RestartRequest) -> None:
    with pytest.raises(RuntimeFailureError, match="cannot read the secret: no such file or directory"):
        await post(receiver, asked, secret_file="/no/such/key")
    assert receiver.requests == []


async def test_it_is_sent_again_until_it_is_accepted_and_is_the_same_delivery(
    receiver: Receiver, asked: RestartRequest
) -> None:
    receiver.answers = [web.Response(status=503), web.Response(status=500), web.Response(status=202, text="")]
    said, pauses = await post(receiver, asked)
    assert said == f"{receiver.url} answered 202 (3 tries)"
    assert pauses == [0.5, 1.0]
    assert len({request.headers["X-Readylb-Delivery"] for request in receiver.requests}) == 1
    assert len(set(receiver.bodies)) == 1


async def test_after_the_last_try_the_last_answer_is_told(receiver: Receiver, asked: RestartRequest) -> None:
    receiver.answers = [web.Response(status=500, text="no\x00 disk\nleft")]
    with pytest.raises(RuntimeFailureError) as caught:
        await post(receiver, asked, "/token-in-the-path", attempts=2)
    assert str(caught.value) == f"{receiver.url} answered 500: no? disk left (2 tries)"
    assert len(receiver.requests) == 2


async def test_a_refusal_is_not_repeated_and_a_redirect_not_followed(
    receiver: Receiver, asked: RestartRequest
) -> None:
    for answer in (
        web.Response(status=404, text="who?"),
        web.Response(status=307, headers={"Location": "/b"}),
    ):
        receiver.answers = [answer]
        receiver.requests.clear()
        with pytest.raises(RuntimeFailureError, match=f"answered {answer.status}"):
            await post(receiver, asked)
        assert len(receiver.requests) == 1


async def test_a_pause_that_would_outlast_the_timeout_is_not_made(
    receiver: Receiver, asked: RestartRequest
) -> None:
    receiver.answers = [web.Response(status=503, headers={"Retry-After": "3600"})]
    with pytest.raises(RuntimeFailureError, match=r"answered 503$"):
        await post(receiver, asked)


async def test_a_receiver_that_hangs_is_tried_again(
    receiver: Receiver, asked: RestartRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRY_SECONDS", 0.2)
    receiver.answers = [60.0, web.Response(text="sorry")]
    said, _ = await post(receiver, asked)
    assert said == f"{receiver.url} answered 200: sorry (2 tries)"


async def test_one_that_accepts_and_never_ends_its_answer_is_not_asked_again(
    receiver: Receiver, asked: RestartRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRY_SECONDS", 0.2)
    receiver.answers = [web.Response(status=202, headers={"X-Then": "nothing"})]
    said, _ = await post(receiver, asked)
    assert said == f"{receiver.url} answered 202"
    assert len(receiver.requests) == 1


async def test_nobody_listening_is_named_without_the_path(asked: RestartRequest) -> None:
    hook = WebhookRestart(url="http://127.0.0.1:1/token", attempts=1)
    with pytest.raises(RuntimeFailureError) as caught:
        await WebhookHook(hook).restart(asked)
    assert "token" not in str(caught.value)
    assert str(caught.value).startswith("http://127.0.0.1:1 cannot be asked: ")


async def test_a_host_that_cannot_even_be_a_name_is_a_failure(asked: RestartRequest) -> None:
    hook = WebhookHook(WebhookRestart(url="http://a..b/token-in-the-path", attempts=1))
    with pytest.raises(
        RuntimeFailureError, match=r"^http://a\.\.b cannot be asked: the host's name is none$"
    ):
        await hook.restart(asked)
