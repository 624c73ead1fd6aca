from __future__ import annotations

import errno
import os
import socket

import pytest

from readylb.control.workers.listen_errors import explain, explain_conflict, holder_of, suggest
from readylb.wire.messages import Address


def test_a_privileged_port_names_the_remedy() -> None:
    assert explain("web", 80, Address("127.0.0.1", 80), errno.EACCES, "Permission denied") == (
        "cannot listen on 127.0.0.1:80 for Service web: permission denied "
        "(ports below 1024 need root; listen elsewhere with --publish web:80=8000)"
    )


def test_a_port_in_use_names_who_listens_there() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = explain("web", 80, Address("127.0.0.1", port), errno.EADDRINUSE, "Address already in use")
    assert f"process {os.getpid()} (" in sentence
    assert f"--publish web:80={port + 1}" in sentence


def test_an_address_that_is_not_ours_names_bind() -> None:
    sentence = explain("web", 80, Address("::2", 80), errno.EADDRNOTAVAIL, "x")
    assert sentence.startswith("cannot listen on [::2]:80 for Service web: this machine has no address ::2")
    assert "--bind" in sentence


def test_other_errors_are_told_in_the_systems_words() -> None:
    assert "too many open files" in explain("web", 80, Address("::", 80), errno.EMFILE, "Too many open files")


def test_a_conflict_names_both_services() -> None:
    assert explain_conflict("two", 443, Address("127.0.0.1", 443), "one") == (
        "cannot listen on 127.0.0.1:443 for Service two: Service one listens there already "
        "(listen elsewhere with --publish two:443=8443)"
    )


def test_nobody_known_is_another_process() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, but nobody listens
        assert holder_of(free.getsockname()[1]) == "another process"


@pytest.mark.parametrize(("port", "other"), [(80, 8000), (443, 8443), (8000, 8001), (65535, 65534)])
def test_the_suggested_port_needs_no_privilege(port: int, other: int) -> None:
    assert suggest(port) == other
