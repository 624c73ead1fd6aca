from __future__ import annotations

import pytest

from readylb.config.validation import names
from readylb.model.meta import ObjectMeta


def texts(errors):
    return [str(error) for error in errors]


@pytest.mark.parametrize("text", ["a", "my-name", "123-abc", "a" * 63])
def test_labels_are_accepted(text):
    assert list(names.dns_label(text)) == []


@pytest.mark.parametrize("text", ["", "A", "a_b", "-a", "a-", "a.b", "é", "a\n"])
def test_what_is_no_label_is_refused(text):
    assert list(names.dns_label(text)) == [
        (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
            " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
            " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        )
    ]


def test_labels_end_at_63_characters():
    assert list(names.dns_label("a" * 64)) == ["must be no more than 63 characters"]


@pytest.mark.parametrize("text", ["", "A", "a..b", "a-.b"])
def test_subdomains_are_made_of_labels(text):
    (detail,) = names.dns_subdomain(text)
    assert detail.startswith("a lowercase RFC 1123 subdomain must consist of")


def test_services_begin_with_a_letter():
    (detail,) = names.dns_1035_label("1web")
    assert detail.startswith("a DNS-1035 label must consist of")


@pytest.mark.parametrize("text", ["a", "example.com/My_Name.1"])
def test_qualified_names_are_accepted(text):
    assert list(names.qualified_name(text)) == []


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("/a", "prefix part must be non-empty"),
        ("a/", "name part must be non-empty"),
        ("A/a", "prefix part a lowercase RFC 1123 subdomain"),
        ("a" * 64, "name part must be no more than 63 characters"),
        ("a b", "name part must consist of alphanumeric characters"),
    ],
)
def test_qualified_names_have_rules(text, detail):
    assert next(names.qualified_name(text)).startswith(detail)


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("a" * 16, "must be no more than 15 characters"),
        ("a_b", "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"),
        ("8080", "must contain at least one letter (a-z)"),
        ("a--b", "must not contain consecutive hyphens"),
        ("-a", "must not begin or end with a hyphen"),
        ("a-", "must not begin or end with a hyphen"),
    ],
)
def test_port_names_have_rules(name, detail):
    assert texts(names.port("p", name)) == [f'p: Invalid value: "{name}": {detail}']


@pytest.mark.parametrize("number", [0, 65536, -1])
def test_port_numbers_have_bounds(number):
    assert texts(names.port("p", number)) == [
        f"p: Invalid value: {number}: must be between 1 and 65535, inclusive"
    ]


def test_an_object_needs_a_name():
    assert texts(names.metadata("metadata", ObjectMeta())) == [
        "metadata.name: Required value: name or generateName is required"
    ]


def test_a_generated_name_may_end_with_a_hyphen():
    assert texts(names.metadata("metadata", ObjectMeta(generate_name="web-"))) == []


def test_labels_annotations_and_namespaces_are_checked():
    meta = ObjectMeta(name="a", namespace="N", labels={"a b": "c d"}, annotations={"/": ""})
    paths = {error.path for error in names.metadata("metadata", meta)}
    assert paths == {"metadata.namespace", "metadata.labels", "metadata.annotations"}


def test_annotations_have_a_size():
    meta = ObjectMeta(name="a", annotations={"a": "x" * 300_000})
    assert texts(names.metadata("metadata", meta))[0].endswith("may not be more than 262144 bytes")


def test_a_template_needs_no_name():
    assert texts(names.metadata("m", ObjectMeta(), template=True)) == []


@pytest.mark.parametrize("name", ["", "a=b", "é", "a\nb"])
def test_environment_names_are_printable(name):
    assert len(list(names.environment_name(name))) == 1
