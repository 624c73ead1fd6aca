"""Names, labels and ports (`apimachinery/pkg/util/validation/validation.go`). Each yields what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from readylb.config.problems import quote
from readylb.config.validation.errors import Errors, invalid, required
from readylb.model.meta import ObjectMeta

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_HEADER = "[-A-Za-z0-9]+"
_LONGEST_LABEL = 63
_LONGEST_SUBDOMAIN = 253
_LONGEST_PORT_NAME = 15
_MAX_PORT = 65535
_ANNOTATIONS_BYTES = 256 * 1024

Details = Iterator[str]


def dns_label(text: str) -> Details:
    """Check an RFC 1123 label: container names, namespaces, port names of Services."""
    if len(text) > _LONGEST_LABEL:
        yield f"must be no more than {_LONGEST_LABEL} characters"
    if not re.fullmatch(_LABEL, text):
        yield (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
            " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
            f" validation is '{_LABEL}')"
        )


def dns_subdomain(text: str) -> Details:
    """Check an RFC 1123 subdomain: names of pods and workloads."""
    if len(text) > _LONGEST_SUBDOMAIN:
        yield f"must be no more than {_LONGEST_SUBDOMAIN} characters"
    elif not re.fullmatch(_SUBDOMAIN, text):
        yield (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
            " and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
            f" validation is '{_SUBDOMAIN}')"
        )


def dns_1035_label(text: str) -> Details:
    """Check an RFC 1035 label: names of Services."""
    if len(text) > _LONGEST_LABEL:
        yield f"must be no more than {_LONGEST_LABEL} characters"
    if not re.fullmatch(_DNS_1035, text):
        yield (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
            " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123',"
            f" regex used for validation is '{_DNS_1035}')"
        )


def qualified_name(text: str) -> Details:
    """Check a label's or annotation's key: NAME or PREFIX/NAME."""
    prefix, slash, name = text.rpartition("/")
    if slash and not prefix:
        yield "prefix part must be non-empty"
    elif slash:
        yield from (f"prefix part {detail}" for detail in dns_subdomain(prefix))
    if not name:
        yield "name part must be non-empty"
    elif len(name) > _LONGEST_LABEL:
        yield f"name part must be no more than {_LONGEST_LABEL} characters"
    if not re.fullmatch(_QUALIFIED, name):
        yield (
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with"
            " an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
            f" validation is '{_QUALIFIED}')"
        )


def label_value(text: str) -> Details:
    """Check a label's value."""
    if len(text) > _LONGEST_LABEL:
        yield f"must be no more than {_LONGEST_LABEL} characters"
    if not re.fullmatch(_LABEL_VALUE, text):
        yield (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
            " and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or"
            f" '12345', regex used for validation is '{_LABEL_VALUE}')"
        )


def header_name(text: str) -> Details:
    """Check the name of a probe's HTTP header."""
    if not re.fullmatch(_HEADER, text):
        yield (
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex"
            f" used for validation is '{_HEADER}')"
        )


def environment_name(text: str) -> Details:
    """Check the name of an environment variable (IsRelaxedEnvVarName)."""
    if not text or "=" in text or not all(" " <= char <= "~" for char in text):
        yield (
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
        )


def port_name(text: str) -> Details:
    """Check an IANA service name, as container ports have (IsValidPortName)."""
    if len(text) > _LONGEST_PORT_NAME:
        yield f"must be no more than {_LONGEST_PORT_NAME} characters"
    if not re.fullmatch("[-a-z0-9]+", text):
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search("[a-z]", text):
        yield "must contain at least one letter (a-z)"
    if "--" in text:
        yield "must not contain consecutive hyphens"
    if text.startswith("-") or text.endswith("-"):
        yield "must not begin or end with a hyphen"


def port_number(number: int) -> Details:
    """Check a port that is to be connected to."""
    if not 1 <= number <= _MAX_PORT:
        yield f"must be between 1 and {_MAX_PORT}, inclusive"


def port(path: str, value: int | str) -> Errors:
    """Yield what is wrong with a port number or a port's name."""
    details = port_number(value) if isinstance(value, int) else port_name(value)
    yield from (invalid(path, value, detail) for detail in details)


def labels(path: str, items: Mapping[str, str]) -> Errors:
    """Yield what is wrong with labels (ValidateLabels): keys and values."""
    for key, value in items.items():
        yield from (invalid(path, key, detail) for detail in qualified_name(key))
        yield from (invalid(path, value, detail) for detail in label_value(value))


def metadata(path: str, meta: ObjectMeta, *, service: bool = False, template: bool = False) -> Errors:
    """Yield what is wrong with names, labels and annotations (ValidateObjectMeta)."""
    rule = dns_1035_label if service else dns_subdomain
    if not template:
        if meta.generate_name:
            shown = meta.generate_name.rstrip("-") if meta.generate_name.endswith("-") else meta.generate_name
            yield from (invalid(f"{path}.generateName", meta.generate_name, item) for item in rule(shown))
        if not meta.name and not meta.generate_name:
            yield required(f"{path}.name", "name or generateName is required")
        elif meta.name:
            yield from (invalid(f"{path}.name", meta.name, detail) for detail in rule(meta.name))
        yield from (invalid(f"{path}.namespace", meta.namespace, item) for item in dns_label(meta.namespace))
    yield from labels(f"{path}.labels", meta.labels)
    for key in meta.annotations:
        yield from (invalid(f"{path}.annotations", key, detail) for detail in qualified_name(key.lower()))
    size = sum(len(key.encode()) + len(value.encode()) for key, value in meta.annotations.items())
    if size > _ANNOTATIONS_BYTES:
        message = f"may not be more than {_ANNOTATIONS_BYTES} bytes"
        yield invalid(f"{path}.annotations", quote(size), message)
