from __future__ import annotations

import pytest

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: s}}
spec:
  ports: [{{port: 80{port}}}]
  {spec}
"""


@pytest.mark.parametrize(
    ("port", "spec", "expected"),
    [
        (", protocol: UDP", "", "stdin:5: spec.ports[0].protocol: not supported yet: UDP (TCP is)"),
        (", protocol: SCTP", "", "stdin:5: spec.ports[0].protocol: not supported yet: SCTP (TCP is)"),
        (
            "",
            "{type: ExternalName, externalName: example.com}",
            "stdin:6: spec.type: not supported yet: ExternalName (it is a DNS alias, nothing to balance)",
        ),
    ],
)
def test_what_would_change_who_is_served_is_refused(problems, port, spec, expected):
    text = SERVICE.format(port=port, spec=spec.strip("{}").replace(", l", "\n  l").replace(", e", "\n  e"))
    (problem,) = problems(text)
    assert problem.partition(": ")[2] == expected.partition(": ")[2]


@pytest.mark.parametrize(
    "spec", ["sessionAffinity: ClientIP", "type: LoadBalancer\n  loadBalancerSourceRanges: [10.0.0.0/8]"]
)
def test_who_is_served_and_kept_can_be_said(load_text, spec):
    assert load_text(SERVICE.format(port="", spec=spec)).warnings == ()


def test_a_key_without_a_balancer_that_goes_by_it_is_refused(problems):
    text = SERVICE.format(port="", spec="").replace(
        "{name: s}", "{name: s, annotations: {readylb.io/hash-on: uri}}"
    )
    (problem,) = problems(text)
    assert "has no effect: it is the key of the balancer ring_hash" in problem


def test_the_proxy_protocol_is_taken_from_somebody(problems):
    text = SERVICE.format(port="", spec="").replace(
        "{name: s}", "{name: s, annotations: {readylb.io/proxy-protocol: accept}}"
    )
    (problem,) = problems(text)
    assert problem.endswith(
        "nobody may send it: the annotation readylb.io/trusted-proxies must say whose word is believed"
    )


@pytest.mark.parametrize(
    ("notes", "spec"),
    [("readylb.io/balancer: ring_hash", ""), ("readylb.io/limit-tries: '2'", "sessionAffinity: ClientIP")],
)
def test_a_slow_start_where_keys_decide_is_refused(problems, load_text, notes, spec):
    text = SERVICE.format(port="", spec=spec).replace(
        "{name: s}", f"{{name: s, annotations: {{{notes}, readylb.io/slow-start-seconds: 'NN'}}}}"
    )
    (problem,) = problems(text.replace("NN", "10"))
    assert "readylb.io/slow-start-seconds]: has no effect with" in problem
    assert load_text(text.replace("NN", "0")).warnings == ()


def test_external_addresses_are_a_warning(load_text):
    loaded = load_text(SERVICE.format(port="", spec="externalIPs: [192.0.2.1]"))
    assert [str(item) for item in loaded.warnings] == [
        "stdin:6: spec.externalIPs: ignored: say where to listen with --bind"
    ]


def test_grpc_probes_need_their_extra_and_its_name_is_told(pod_problems, problems, monkeypatch):
    text = "livenessProbe:\n  grpc:\n    port: 5000"
    monkeypatch.setattr("readylb.config.unsupported.find_spec", lambda _: None)
    told = "grpc: grpc probes need an optional part of readylb: pip install 'readylb[grpc]'"
    assert pod_problems(text) == [f"stdin:9: spec.containers[0].livenessProbe.{told}"]
    native = "services: {web: {port: 1, command: x, readinessProbe: {grpc: {port: 1}}}}"
    assert problems(native) == [f"stdin:1: services.web.readinessProbe.{told}"]


def test_host_ports_are_honoured(load_text):
    loaded = load_text(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          containers:
          - {name: a, image: i, command: [x], ports: [{containerPort: 80, hostPort: 8080}]}
        """
    )
    assert loaded.warnings == ()


def test_what_runs_elsewhere_has_an_address(problems, load_text):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  runtimeClassName: external\n"
    text += "  containers: [{name: a, ports: [{containerPort: 8081}]}]\n"
    assert problems(text) == [
        (
            "stdin:5: spec.runtimeClassName: the annotation readylb.io/endpoint must say where the"
            " endpoint is (HOST:PORT)"
        )
    ]
    found = "{name: p, annotations: {readylb.io/endpoint: 'localhost:8081'}}"
    assert len(load_text(text.replace("{name: p}", found)).objects) == 1


def test_another_runtime_is_refused(problems):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  runtimeClassName: gvisor\n"
    text += "  containers: [{name: a, image: i, command: [x]}]\n"
    assert problems(text) == [
        'stdin:5: spec.runtimeClassName: not supported: there is no runtime "gvisor" here (leave it out)'
    ]


def test_a_tcpsocket_hook_is_refused_because_it_fails_everywhere(pod_problems):
    (problem,) = pod_problems("lifecycle: {preStop: {tcpSocket: {port: 1}}}")
    assert problem == (
        "stdin:8: spec.containers[0].lifecycle.preStop.tcpSocket: "
        "a tcpSocket hook fails in every cluster: use exec, httpGet or sleep"
    )


def test_a_restart_hook_of_a_pod_that_readylb_runs_is_refused(problems):
    text = """\
apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    readylb.io/restart: '{"exec": {"command": ["x"]}}'
spec:
  containers: [{name: c, image: i, command: [x]}]
"""
    assert problems(text) == [
        (
            "stdin:6: metadata.annotations[readylb.io/restart]: has no effect: readylb restarts what it "
            "runs (this is for runtimeClassName: external)"
        )
    ]


def test_a_termination_message_that_nobody_reads_is_said(load_text):
    text = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: c, image: i, command: [x], terminationMessagePolicy: POLICY, terminationMessagePath: PATH}
"""
    plain = text.replace("POLICY", "File").replace("PATH", "/dev/termination-log")
    assert load_text(plain).warnings == ()
    asked = load_text(text.replace("POLICY", "FallbackToLogsOnError").replace("PATH", "/tmp/why"))
    assert [str(item).split(": ")[1] for item in asked.warnings] == [
        "spec.containers[0].terminationMessagePath",
        "spec.containers[0].terminationMessagePolicy",
    ]
