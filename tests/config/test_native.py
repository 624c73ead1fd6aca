from __future__ import annotations

import pytest

from readylb.config.load import load
from readylb.config.problems import AccessLogTarget
from readylb.core.isolation import Isolation
from readylb.errors import ConfigError
from readylb.model import Deployment, Pod, Service
from readylb.model.meta import LAST_APPLIED_ANNOTATION


def own(item):
    """Return the annotations without the note of what the file says."""
    assert LAST_APPLIED_ANNOTATION in item.metadata.annotations
    return {name: text for name, text in item.metadata.annotations.items() if name != LAST_APPLIED_ANNOTATION}


def test_both_forms_become_objects(load_text):
    loaded = load_text(
        """
        services:
          web:
            port: 80
            endpoints: [127.0.0.1:8081, 127.0.0.1:8082]
            readinessProbe: {httpGet: {path: /readyz}, periodSeconds: 0}
            livenessProbe: {httpGet: {path: /healthz}}
            restart: {exec: {command: [systemctl, restart, "web@$(INDEX)"]}}
          api:
            port: 8080
            replicas: 3
            command: [uvicorn, "app:app", --port, $(PORT)]
            startupProbe: {tcpSocket: {}, periodSeconds: 1, failureThreshold: 30}
            env: {LEVEL: info}
            containerPort: 3000
        """
    )
    names = [(type(item), item.metadata.name) for item in loaded.objects]
    assert names == [(Service, "web"), (Pod, "web-0"), (Pod, "web-1"), (Service, "api"), (Deployment, "api")]
    pod, deployment = loaded.objects[1], loaded.objects[4]
    assert pod.spec.containers[0].readiness_probe.period_seconds == 10
    assert pod.spec.containers[0].liveness_probe.http_get.port == "http"
    container = deployment.spec.template.spec.containers[0]
    assert container.command == ("uvicorn", "app:app", "--port", "$(PORT)")
    assert container.startup_probe.tcp_socket.port == "http"
    assert [(item.name, item.value) for item in container.env] == [("LEVEL", "info")]
    assert [(item.name, item.container_port) for item in container.ports] == [("http", 3000)]


def test_settings_of_a_service_ride_on_annotations(load_text):
    loaded = load_text(
        """
        trusted_proxies: [127.0.0.1]
        services:
          a:
            port: {port: 80, bind: 0.0.0.0, protocol: tcp}
            command: run it
            balancer: round_robin
            trusted_proxies: [10.0.0.0/8, "::1"]
            limits: {tries: 2, head-seconds: 2.5}
          b: {port: 81, command: [run]}
        """
    )
    first, _, second, _ = loaded.objects
    assert own(first) == {
        "readylb.io/bind": "0.0.0.0",
        "readylb.io/balancer": "round_robin",
        "readylb.io/trusted-proxies": "10.0.0.0/8,::1",
        "readylb.io/limit-tries": "2",
        "readylb.io/limit-head-seconds": "2.5",
    }
    assert first.spec.ports[0].app_protocol == "tcp"
    assert own(second) == {"readylb.io/trusted-proxies": "127.0.0.1"}


def test_who_is_served_and_kept_and_how(load_text):
    loaded = load_text(
        """
        services:
          a:
            port: {port: 80, protocol: auto, detectTimeoutMs: 250}
            endpoints: [{address: 127.0.0.1:1, weight: 3}, "127.0.0.1:2", "unix:/run/a.sock"]
            balancer: ring_hash
            hashOn: cookie:session
            sourceRanges: [10.0.0.0/8, 192.0.2.1]
            sessionAffinity: ClientIP
            proxyProtocol: require
            trusted_proxies: [127.0.0.1]
            sendProxy: v2
            holdSeconds: 30
          b:
            port: 81
            command: [run]
            sessionAffinity: ClientIP
            sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
        """
    )
    first, heavy, _, _, second, _ = loaded.objects
    assert own(first) == {
        "readylb.io/balancer": "ring_hash",
        "readylb.io/hash-on": "cookie:session",
        "readylb.io/proxy-protocol": "require",
        "readylb.io/send-proxy": "v2",
        "readylb.io/detect-timeout-ms": "250",
        "readylb.io/hold-seconds": "30",
        "readylb.io/trusted-proxies": "127.0.0.1",
    }
    assert first.spec.load_balancer_source_ranges == ("10.0.0.0/8", "192.0.2.1/32")
    assert first.spec.ports[0].app_protocol == "auto"
    assert first.spec.session_affinity_config.client_ip.timeout_seconds == 10800
    assert heavy.metadata.annotations["readylb.io/weight"] == "3"
    assert heavy.metadata.annotations["readylb.io/probe-send-proxy"] == "v2"
    assert second.spec.session_affinity == "ClientIP"
    assert second.spec.session_affinity_config.client_ip.timeout_seconds == 60


def test_a_slow_start_goes_with_weights_and_not_with_keys(load_text, problems):
    text = "services: {s: {port: 80, command: run, slowStartSeconds: 20, balancer: BALANCER}}"
    service = load_text(text.replace("BALANCER", "random_two")).objects[0]
    assert service.metadata.annotations["readylb.io/slow-start-seconds"] == "20"
    (problem,) = problems(text.replace("BALANCER", "ring_hash"))
    assert problem.startswith("stdin:1: services.s.slowStartSeconds: Forbidden: it has no effect with")


def test_images_are_mapped_for_manifests_of_any_file(load_text):
    loaded = load_text(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec: {containers: [{name: a, image: "shop:v1"}]}
        ---
        images: {"shop:v1": [python3, shop.py], other: "sh -c 'sleep 1'"}
        """
    )
    assert loaded.images == {"shop:v1": ("python3", "shop.py"), "other": ("sh", "-c", "sleep 1")}


def test_images_count_even_where_a_service_is_wrong(problems):
    text = "images: {i: x}\nservices: {s: {port: 0, command: c}}\n---\napiVersion: v1\nkind: Pod\n"
    found = problems(text + "metadata: {name: p}\nspec: {containers: [{name: a, image: i}]}\n")
    assert found == ["stdin:2: services.s.port: Required value"]


def test_the_command_line_wins_over_the_file(load_text):
    loaded = load_text("images: {a: x}\nservices: {s: {port: 1, command: c}}", images={"a": ("y",)})
    assert loaded.images == {"a": ("y",)}


def test_env_may_be_kubernetes_own_list(load_text):
    loaded = load_text("services: {s: {port: 1, command: c, env: [{name: A, value: b}]}}")
    assert loaded.objects[1].spec.template.spec.containers[0].env[0].value == "b"


def test_unknown_keys_get_a_hint(problems):
    found = problems(
        """
        services:
          web:
            port: 80
            endpoint: [127.0.0.1:1]
            readinessProbe: {httpGet: {path: /, periodSeconds: 3}}
            failureThreshold: 3
        service: {}
        """
    )
    assert found == [
        'stdin:4: unknown field "services.web.endpoint" (did you mean "endpoints"?)',
        (
            'stdin:5: unknown field "services.web.readinessProbe.httpGet.periodSeconds"'
            " (belongs one level up, beside httpGet)"
        ),
        'stdin:6: unknown field "services.web.failureThreshold" (belongs inside readinessProbe)',
        'stdin:7: unknown field "service" (did you mean "services"?)',
        "stdin:2: services.web: Required value: endpoints (that run already) or a command (to run)",
    ]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("{endpoints: [a:1]}", "port: Required value"),
        (
            "{port: 70000, endpoints: [a:1]}",
            "port: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            "{port: {port: 0}, endpoints: [a:1]}",
            "port.port: Required value",
        ),
        (
            "{port: {port: 1, protocol: udp}, endpoints: [a:1]}",
            'port.protocol: Unsupported value: "udp": supported values: "auto", "http", "tcp"',
        ),
        (
            "{port: {port: 1, bind: here}, endpoints: [a:1]}",
            (
                'port.bind: Invalid value: "here": must be an IP address of this machine,'
                " such as 127.0.0.1 or 0.0.0.0"
            ),
        ),
        (
            "{port: 1, endpoints: [8081]}",
            (
                "endpoints[0]: cannot unmarshal number into NativeService.endpoints"
                ' of type string or NativeEndpoint (quote it: "8081")'
            ),
        ),
        (
            "{port: 1, endpoints: [a]}",
            (
                'endpoints[0]: Invalid value: "a": must be HOST:PORT, such as 127.0.0.1:8081'
                " or [::1]:8081, or unix:/PATH"
            ),
        ),
        ("{port: 1, endpoints: [a:1, a:1]}", 'endpoints[1]: Duplicate value: "a:1"'),
        (
            "{port: 1, endpoints: [a:1], command: x}",
            "command: Forbidden: a service has endpoints or a command, not both",
        ),
        (
            "{port: 1, endpoints: [a:1], replicas: 2}",
            "replicas: Forbidden: it goes with a command that readylb runs",
        ),
        (
            "{port: 1, endpoints: [a:1], containerPort: 80}",
            "containerPort: Forbidden: it goes with a command that readylb runs",
        ),
        (
            "{port: 1, command: x, containerPort: 0}",
            "containerPort: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            "{port: 1, command: x, restart: {exec: {command: [z]}}}",
            "restart: Forbidden: readylb restarts what it runs; this is for endpoints that it did not start",
        ),
        (
            "{port: 1, endpoints: [a:1], restart: {exec: {}}}",
            "restart.exec.command: Required value: the words of a command",
        ),
        (
            "{port: 1, command: x, replicas: -1}",
            "replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            """{port: 1, command: "'x"}""",
            'command: Invalid value: "\'x": must be a command as for a shell: No closing quotation',
        ),
        (
            "{port: 1, command: x, limits: {tries: 0}}",
            "limits.tries: Invalid value: 0: must be between 1 and 100",
        ),
        (
            "{port: 1, endpoints: [a:1], restart: {python: {hook: 'json:restart'}}}",
            'restart.python.hook: module "json" has no "restart"',
        ),
        (
            "{port: 1, endpoints: [a:1], restart: {exec: {command: [x], timeoutSeconds: -1}}}",
            "restart.exec.timeoutSeconds: Invalid value: -1.0: must be above 0 and at most 3600",
        ),
        (
            "{port: 1, command: x, balancer: fastest}",
            (
                'balancer: Invalid value: "fastest": there is no such policy: supported values:'
                ' "least_request", "random_two", "ring_hash", "round_robin"'
            ),
        ),
        (
            "{port: 1, command: x, balancer: ring_hash, hashOn: referer}",
            'hashOn: Invalid value: "referer": must be client-ip, header:NAME, cookie:NAME or uri',
        ),
        ("{port: 1, command: x, hashOn: uri}", "hashOn: Forbidden: it is the key of balancer: ring_hash"),
        (
            "{port: 1, command: x, sessionAffinity: Cookie}",
            'sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
        ),
        (
            "{port: 1, command: x, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}}",
            (
                "sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401:"
                " must be greater than 0 and less than 86400"
            ),
        ),
        (
            "{port: 1, command: x, sourceRanges: [home]}",
            (
                'sourceRanges[0]: Invalid value: "home": "home" is neither an IP address'
                " nor a network such as 10.0.0.0/8"
            ),
        ),
        (
            "{port: 1, command: x, proxyProtocol: accept}",
            "trusted_proxies: Required value: proxyProtocol is taken from these only",
        ),
        (
            "{port: 1, command: x, sendProxy: v3}",
            'sendProxy: Invalid value: "v3": must be v1 or v2',
        ),
        (
            "{port: {port: 1, detectTimeoutMs: 0}, command: x}",
            'port.detectTimeoutMs: Invalid value: "0": must be a whole number between 1 and 60000',
        ),
        (
            "{port: 1, endpoints: [{address: 'a:1', weight: 0}]}",
            "endpoints[0].weight: Invalid value: 0: must be a whole number between 1 and 256",
        ),
        (
            "{port: 1, endpoints: [{address: a}]}",
            (
                'endpoints[0].address: Invalid value: "a": must be HOST:PORT, such as 127.0.0.1:8081'
                " or [::1]:8081, or unix:/PATH"
            ),
        ),
        (
            "{port: 1, command: x, trusted_proxies: [me]}",
            (
                'trusted_proxies[0]: Invalid value: "me": "me" is neither an IP address'
                " nor a network such as 10.0.0.0/8"
            ),
        ),
        (
            "{port: 1, command: x, livenessProbe: {httpGet: {}, successThreshold: 2}}",
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            "{port: 1, command: x, readinessProbe: {}}",
            "readinessProbe: Required value: must specify a handler type",
        ),
        (
            "{port: 1, command: x, env: {a=b: c}}",
            (
                'env: Invalid value: "a=b": a valid environment variable name must consist only of printable'
                " ASCII characters other than '='"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_path(problems, service, expected):
    assert problems(f"services:\n  web: {service}") == [f"stdin:2: services.web.{expected}"]


def test_the_name_of_a_service_is_a_dns_label(problems):
    (problem,) = problems("services: {Web_1: {port: 1, command: x}}")
    assert problem.startswith('stdin:1: services.Web_1: Invalid value: "Web_1": a DNS-1035 label must')


def test_a_service_that_says_nothing_is_refused(problems):
    assert problems("services:\n  web:\n") == [
        "stdin:2: services.web.port: Required value",
        "stdin:2: services.web: Required value: endpoints (that run already) or a command (to run)",
    ]


def test_a_command_for_an_image_is_not_empty(problems):
    assert problems("images: {a: []}") == ["stdin:1: images.a: Required value: a command"]


def test_unknown_keys_are_warnings_without_strict(load_text):
    loaded = load_text(
        "services: {s: {port: 1, command: x, colour: red, readinessProbe: {tcpSocket: {}}}}", strict=False
    )
    assert [str(item) for item in loaded.warnings] == ['stdin:1: unknown field "services.s.colour"']
    assert len(loaded.objects) == 2


def test_the_access_log_is_told_apart_from_the_objects(load_text):
    text = "services: {a: {port: 80, command: [run]}}\naccessLog: {file: a.log%s}"
    assert load_text(text % "").access_log == AccessLogTarget("a.log", "combined")
    assert load_text(text % ", format: json").access_log == AccessLogTarget("a.log", "json")
    with pytest.raises(ConfigError, match=r'accessLog.format: Unsupported value: "xml"'):
        load_text(text % ", format: xml")


def test_readiness_may_be_asked_more_often_than_each_second(load_text):
    probe = "readinessProbe: {tcpSocket: {}, periodSeconds: 1}, probePeriodMilliseconds: 200"
    loaded = load_text(
        f"services: {{a: {{port: 1, command: x, {probe}}}, b: {{port: 2, endpoints: ['h:1'], {probe}}}}}"
    )
    deployment, pod = loaded.objects[1], loaded.objects[3]
    notes = {"readylb.io/probe-period-milliseconds": "200"}
    assert deployment.spec.template.metadata.annotations == notes
    assert pod.metadata.annotations["readylb.io/probe-period-milliseconds"] == "200"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("probePeriodMilliseconds: 200", "it is the period of a readinessProbe, and there is none"),
        ("readinessProbe: {tcpSocket: {}}, probePeriodMilliseconds: 10", "must be 50 or more"),
        (
            "readinessProbe: {tcpSocket: {}}, probePeriodMilliseconds: -1",
            "must be a whole number of milliseconds",
        ),
        (
            "readinessProbe: {tcpSocket: {}}, probePeriodMilliseconds: 10000",
            "must be less than periodSeconds (10) of the readinessProbe",
        ),
    ],
)
def test_a_probe_period_that_makes_no_sense_is_refused(problems, text, wrong):
    (found,) = problems(f"services: {{s: {{port: 1, command: x, {text}}}}}")
    assert "services.s.probePeriodMilliseconds: Invalid value: " in found
    assert wrong in found


@pytest.mark.parametrize(
    ("port", "endpoint", "warned"),
    [
        ("8080", "127.0.0.1:8080", True),
        ("{port: 8080, bind: 0.0.0.0}", "localhost:8080", True),
        ("{port: 8080, bind: 127.0.0.2}", "127.0.0.2:8080", True),
        ("{port: 8080, bind: 127.0.0.2}", "127.0.0.1:8080", False),
        ("8080", "127.0.0.1:8081", False),
        ("8080", "10.0.0.1:8080", False),
        ("8080", "unix:/run/web.sock", False),
    ],
)
def test_an_endpoint_that_is_the_service_itself_is_warned_of(load_text, port, endpoint, warned):
    text = f"services:\n  s:\n    port: {port}\n    endpoints: ['127.0.0.1:1', '{endpoint}']\n"
    found = [item for item in load_text(text).warnings if "listens there" in item.message]
    assert [(item.line, item.path) for item in found] == [(4, "services.s.endpoints[1]")] * warned
    assert all("--publish s:8080=PORT" in item.message for item in found)


def test_a_misspelt_hook_and_a_secret_that_would_be_shown_are_refused_where_they_stand(problems):
    text = """\
services:
  web:
    port: 1
    endpoints: [a:1]
    restart:
      webhook:
        url: http://a/
        secret: s3cret
  api:
    port: 2
    endpoints: [a:2]
    restart: {dcoker: {container: api}}
"""
    found = problems(text)
    assert [problem for problem in found if "secret" in problem] == [
        (
            "stdin:8: services.web.restart.webhook.secret: Forbidden: `get -o yaml` would show it; name a "
            "file that holds it (secretFile) or a variable of readylb's environment (secretEnv)"
        )
    ]
    assert 'stdin:12: unknown field "services.api.restart.dcoker" (did you mean "docker"?)' in found
    assert "s3cret" not in str(found)


def test_isolation_is_told_apart_from_the_objects(load_text):
    text = "services: {a: {port: 80, command: [run]}}\n%s"
    assert load_text(text % "").isolation is None
    assert load_text(text % "isolation: namespaces").isolation == Isolation("namespaces")
    loaded = load_text(text % "isolation: namespaces\npodCIDR: 10.9.0.0/24")
    assert str(loaded.isolation.pod_range) == "10.9.0.0/24"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "isolation: docker",
            r'2: isolation: Unsupported value: "docker": supported values: "namespaces", "none"',
        ),
        ("podCIDR: 10.9.0.0/24", "2: podCIDR: Forbidden: pods have addresses of their own with"),
        (
            "isolation: namespaces\npodCIDR: 10.9.0.1/24",
            '3: podCIDR: Invalid value: "10.9.0.1/24": the range that',
        ),
    ],
)
def test_an_isolation_that_cannot_be_is_refused_with_its_place(load_text, lines, said):
    with pytest.raises(ConfigError, match=said):
        load_text("services: {a: {port: 80, command: [run]}}\n" + lines)


def test_two_files_agree_on_isolation_or_are_refused(tmp_path):
    for name, text in {"a": "isolation: namespaces", "b": "isolation: none"}.items():
        service = f"services: {{{name}: {{port: 80, command: [run]}}}}"
        (tmp_path / f"{name}.yaml").write_text(f"{service}\n{text}\n")
    with pytest.raises(ConfigError, match=r"b.yaml: isolation: another file says another"):
        load([str(tmp_path)])
    (tmp_path / "b.yaml").write_text("isolation: namespaces\n")
    assert load([str(tmp_path)]).isolation == Isolation("namespaces")
