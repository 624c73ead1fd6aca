from __future__ import annotations

import pytest

from readylb.config import quick
from readylb.errors import UsageError
from readylb.model.probe import ExecAction, HTTPGetAction, Probe, ProbeKind, TCPSocketAction


@pytest.mark.parametrize(
    ("text", "probe"),
    [
        ("http:/readyz", Probe(http_get=HTTPGetAction(path="/readyz", port="http"))),
        ("http:/a?b=c:d", Probe(http_get=HTTPGetAction(path="/a?b=c:d", port="http"))),
        ("http:8081/readyz", Probe(http_get=HTTPGetAction(path="/readyz", port=8081))),
        ("http:admin/readyz", Probe(http_get=HTTPGetAction(path="/readyz", port="admin"))),
        ("http:8081", Probe(http_get=HTTPGetAction(path="/", port=8081))),
        ("tcp", Probe(tcp_socket=TCPSocketAction(port="http"))),
        ("tcp:5432", Probe(tcp_socket=TCPSocketAction(port=5432))),
        ("exec:cat /tmp/healthy", Probe(exec=ExecAction(command=("cat", "/tmp/healthy")))),
        ("exec:sh -c 'a; b'", Probe(exec=ExecAction(command=("sh", "-c", "a; b")))),
    ],
)
def test_a_specification_stands_for_a_probe(text, probe):
    assert quick.parse_probe(text, ProbeKind.LIVENESS) == probe


def test_readiness_and_startup_ask_each_second_and_a_start_may_take_thirty():
    readiness = quick.parse_probe("tcp", ProbeKind.READINESS)
    startup = quick.parse_probe("tcp", ProbeKind.STARTUP)
    assert (readiness.period_seconds, readiness.failure_threshold) == (1, 3)
    assert (startup.period_seconds, startup.failure_threshold) == (1, 30)


@pytest.mark.parametrize(
    "text",
    ["", "https:/x", "/readyz", "tcp:", "exec:", "exec", "ftp:/x", "http:70000/x", "tcp:-1", "exec:'x"],
)
def test_what_is_no_specification_is_refused(text):
    with pytest.raises(UsageError, match="cannot read probe"):
        quick.parse_probe(text, ProbeKind.READINESS)


def test_backends_become_a_service_and_its_pods():
    probes = quick.QuickProbes(readiness=quick.parse_probe("http:/readyz", ProbeKind.READINESS))
    loaded = quick.backends("app", 80, ["127.0.0.1:8081", "127.0.0.1:8082"], probes)
    assert [item.metadata.name for item in loaded.objects] == ["app", "app-0", "app-1"]
    assert loaded.objects[1].spec.containers[0].readiness_probe.http_get.path == "/readyz"
    assert loaded.warnings == ()


def test_replicas_become_a_service_and_a_deployment():
    loaded = quick.replicas("app", 80, 3, ["run", "it"], quick.QuickProbes())
    service, deployment = loaded.objects
    assert service.spec.ports[0].port == 80
    assert deployment.spec.replicas == 3
    assert deployment.spec.template.spec.containers[0].command == ("run", "it")


@pytest.mark.parametrize(
    ("name", "port", "addresses", "message"),
    [
        ("App", 80, ["a:1"], "cannot name a Service 'App'"),
        ("app", 0, ["a:1"], "cannot serve port 0"),
        ("app", 80, [], "no endpoint is given"),
        ("app", 80, ["8081"], "cannot read --backend 8081: must be HOST:PORT"),
        ("app", 80, ["a:1", "a:1"], "twice"),
    ],
)
def test_wrong_backends_are_refused(name, port, addresses, message):
    with pytest.raises(UsageError, match=message):
        quick.backends(name, port, addresses, quick.QuickProbes())


@pytest.mark.parametrize(
    ("count", "command", "message"),
    [(-1, ["x"], "-1 replicas"), (1, [], "no command"), (10_001, ["x"], "would take 10001 ports")],
)
def test_wrong_replicas_are_refused(count, command, message):
    with pytest.raises(UsageError, match=message):
        quick.replicas("app", 80, count, command, quick.QuickProbes())


def test_an_image_is_mapped_to_the_words_of_a_command():
    assert quick.parse_image("web:v1=python3 'my app.py' --x=1") == (
        "web:v1",
        ("python3", "my app.py", "--x=1"),
    )


@pytest.mark.parametrize("text", ["", "web", "web=", "=x", "web='x"])
def test_what_maps_nothing_is_refused(text):
    with pytest.raises(UsageError, match="cannot read --image"):
        quick.parse_image(text)


def test_what_cannot_be_read_is_escaped_once():
    with pytest.raises(UsageError) as refused:
        quick.parse_image('web=it\x1b "x')
    assert str(refused.value).startswith(r"cannot read --image 'web=it\u001b \"x': No closing")
