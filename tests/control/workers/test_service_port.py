from __future__ import annotations

import pytest

from readylb.control.workers.service_port import ServicePortState
from readylb.wire.messages import Address, ListenFailed, Listening, SetService


def make_state(*listen: Address) -> ServicePortState:
    state = ServicePortState("default/web:80", ("default", "web"), 80, primary=listen[0], pending=True)
    state.settings = SetService(state.key, "default/web", listen)
    return state


@pytest.mark.parametrize(
    ("mine", "other", "claimed"),
    [
        ("127.0.0.1", Address("127.0.0.1", 80), True),
        ("127.0.0.1", Address("127.0.0.2", 80), False),
        ("127.0.0.1", Address("127.0.0.1", 81), False),
        ("0.0.0.0", Address("127.0.0.2", 80), True),
        ("::1", Address("::", 80), True),
        ("127.0.0.1", Address("::", 80), False),
    ],
)
def test_a_port_is_claimed_by_who_listens_on_it(mine: str, other: Address, claimed: bool) -> None:
    assert make_state(Address(mine, 80)).claims(other) is claimed


def test_who_failed_to_listen_claims_nothing() -> None:
    state = make_state(Address("127.0.0.1", 80))
    state.failed(ListenFailed(state.key, Address("127.0.0.1", 80), 13, "x"))
    assert not state.claims(Address("127.0.0.1", 80))
    assert repr(state) == "<service port default/web:80 failed generation=0 applied=0>"


def test_only_the_primary_address_settles_it() -> None:
    state = make_state(Address("127.0.0.1", 80), Address("127.0.0.1", 30080))
    assert not state.listening(Listening(state.key, Address("127.0.0.1", 30080)))
    assert state.pending
    assert state.listening(Listening(state.key, Address("127.0.0.1", 80)))
    assert not state.listening(Listening(state.key, Address("127.0.0.1", 80)))
    assert (state.pending, state.local_port) == (False, 80)


def test_any_port_is_known_when_the_worker_tells_it() -> None:
    state = make_state(Address("127.0.0.1", 0), Address("127.0.0.1", 30080))
    state.node_port = 30080
    assert not state.listening(Listening(state.key, Address("127.0.0.1", 30080)))
    assert state.listening(Listening(state.key, Address("127.0.0.1", 45678)))
    assert state.local_port == 45678
