from __future__ import annotations

import json

import pytest

from readylb.core.webhook import Answer, document, pause_before_retry, retry_after, signature

VARIABLES = {
    "POD_NAME": "web-1",
    "POD_NAMESPACE": "default",
    "CONTAINER": "web",
    "ENDPOINT": "127.0.0.1:8082",
    "INDEX": "1",
    "REASON": "LivenessProbeFailed",
    "RESTART_COUNT": "3",
}


def test_the_document_has_the_facts_that_commands_get() -> None:
    body = document(VARIABLES, "HTTP 500: zu spät", "1b4e", "2026-01-02T03:04:05Z")
    assert json.loads(body) == {
        "apiVersion": "readylb.io/v1",
        "kind": "RestartRequest",
        "id": "1b4e",
        "time": "2026-01-02T03:04:05Z",
        "podName": "web-1",
        "podNamespace": "default",
        "container": "web",
        "endpoint": "127.0.0.1:8082",
        "index": 1,
        "reason": "LivenessProbeFailed",
        "message": "HTTP 500: zu spät",
        "restartCount": 3,
    }


def test_a_name_without_number_has_no_index() -> None:
    assert json.loads(document({**VARIABLES, "INDEX": ""}, "", "x", "t"))["index"] is None


def test_the_signature_is_the_one_that_github_documents() -> None:
    """docs.github.com, "Validating webhook deliveries", testing the webhook payload validation."""
    assert signature(b"It's a Secret to Everybody", b"Hello, World!") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, True), (202, True), (204, True), (302, False), (None, False)]
)
def test_any_2xx_is_acceptance(status: int | None, accepted: bool) -> None:
    assert Answer(status).accepted is accepted


@pytest.mark.parametrize("status", [None, 500, 502, 503, 504, 408, 425, 429])
def test_what_may_pass_is_tried_again(status: int | None) -> None:
    assert pause_before_retry(Answer(status), 1, lambda: 0.0) == 0.5


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410, 422])
def test_a_last_word_is_not_argued_with(status: int) -> None:
    assert pause_before_retry(Answer(status), 1, lambda: 0.0) is None


def test_pauses_double_and_leave_half_to_chance() -> None:
    assert [pause_before_retry(Answer(500), tried, lambda: 0.0) for tried in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert pause_before_retry(Answer(500), 3, lambda: 0.999) == pytest.approx(4.0, abs=0.01)


def test_who_asks_for_patience_gets_it() -> None:
    assert pause_before_retry(Answer(503, 7.0), 1, lambda: 0.5) == 7.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("", 0.0),
        ("-1", 0.0),
        ("Fri, 31 Dec 1999", 0.0),
        ("9" * 400, 0.0),
        ("²", 0.0),
    ],
)
def test_retry_after_is_read_where_it_is_a_number(text: str, seconds: float) -> None:
    assert retry_after(text) == seconds
