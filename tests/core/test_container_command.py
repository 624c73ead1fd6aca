from __future__ import annotations

import pytest

from readylb.core.container_command import (
    Surroundings,
    environment,
    expand,
    field_value,
    resolve,
    split,
)
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container, ContainerPort, EnvVar, EnvVarSource, ObjectFieldSelector
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PortMapping

IMAGES = {"gcr.io:5000/team/app:v1": ("run", "app"), "plain": ("plain-cmd",), "nginx:latest": ("nginx-cmd",)}
POD = Pod(
    metadata=ObjectMeta(name="web-1", namespace="shop", uid="u1", labels={"app": "web"}),
    spec=PodSpec(node_name="box"),
)
PLACE = Surroundings(
    "127.0.0.1", "127.0.0.1", "127.0.0.1", (PortMapping(container_port=8080, host_port=20001),), "/tmp/x"
)


def test_command_and_args_run_as_they_are() -> None:
    container = Container(name="c", image="plain", command=("a",), args=("b",))
    assert resolve(container, IMAGES, {}) == ("a", "b")


def test_a_mapped_image_runs_its_command_followed_by_args() -> None:
    container = Container(name="c", image="gcr.io:5000/team/app:v1", args=("--x",))
    assert resolve(container, IMAGES, {}) == ("run", "app", "--x")


def test_args_without_command_or_mapping_run_as_the_command_itself() -> None:
    assert resolve(Container(name="c", image="busybox", args=("sh", "-c", "x")), IMAGES, {}) == (
        "sh",
        "-c",
        "x",
    )


def test_an_unmapped_image_without_command_and_args_has_no_command() -> None:
    assert resolve(Container(name="c", image="gcr.io:5000/team/other"), IMAGES, {}) is None


@pytest.mark.parametrize(
    ("image", "argv"),
    [
        ("plain:v7", ("plain-cmd",)),
        ("plain@sha256:abc", ("plain-cmd",)),
        ("nginx", ("nginx-cmd",)),
        ("gcr.io:5000/team/app", None),
        ("other/plain", None),
    ],
)
def test_an_image_is_found_by_name_with_default_tag_or_without_tag(
    image: str, argv: tuple[str, ...] | None
) -> None:
    assert resolve(Container(name="c", image=image), IMAGES, {}) == argv


def test_the_annotation_is_stronger_than_images_and_may_name_the_container() -> None:
    container = Container(name="c", image="plain")
    assert resolve(container, IMAGES, {"readylb.io/command": "python3 'my app.py'"}) == (
        "python3",
        "my app.py",
    )
    both = {"readylb.io/command": "x", "readylb.io/command.c": '["y", "z"]'}
    assert resolve(container, IMAGES, both) == ("y", "z")


@pytest.mark.parametrize("text", ["'open", "[1]", "[broken"])
def test_a_malformed_command_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        split(text)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B)", "x1y2"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(NO)", "$(NO)"),
        ("$(A", "$(A"),
        ("$A", "$A"),
        ("$", "$"),
        ("a$$b", "a$b"),
        ("$($(A))", "$($(A))"),
        ("$()", "$()"),
        ("", ""),
    ],
)
def test_references_expand_as_in_kubernetes(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expanded


def test_every_container_is_told_who_it_is_and_where_to_listen() -> None:
    ports = (
        ContainerPort(container_port=8080, name="http-alt"),
        ContainerPort(container_port=9090, name="m"),
    )
    assert environment(POD, Container(name="c", ports=ports), PLACE) == {
        "POD_NAME": "web-1",
        "POD_NAMESPACE": "shop",
        "POD_IP": "127.0.0.1",
        "HOSTNAME": "web-1",
        "HOST": "127.0.0.1",
        "PORT": "20001",
        "PORT_HTTP_ALT": "20001",
        "PORT_M": "9090",
        "TMPDIR": "/tmp/x",
    }


def test_a_container_without_ports_is_told_no_port() -> None:
    assert "PORT" not in environment(POD, Container(name="c"), PLACE)


def test_env_values_refer_to_earlier_variables_only() -> None:
    env = (
        EnvVar(name="A", value="$(POD_NAME)-$(B)"),
        EnvVar(name="B", value="b"),
        EnvVar(name="C", value="$(A)/$(B)"),
        EnvVar(name="HOST", value="0.0.0.0"),
    )
    found = environment(POD, Container(name="c", env=env), PLACE)
    assert (found["A"], found["C"], found["HOST"]) == ("web-1-$(B)", "web-1-$(B)/b", "0.0.0.0")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-1"),
        ("metadata.namespace", "shop"),
        ("metadata.uid", "u1"),
        ("metadata.labels['app']", "web"),
        ("metadata.annotations['none']", ""),
        ("spec.nodeName", "box"),
        ("status.podIP", "127.0.0.1"),
        ("status.phase", None),
    ],
)
def test_field_references_are_the_downward_apis(path: str, value: str | None) -> None:
    assert field_value(path, POD, PLACE) == value


def test_an_unknown_field_reference_is_an_error_that_names_it() -> None:
    source = EnvVarSource(field_ref=ObjectFieldSelector(field_path="spec.nope"))
    with pytest.raises(RuntimeFailureError, match=r"variable X: no field 'spec\.nope'"):
        environment(POD, Container(name="c", env=(EnvVar(name="X", value_from=source),)), PLACE)
